import { listRuns, RUN_STATUSES } from "../../engine/store/runs.ts";
import type { Run } from "../call.ts";
import { textOption } from "../call.ts";
import { choiceOption, countOption } from "../options.ts";
import { emit, emitJson, isoTime, oneLine, say } from "../output.ts";
import { runView } from "../ref-views.ts";
import { table } from "../table.ts";
import { withStore } from "../workspace.ts";

export const run: Run = (call) =>
  withStore(call, "must exist", (store) => {
    const runs = listRuns(store, { status: choiceOption(call, "status", RUN_STATUSES), processor: textOption(call, "processor"), limit: countOption(call, "last", 20) }).toReversed();
    if (call.json) return emitJson(runs.map(runView));
    if (runs.length === 0) return say("no such runs");
    if (call.quiet) return emit(runs.map(({ id }) => id).join("\n"));
    emit(table(["ID", "Created", "Processor", "Status", "Attempts", "What"], runs.map(({ id, created_at, processor_type, status, attempts, error, input, event_id }) => [id, isoTime(created_at), processor_type, status, String(attempts), oneLine(error ?? event_id ?? JSON.stringify(input))])));
  });
