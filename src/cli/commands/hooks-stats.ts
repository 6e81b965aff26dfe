import { findHook } from "../../engine/registry/find-hook.ts";
import { listHooks } from "../../engine/store/hooks.ts";
import { hookStats } from "../../engine/store/stats.ts";
import type { Run } from "../call.ts";
import { timeOption } from "../options.ts";
import { emit, emitJson, isoTime, latency } from "../output.ts";
import { withStore } from "../workspace.ts";

const DAY_MS = 86_400_000;

export const run: Run = (call) =>
  withStore(call, "must exist", (store) => {
    const [name] = call.args;
    const hook = name === undefined ? undefined : findHook(store, name);
    const now = Date.now();
    const stats = hookStats(store, hook?.id ?? "*", timeOption(call, "since", now) ?? now - DAY_MS);
    const hooks = hook === undefined ? Object.fromEntries(Map.groupBy(listHooks(store), ({ status }) => status).entries().map(([status, all]) => [status, all.length])) : undefined;
    if (call.json) return emitJson({ ...stats, since: isoTime(stats.since), ...(hooks === undefined ? { hook: hook?.slug } : { hooks }) });
    const ms = (value: number | undefined): string => (value === undefined ? "-" : latency(value));
    emit(
      [
        `${hook === undefined ? "All hooks" : `Hook: ${hook.slug}`}, since ${isoTime(stats.since)}`,
        ...(hooks === undefined ? [] : [`  Hooks: ${Object.entries(hooks).map(([status, count]) => `${count} ${status}`).join(", ") || "none"}`]),
        `  Invocations: ${stats.invocations}`,
        `  Fires: ${stats.fires}`,
        `  Errors: ${stats.errors}`,
        `  Skipped: ${stats.skips}`,
        `  Latency: avg ${ms(stats.avg_latency_ms)}, p50 ${ms(stats.p50_ms)}, p95 ${ms(stats.p95_ms)}, p99 ${ms(stats.p99_ms)}, max ${ms(stats.max_ms)}`,
        `  LLM calls: ${stats.llm_calls} (${stats.llm_tokens_in} tokens in, ${stats.llm_tokens_out} out)`,
        `  Searches: ${stats.search_calls}`,
      ].join("\n"),
    );
  });
