import { listSessions } from "../../engine/store/sessions.ts";
import type { Run } from "../call.ts";
import { sessionView } from "../broker-views.ts";
import { countOption } from "../options.ts";
import { emit, emitJson, isoTime, say } from "../output.ts";
import { table } from "../table.ts";
import { withStore } from "../workspace.ts";

export const run: Run = (call) =>
  withStore(call, "must exist", (store) => {
    const sessions = listSessions(store, countOption(call, "last", 20));
    if (call.json) return emitJson(sessions.map(sessionView));
    if (sessions.length === 0) return say("no agent has had a turn yet");
    emit(table(["Session", "Persona", "Updated", "Newest turn"], sessions.map(({ key, persona, updated_at, head_turn_id }) => [key, persona, isoTime(updated_at), head_turn_id ?? "-"])));
  });
