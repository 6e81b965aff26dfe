import { DAY_MS } from "../../engine/core/retention.ts";
import { executionStats } from "../../engine/store/ref-executions.ts";
import { findRefHook } from "../../engine/store/ref-hooks.ts";
import type { Run } from "../call.ts";
import { timeOption } from "../options.ts";
import { emit, emitJson, isoTime, latency, oneLine, say } from "../output.ts";
import { table } from "../table.ts";
import { withStore } from "../workspace.ts";

export const run: Run = (call) =>
  withStore(call, "must exist", (store) => {
    const [given] = call.args;
    const now = Date.now();
    const stats = executionStats(store, timeOption(call, "since", now) ?? now - DAY_MS, given === undefined ? undefined : findRefHook(store, given).id);
    if (call.json) return emitJson(stats.map(({ last_at, ...one }) => ({ ...one, last_at: isoTime(last_at) })));
    if (stats.length === 0) return say("no hook on a ref ran in this time (the last 24 hours, without --since)");
    const rows = stats.map(({ hook_id, ref_name, action_type, outcomes, p50_ms, p95_ms, last_at, last_error }) => {
      const { done = 0, undone = 0, failed = 0, timeout = 0, crashed = 0 } = outcomes;
      return [hook_id, ref_name, action_type, String(done), String(failed + timeout + crashed), String(undone), latency(p50_ms), latency(p95_ms), isoTime(last_at), oneLine(last_error ?? "-")];
    });
    emit(table(["Hook", "Ref", "Action", "Done", "Failed", "Undone", "p50", "p95", "Last", "Last error"], rows));
  });
