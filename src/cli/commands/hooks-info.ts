import type { Hook } from "../../engine/core/hook.ts";
import { describePermissions } from "../../engine/core/hook-permissions.ts";
import { findHook } from "../../engine/registry/find-hook.ts";
import { driftOf } from "../../engine/registry/script-store.ts";
import type { HookStats } from "../../engine/store/stats.ts";
import { hookStats } from "../../engine/store/stats.ts";
import type { Run } from "../call.ts";
import { emit, emitJson, isoTime, latency, oneLine } from "../output.ts";
import { describeLimits, describeSchedule, describeTriggers } from "../hook-text.ts";
import { hookView, stageLines } from "../views.ts";
import { withStore } from "../workspace.ts";

const DAY_MS = 86_400_000;

export const run: Run = (call) =>
  withStore(call, "must exist", (store) => {
    const hook = findHook(store, call.args[0] ?? "");
    const drift = driftOf(hook.version);
    const stats = hookStats(store, hook.id, Date.now() - DAY_MS);
    if (call.json) return emitJson({ ...hookView(hook), drift, stats_24h: { ...stats, since: isoTime(stats.since) } });
    if (call.quiet) return emit(hook.id);
    emit(
      [identity(hook), origin(hook), conditions(hook), counters(stats), health(hook), scripts(hook, drift)]
        .filter((block) => block.length > 0)
        .map((block) => block.join("\n"))
        .join("\n\n"),
    );
  });

function identity(hook: Hook): string[] {
  const { name, mode, description } = hook.version.metadata;
  const reason = hook.disabled_reason === undefined ? "" : ` (${oneLine(hook.disabled_reason)})`;
  return [
    `Hook: ${hook.slug}`,
    `  ID: ${hook.id}`,
    ...(name === hook.slug ? [] : [`  Name: ${oneLine(name)}`]),
    `  Status: ${hook.status}${reason}`,
    `  Mode: ${mode}`,
    ...stageLines(hook.version.metadata).map((line) => `  ${line}`),
    `  Version: ${hook.version.version}`,
    ...(description === undefined ? [] : [`  Description: ${oneLine(description)}`]),
  ];
}

function origin({ created_at, updated_at, creator }: Hook): string[] {
  const by = { "Created by": creator.agent, Session: creator.session, Thread: creator.thread, Persona: creator.persona };
  return [
    `  Created: ${isoTime(created_at)}`,
    ...(updated_at === created_at ? [] : [`  Updated: ${isoTime(updated_at)}`]),
    ...Object.entries(by).flatMap(([label, value]) => (value === undefined ? [] : [`  ${label}: ${oneLine(value)}`])),
  ];
}

function conditions({ version: { metadata, approved } }: Hook): string[] {
  const { triggers, schedule, limits, permissions } = metadata;
  return [
    ...(triggers === undefined ? [] : [`  Triggers: ${describeTriggers(triggers)}`]),
    ...(schedule === undefined ? [] : [`  Schedule: ${describeSchedule(schedule)}`]),
    ...(triggers === undefined && schedule === undefined ? ["  Triggers: every event"] : []),
    `  Limits: ${describeLimits(limits)}`,
    ...(permissions === undefined ? [] : [`  Permissions: ${oneLine(describePermissions(permissions))}`]),
    ...(approved === undefined ? [] : [`  Approved: ${isoTime(approved.at)} by ${oneLine(approved.by)}`]),
  ];
}

function counters(stats: HookStats): string[] {
  return [
    "  Stats (last 24h):",
    `    Invocations: ${stats.invocations}`,
    `    Fires: ${stats.fires}`,
    `    Errors: ${stats.errors}`,
    ...(stats.skips === 0 ? [] : [`    Skipped: ${stats.skips}`]),
    `    Avg latency: ${stats.avg_latency_ms === undefined ? "-" : latency(stats.avg_latency_ms)}`,
    ...(stats.p95_ms === undefined ? [] : [`    P95 latency: ${latency(stats.p95_ms)}`]),
  ];
}

function health(hook: Hook): string[] {
  return [
    ...(hook.circuit_state === "closed" ? [] : [`  Breaker: ${hook.circuit_state} since ${isoTime(hook.circuit_opened_at ?? hook.updated_at)}, after ${hook.consecutive_errors} errors in a row; \`nexus hooks enable ${hook.slug}\` closes it`]),
    ...(hook.last_error === undefined ? [] : [`  Last error: ${oneLine(hook.last_error)}`]),
  ];
}

function scripts({ version, slug }: Hook, drift: string): string[] {
  const source = oneLine(version.source_path);
  return [
    `  Script: ${version.script_path}`,
    `  Source: ${source}${drift === "unchanged" ? "" : ` (${drift === "missing" ? "gone" : "changed"} since it was registered; the script above runs)`}`,
    ...(drift === "changed" ? [`    \`nexus hooks update ${slug} ${source}\` takes it over`] : []),
  ];
}
