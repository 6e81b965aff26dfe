import type { Hook } from "../../engine/core/hook.ts";
import { findHook } from "../../engine/registry/find-hook.ts";
import { driftOf } from "../../engine/registry/script-store.ts";
import type { HookStats } from "../../engine/store/stats.ts";
import { hookStats } from "../../engine/store/stats.ts";
import type { Run } from "../call.ts";
import { emit, emitJson, isoTime, latency, oneLine } from "../output.ts";
import { hookView } from "../views.ts";
import { withStore } from "../workspace.ts";

const DAY_MS = 86_400_000;

export const run: Run = (call) =>
  withStore(call, "must exist", (store) => {
    const hook = findHook(store, call.args[0] ?? "");
    const drift = driftOf(hook.version);
    const stats = hookStats(store, hook.id, Date.now() - DAY_MS);
    if (call.json) return emitJson({ ...hookView(hook), drift, stats_24h: { ...stats, since: isoTime(stats.since) } });
    emit(describe(hook, drift, stats));
  });

function describe(hook: Hook, drift: string, stats: HookStats): string {
  const { metadata } = hook.version;
  const lines = [
    `Hook: ${hook.slug}`,
    `  ID: ${hook.id}`,
    `  Status: ${hook.status}${hook.disabled_reason === undefined ? "" : ` (${hook.disabled_reason})`}`,
    `  Mode: ${metadata.mode}`,
    `  Version: ${hook.version.version}`,
    ...(metadata.description === undefined ? [] : [`  Description: ${oneLine(metadata.description)}`]),
    "",
    `  Created: ${isoTime(hook.created_at)}`,
    ...(hook.creator.agent === undefined ? [] : [`  Created by: ${hook.creator.agent}`]),
    ...(hook.creator.session === undefined ? [] : [`  Session: ${hook.creator.session}`]),
    "",
    ...(metadata.triggers === undefined ? [] : [`  Triggers: ${JSON.stringify(metadata.triggers)}`]),
    ...(metadata.schedule === undefined ? [] : [`  Schedule: ${JSON.stringify(metadata.schedule)}`]),
    ...(metadata.triggers === undefined && metadata.schedule === undefined ? ["  Triggers: every event"] : []),
    `  Limits: ${Object.entries(metadata.limits).map(([name, value]) => `${name} ${typeof value === "object" ? JSON.stringify(value) : value}`).join(", ")}`,
    "",
    "  Stats (last 24h):",
    `    Invocations: ${stats.invocations}`,
    `    Fires: ${stats.fires}`,
    `    Errors: ${stats.errors}`,
    ...(stats.skips === 0 ? [] : [`    Skipped: ${stats.skips}`]),
    `    Avg latency: ${stats.avg_latency_ms === undefined ? "-" : latency(stats.avg_latency_ms)}`,
    ...(stats.p95_ms === undefined ? [] : [`    P95 latency: ${latency(stats.p95_ms)}`]),
    "",
    ...(hook.circuit_state === "closed" ? [] : [`  Breaker: ${hook.circuit_state} since ${isoTime(hook.circuit_opened_at ?? hook.updated_at)}`]),
    ...(hook.last_error === undefined ? [] : [`  Last error: ${oneLine(hook.last_error)}`]),
    `  Script: ${hook.version.source_path}${drift === "unchanged" ? "" : ` (${drift === "missing" ? "gone" : "changed"} since it was registered; the stored copy runs)`}`,
    `  Stored copy: ${hook.version.script_path}`,
  ];
  return lines.filter((line, index) => line !== "" || lines[index - 1] !== "").join("\n");
}
