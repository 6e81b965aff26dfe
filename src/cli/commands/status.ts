import { statSync } from "node:fs";
import { listHooks } from "../../engine/store/hooks.ts";
import { countPendingDispatches } from "../../engine/store/dispatches.ts";
import { runningDaemon } from "../../engine/store/daemon-lock.ts";
import { lastSeq } from "../../engine/store/event-queries.ts";
import { getMeta } from "../../engine/store/meta.ts";
import { hookStats } from "../../engine/store/stats.ts";
import type { Run } from "../call.ts";
import { emit, emitJson, isoTime, latency, paint } from "../output.ts";
import { withStore } from "../workspace.ts";

const DAY_MS = 86_400_000;

export const run: Run = (call) =>
  withStore(call, "must exist", (store) => {
    const daemon = runningDaemon(call.home);
    const hooks = listHooks(store);
    const count = (status: string): number => hooks.filter((hook) => hook.status === status).length;
    const stats = hookStats(store, "*", Date.now() - DAY_MS);
    const events = lastSeq(store);
    const status = {
      home: call.home,
      daemon: daemon === undefined ? { running: false } : { running: true, pid: daemon.pid, started_at: isoTime(daemon.started_at) },
      hooks: { active: count("active"), paused: count("paused"), disabled: count("disabled"), errored: count("errored") },
      events: { stored: events, not_evaluated: Math.max(0, events - (getMeta(store, "eval_cursor") ?? 0)) },
      dispatches: { pending: countPendingDispatches(store) },
      last_24h: { invocations: stats.invocations, fires: stats.fires, errors: stats.errors, skips: stats.skips, p50_ms: stats.p50_ms, p99_ms: stats.p99_ms },
      database: { path: store.path, bytes: sizeOf(store.path), wal_bytes: sizeOf(`${store.path}-wal`) },
    };
    if (call.json) return emitJson(status);
    const paused = hooks.filter((hook) => hook.status === "paused" || hook.status === "errored");
    emit(
      [
        `${daemon === undefined ? paint("yellow", "○ not running") : paint("green", "● running")}${daemon === undefined ? " (start it with `nexus serve`)" : ` as pid ${daemon.pid} since ${isoTime(daemon.started_at)}`}`,
        `  Home: ${call.home}`,
        `  Hooks: ${status.hooks.active} active, ${status.hooks.paused} paused, ${status.hooks.disabled} disabled, ${status.hooks.errored} errored`,
        ...paused.map((hook) => `    ${hook.slug}: ${hook.status}${hook.last_error === undefined ? "" : `, ${hook.last_error.slice(0, 100)}`}`),
        `  Events: ${events} stored, ${status.events.not_evaluated} not evaluated yet`,
        `  Dispatches: ${status.dispatches.pending} pending`,
        `  Last 24h: ${stats.invocations} invocations, ${stats.fires} fires, ${stats.errors} errors, ${stats.skips} skipped${stats.p50_ms === undefined ? "" : `, p50 ${latency(stats.p50_ms)}, p99 ${latency(stats.p99_ms ?? 0)}`}`,
        `  Database: ${megabytes(status.database.bytes)} + ${megabytes(status.database.wal_bytes)} WAL`,
      ].join("\n"),
    );
  });

function sizeOf(path: string): number {
  try {
    return statSync(path).size;
  } catch {
    return 0;
  }
}

function megabytes(bytes: number): string {
  return `${(bytes / 1_048_576).toFixed(1)} MB`;
}
