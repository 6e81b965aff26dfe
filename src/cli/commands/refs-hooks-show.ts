import { executionsOfHook } from "../../engine/store/ref-executions.ts";
import { findRefHook } from "../../engine/store/ref-hooks.ts";
import type { Run } from "../call.ts";
import { countOption } from "../options.ts";
import { emit, emitJson, isoTime, latency, oneLine, paint, printable } from "../output.ts";
import { executionView, refHookView } from "../ref-views.ts";
import { table } from "../table.ts";
import { withStore } from "../workspace.ts";

export const run: Run = (call) =>
  withStore(call, "must exist", (store) => {
    const hook = findRefHook(store, call.args[0] ?? "");
    const executions = executionsOfHook(store, hook.id, countOption(call, "last", 10));
    if (call.json) return emitJson({ ...refHookView(hook), executions: executions.map(executionView) });
    emit(paint("bold", printable(`${hook.id}  ${hook.action_type} on ${hook.ref_name}${hook.enabled ? "" : " (disabled)"}`)));
    emit(`  Created ${isoTime(hook.created_at)}`);
    emit(`  Config ${printable(JSON.stringify(hook.config))}`);
    if (executions.length === 0) return emit("  It has not run yet.");
    emit(`\n${table(["Ran", "Outcome", "Took", "Update", "What"], executions.map((one) => [isoTime(one.started_at), one.outcome, latency(one.latency_us / 1_000), one.update_id, oneLine(one.error ?? one.effects.join("; "))]))}`);
    for (const { level, text } of executions[0]?.logs ?? []) emit(printable(`  ${level}: ${oneLine(text)}`));
  });
