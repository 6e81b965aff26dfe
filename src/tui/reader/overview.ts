import { judge, type Finding } from "../../engine/pipeline/health.ts";
import { bound } from "../../engine/core/latency.ts";
import { HOUR_MS } from "../../engine/core/retention.ts";
import { BUCKET_MS } from "../../engine/store/stats.ts";
import { waitingBySession } from "../../engine/store/dispatches.ts";
import { listSources } from "../../engine/store/list-sources.ts";
import { listHooks } from "../../engine/store/hooks.ts";
import { standingOf, type HookStanding } from "./hook-standing.ts";
import type { ReaderHome } from "./reader-home.ts";
import type { Day, Latencies } from "./stats-window.ts";

export interface SourceFacts {
  readonly name: string;
  readonly events_hour: number;
  readonly last_at: number;
  /** Since when it is held, and how many of its events wait for that. */
  readonly held_at?: number;
  readonly waiting: number;
}

export interface Overview {
  readonly findings: readonly Finding[];
  readonly day: Day;
  readonly latencies: Latencies;
  /** Of the last hour, in ms: upper bound and count. */
  readonly histogram: readonly { readonly below_ms: number; readonly count: number }[];
  /** Five-minute buckets of the last 24 hours, oldest first. */
  readonly fires: readonly number[];
  readonly invocations: readonly number[];
  readonly errors: readonly number[];
  readonly hooks: { readonly active: number; readonly paused: number; readonly disabled: number; readonly errored: number };
  /** Hooks that do not work as they should, worst first. */
  readonly troubled: readonly (HookStanding & { readonly circuit: string; readonly error?: string; readonly since?: number })[];
  readonly queues: readonly { readonly session: string; readonly waiting: number; readonly oldest_at: number }[];
  readonly running: number;
  readonly pending: number;
  readonly backlog: number;
  readonly sources: readonly SourceFacts[];
  readonly database: { readonly used_bytes: number; readonly max_bytes: number; readonly wal_bytes: number; readonly disk_free_bytes?: number };
  readonly daemon?: { readonly pid: number; readonly started_at: number; readonly evaluators: readonly number[] };
  readonly rows: { readonly events: number; readonly invocations: number; readonly notices: number };
}

const MOST_SOURCES = 100;
const MOST_TROUBLED = 50;
const MOST_QUEUES = 50;

export function readOverview(home: ReaderHome, { now }: { readonly now: number }): Overview {
  const { store, stats } = home;
  const facts = home.facts(now);
  const buckets = stats.buckets("*", now);
  const { daemon } = facts;
  return {
    findings: judge(facts).findings,
    day: buckets.reduce((sum, { invocations, fires, errors }) => ({ ...sum, invocations: sum.invocations + invocations, fires: sum.fires + fires, errors: sum.errors + errors }), { invocations: 0, fires: 0, errors: 0, skips: 0 }),
    latencies: stats.latencies("*", now),
    histogram: histogramOf(home, now),
    fires: spread(buckets, now, ({ fires }) => fires),
    invocations: spread(buckets, now, ({ invocations }) => invocations),
    errors: spread(buckets, now, ({ errors }) => errors),
    hooks: facts.hooks,
    troubled: facts.hooks.paused + facts.hooks.errored === 0 ? [] : troubledOf(home),
    queues: waitingBySession(store, MOST_QUEUES),
    running: facts.dispatches.running,
    pending: facts.dispatches.pending,
    backlog: facts.backlog.events,
    sources: sourcesOf(home, now),
    database: { used_bytes: facts.storage.used_bytes, max_bytes: facts.storage.max_bytes, wal_bytes: facts.storage.wal_bytes, ...(facts.storage.disk_free_bytes === undefined ? {} : { disk_free_bytes: facts.storage.disk_free_bytes }) },
    ...(daemon === undefined ? {} : { daemon: { pid: daemon.pid, started_at: daemon.started_at, evaluators: daemon.child_pids } }),
    rows: facts.rows,
  };
}

/** One value for each five minutes of the last 24 hours. */
export function spread<Bucket extends { readonly bucket: number }>(buckets: readonly Bucket[], now: number, of: (bucket: Bucket) => number): number[] {
  const last = Math.floor(now / BUCKET_MS);
  const values = Array.from({ length: 288 }, () => 0);
  for (const one of buckets) {
    const at = 287 - (last - one.bucket);
    if (at >= 0 && at < 288) values[at]! += of(one);
  }
  return values;
}

function histogramOf(home: ReaderHome, now: number): Overview["histogram"] {
  const counts: number[] = [];
  for (const { bucket, latency_histogram } of home.stats.buckets("*", now)) {
    if (bucket * BUCKET_MS < now - HOUR_MS) continue;
    for (const [at, count] of latency_histogram.entries()) counts[at] = (counts[at] ?? 0) + count;
  }
  return Array.from(counts, (count: number | undefined, at) => ({ below_ms: bound(at) / 1_000, count: count ?? 0 }));
}

function troubledOf({ store }: ReaderHome): Overview["troubled"] {
  const hooks = [...listHooks(store, { status: "errored" }), ...listHooks(store, { status: "paused" })].slice(0, MOST_TROUBLED);
  return hooks.map((hook) => ({ hook, standing: standingOf(hook) })).map(({ hook: { circuit_state, last_error, circuit_opened_at }, standing }) => ({ ...standing, circuit: circuit_state, ...(last_error === undefined ? {} : { error: last_error }), ...(circuit_opened_at === undefined ? {} : { since: circuit_opened_at }) }));
}

function sourcesOf(home: ReaderHome, now: number): SourceFacts[] {
  return home.seldom("sources", now, () =>
    listSources(home.store, now, { most: MOST_SOURCES, count: home.sources.count }).sources.map(({ source, last_hour, last_event_at = 0, hold, waiting }): SourceFacts => ({ name: source, events_hour: last_hour, last_at: last_event_at, waiting, ...(hold?.held_at === undefined ? {} : { held_at: hold.held_at }) })),
  );
}
