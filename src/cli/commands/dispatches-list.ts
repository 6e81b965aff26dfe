import { DISPATCH_STATUSES } from "../../engine/core/dispatch.ts";
import { findHook } from "../../engine/registry/find-hook.ts";
import { listDispatches } from "../../engine/store/dispatches.ts";
import { hookById } from "../../engine/store/hooks.ts";
import { turnById } from "../../engine/store/turns.ts";
import type { Run } from "../call.ts";
import { textOption } from "../call.ts";
import { dispatchView } from "../broker-views.ts";
import { choiceOption, countOption } from "../options.ts";
import { emit, emitJson, isoTime, oneLine, say } from "../output.ts";
import { table } from "../table.ts";
import { withStore } from "../workspace.ts";

export const run: Run = (call) =>
  withStore(call, "must exist", (store) => {
    const hook = textOption(call, "hook");
    const filter = { status: choiceOption(call, "status", DISPATCH_STATUSES), session: textOption(call, "session"), agent: textOption(call, "agent"), hook: hook === undefined ? undefined : findHook(store, hook).id };
    const dispatches = listDispatches(store, { ...filter, limit: countOption(call, "last", 20) });
    if (call.json) return emitJson(dispatches.map(dispatchView));
    if (dispatches.length === 0) return say("no such dispatches");
    const rows = dispatches.toReversed().map(({ turn_id, id, status, effective_mode, created_at, hook_id, session_key, agent, reason, prompt, sender }) => [
      id, isoTime(created_at), status, effective_mode ?? "-", hook_id === undefined ? `from ${sender ?? "?"}` : (hookById(store, hook_id)?.slug ?? hook_id), agent ?? (turn_id === undefined ? undefined : turnById(store, turn_id)?.agent) ?? "-", session_key, oneLine(reason ?? prompt ?? "-"),
    ]);
    emit(table(["ID", "Created", "Status", "Mode", "Hook", "Agent", "Session", "What"], rows));
  });
