import { NexusError } from "../../engine/core/errors.ts";
import { historyOf } from "../../engine/store/refs.ts";
import type { Run } from "../call.ts";
import { countOption } from "../options.ts";
import { emit, emitJson, isoTime } from "../output.ts";
import { updateView } from "../ref-views.ts";
import { table } from "../table.ts";
import { withStore } from "../workspace.ts";

export const run: Run = (call) =>
  withStore(call, "must exist", (store) => {
    const [name = ""] = call.args;
    const history = historyOf(store, name, countOption(call, "last", 20));
    if (history.length === 0) throw new NexusError("REF_NOT_FOUND", `there was never a ref ${JSON.stringify(name)}`, { next: ["nexus refs list"] });
    if (call.json) return emitJson(history.map(updateView));
    if (call.quiet) return emit(history.map(({ id }) => id).join("\n"));
    const rows = history.map(({ created_at, action, passage_id, previous_passage_id, hooks, created_by, id }) => [isoTime(created_at), action, hooks, passage_id ?? "-", previous_passage_id ?? "-", created_by ?? "-", id]);
    emit(table(["Time", "Action", "Hooks", "Passage", "Before", "By", "Update"], rows));
  });
