import { loadConfig, type Config } from "../../engine/config.ts";
import { EXIT } from "../../engine/core/errors.ts";
import { DAY_MS } from "../../engine/core/retention.ts";
import { bytes, judge, span, type Finding, type Grade, type Health } from "../../engine/pipeline/health.ts";
import { homeFacts, type HomeFacts } from "../../engine/store/home-facts.ts";
import { listHooks } from "../../engine/store/hooks.ts";
import { lastSeq } from "../../engine/store/event-queries.ts";
import { getMeta } from "../../engine/store/meta.ts";
import type { Store } from "../../engine/store/open.ts";
import { removedSince, retentionHorizon, type Removed } from "../../engine/store/retention/retention-log.ts";
import { hookStats, type HookStats } from "../../engine/store/stats.ts";
import type { Call, Run } from "../call.ts";
import { emit, emitJson, isoTime, latency, oneLine, paint, printable } from "../output.ts";
import { holdView } from "../source-view.ts";
import { withStore } from "../workspace.ts";

const EXIT_CODE: Readonly<Record<Grade, number>> = { healthy: EXIT.done, degraded: EXIT.failed, failing: EXIT.failed, down: EXIT.unavailable };
const LOOK: Readonly<Record<Grade, { readonly mark: string; readonly style: "green" | "yellow" | "red" }>> = {
  healthy: { mark: "●", style: "green" },
  degraded: { mark: "▲", style: "yellow" },
  failing: { mark: "✗", style: "red" },
  down: { mark: "○", style: "red" },
};
const SIDES_WIDTH = 11;

interface Report {
  readonly facts: HomeFacts;
  readonly health: Health;
  readonly day: HookStats;
  readonly removed: readonly Removed[];
}

export const run: Run = (call) =>
  withStore(call, "must exist", (store) => {
    const config = loadConfig(call.home);
    const now = Date.now();
    const facts = homeFacts(store, call.home, config.retention.max_bytes, now);
    const report: Report = { facts, health: judge(facts), day: hookStats(store, "*", now - DAY_MS), removed: removedSince(store, now - DAY_MS) };
    if (call.json) emitJson(asData(call, store, config, report));
    else emit(asText(call, store, config, report).join("\n"));
    return EXIT_CODE[report.health.verdict];
  });

function asData(call: Call, store: Store, config: Config, { facts, health, day, removed }: Report): unknown {
  const { daemon, hooks, backlog, sources, dispatches, refs, rows, storage } = facts;
  const horizon = retentionHorizon(store);
  return {
    home: call.home,
    verdict: health.verdict,
    findings: health.findings,
    daemon:
      daemon === undefined
        ? { running: false }
        : { running: true, pid: daemon.pid, started_at: isoTime(daemon.started_at), heartbeat_at: time(daemon.heartbeat_at), stopped: daemon.stopped, child_pids: daemon.child_pids },
    hooks,
    sources: sources.map(({ waiting, ...hold }) => ({ ...holdView(hold), waiting })),
    events: { stored: rows.events, last_seq: lastSeq(store), not_evaluated: backlog.events, oldest_not_evaluated_at: time(backlog.oldest_at) },
    invocations: { stored_about: rows.invocations },
    notices: { stored: rows.notices },
    dispatches,
    refs,
    last_24h: { invocations: day.invocations, fires: day.fires, errors: day.errors, skips: day.skips, p50_ms: day.p50_ms, p99_ms: day.p99_ms },
    database: { path: store.path, ...storage },
    limits: { queue_pairs: config.events.queue_pairs, event_max_bytes: config.events.max_bytes },
    retention: {
      ...config.retention,
      horizon: horizon === undefined ? undefined : { seq: horizon.seq, received_at: isoTime(horizon.received_at) },
      last_ran_at: time(getMeta(store, "housekeeper_at")),
      removed_since_yesterday: removed.map(({ first_at, last_at, ...row }) => ({ ...row, first_at: isoTime(first_at), last_at: isoTime(last_at) })),
    },
  };
}

function asText(call: Call, store: Store, config: Config, { facts, health, day, removed }: Report): string[] {
  const { hooks, rows, storage, daemon } = facts;
  const horizon = retentionHorizon(store);
  const broken = listHooks(store).filter(({ status }) => status === "paused" || status === "errored");
  const ran = getMeta(store, "housekeeper_at");
  const line = (name: string, text: string): string => `  ${name.padEnd(SIDES_WIDTH)} ${text}`;
  return [
    verdictLine(health),
    ...health.findings.map((finding) => findingLine(finding)),
    "",
    line("Home", call.home),
    ...(daemon === undefined ? [] : [line("Daemon", `pid ${daemon.pid} since ${isoTime(daemon.started_at)}${daemon.child_pids.length === 0 ? "" : `, evaluators ${daemon.child_pids.join(", ")}`}`)]),
    line("Hooks", `${hooks.active} active, ${hooks.paused} paused, ${hooks.disabled} disabled, ${hooks.errored} errored`),
    ...broken.map((hook) => `    ${hook.slug}: ${hook.status}${hook.last_error === undefined ? "" : `, ${oneLine(hook.last_error).slice(0, 100)}`}`),
    line("Last 24h", `${day.invocations} invocations, ${day.fires} fires, ${day.errors} errors, ${day.skips} skipped`),
    ...(day.p50_ms === undefined ? [] : [line("", `p50 ${latency(day.p50_ms)}, p99 ${latency(day.p99_ms ?? 0)}`)]),
    line("Rows", `${rows.events} events, about ${rows.invocations} invocations, ${rows.notices} notices`),
    line("Database", `${bytes(storage.bytes)}, ${bytes(storage.free_bytes)} of it free${storage.incremental_vacuum ? "" : "; gives nothing back (doctor --repair)"}`),
    line("Scripts", `${storage.scripts} in ${bytes(storage.scripts_bytes)}`),
    line("Limits", `${config.events.queue_pairs} pairs in memory, ${bytes(config.events.max_bytes)} an event`),
    line("Retention", ran === undefined ? "has not run yet" : `ran ${span(facts.now - ran)} ago${removed.length === 0 ? ", removed nothing since yesterday" : ""}`),
    ...removed.map(({ what, why, rows: n }) => line("", `${n} ${what} since yesterday (${why})`)),
    ...(horizon === undefined ? [] : [line("", `events up to ${isoTime(horizon.received_at)} may be gone`)]),
  ];
}

/** What is wrong, worst first; or that nothing is. */
function verdictLine({ verdict, findings }: Health): string {
  const { mark, style } = LOOK[verdict];
  const reasons = findings.filter(({ grade }) => grade === verdict).map(({ side, evidence }) => `${side}: ${evidence}`);
  return `${paint(style, `${mark} ${verdict}`)}  ${verdict === "healthy" ? "alive, events flow, hooks run, there is room" : printable(reasons.join("; "))}`;
}

function findingLine({ side, grade, evidence }: Finding): string {
  const { mark, style } = LOOK[grade];
  return `  ${side.padEnd(SIDES_WIDTH)} ${paint(style, mark)} ${printable(evidence)}`;
}

function time(ms: number | undefined): string | undefined {
  return ms === undefined ? undefined : isoTime(ms);
}
