import { NexusError } from "../../engine/core/errors.ts";
import { updatesBy } from "../../engine/store/refs.ts";
import { runById } from "../../engine/store/runs.ts";
import type { Run } from "../call.ts";
import { emit, emitJson, isoTime, oneLine, paint, printable } from "../output.ts";
import { runView, updateView } from "../ref-views.ts";
import { withStore } from "../workspace.ts";

export const run: Run = (call) =>
  withStore(call, "must exist", (store) => {
    const found = runById(store, call.args[0] ?? "");
    if (found === undefined) throw new NexusError("RUN_NOT_FOUND", `no run has the id ${JSON.stringify(call.args[0])}`, { next: ["nexus runs list"] });
    const updates = updatesBy(store, found.id, 100);
    if (call.json) return emitJson({ ...runView(found), updates: updates.map(updateView) });
    const { id, processor_type, status, attempts, created_at, settled_at, not_before, update_id, event_id, hook_id, input, result, code, error, logs = [] } = found;
    emit(paint("bold", printable(`${id}  ${processor_type}, ${status}`)));
    emit(`  Created ${isoTime(created_at)}, ${attempts} ${attempts === 1 ? "attempt" : "attempts"}${settled_at === undefined ? "" : `, ended ${isoTime(settled_at)}`}${status === "pending" && not_before > 0 ? `, next ${isoTime(not_before)}` : ""}`);
    const cause = update_id ?? event_id;
    if (cause !== undefined) emit(printable(`  Asked for by ${hook_id ?? "?"} in ${cause}`));
    emit(printable(`  Input ${JSON.stringify(input)}`));
    if (result !== undefined) emit(printable(`  Result ${JSON.stringify(result)}`));
    if (error !== undefined) emit(`  ${paint("red", "Error")} ${printable(`${oneLine(error)} [${code ?? ""}]`)}`);
    for (const { ref_name, passage_id } of updates) emit(printable(`  ${ref_name} -> ${passage_id ?? "deleted"}`));
    for (const { level, text } of logs) emit(printable(`  ${level}: ${oneLine(text)}`));
  });
