import type { LatencyHistogram } from "../core/latency.ts";
import { mergeHistograms, percentile } from "../core/latency.ts";
import type { Store } from "./open.ts";

/** Counters stand in buckets of five minutes (Unix ms / 300 000). */
export const BUCKET_MS = 300_000;
const BUCKETS_AN_HOUR = 12;
/** The row that sums all hooks. */
const ALL = "*";

/** What one commit adds to a hook's counters. */
export interface StatsDelta {
  readonly hook_id: string;
  readonly bucket: number;
  invocations: number;
  fires: number;
  errors: number;
  skips: number;
  latency_us_sum: number;
  latency_us_max: number;
  readonly latency_histogram: LatencyHistogram;
  llm_calls: number;
  llm_tokens_in: number;
  llm_tokens_out: number;
  search_calls: number;
}

export interface HookStats {
  readonly since: number;
  readonly invocations: number;
  readonly fires: number;
  readonly errors: number;
  readonly skips: number;
  readonly avg_latency_ms?: number;
  readonly p50_ms?: number;
  readonly p95_ms?: number;
  readonly p99_ms?: number;
  readonly max_ms?: number;
  readonly llm_calls: number;
  readonly llm_tokens_in: number;
  readonly llm_tokens_out: number;
  readonly search_calls: number;
}

type StatsRow = Omit<StatsDelta, "latency_histogram"> & { latency_histogram: string };

export function emptyDelta(hookId: string, at: number): StatsDelta {
  return {
    hook_id: hookId,
    bucket: Math.floor(at / BUCKET_MS),
    invocations: 0,
    fires: 0,
    errors: 0,
    skips: 0,
    latency_us_sum: 0,
    latency_us_max: 0,
    latency_histogram: [],
    llm_calls: 0,
    llm_tokens_in: 0,
    llm_tokens_out: 0,
    search_calls: 0,
  };
}

/** Inside a transaction: adds to the hooks' buckets and to the bucket of all. */
export function addStats(store: Store, deltas: readonly StatsDelta[]): void {
  const totals = new Map<number, StatsDelta>();
  for (const delta of deltas) {
    addRow(store, delta);
    const total = totals.get(delta.bucket) ?? emptyDelta(ALL, delta.bucket * BUCKET_MS);
    totals.set(delta.bucket, total);
    sum(total, delta);
  }
  for (const total of totals.values()) addRow(store, total);
}

/**
 * Inside a transaction: adds five-minute buckets of hours that ended before the time to the first bucket of their hour.
 * Returns how many went; fewer than `limit` means that there are no more.
 */
export function foldStats(store: Store, before: number, limit: number): number {
  const rows = store.db
    .query<StatsRow, [number, number]>(`SELECT * FROM hook_stats WHERE bucket < ? AND bucket % ${BUCKETS_AN_HOUR} <> 0 ORDER BY bucket LIMIT ?`)
    .all(Math.floor(before / BUCKET_MS / BUCKETS_AN_HOUR) * BUCKETS_AN_HOUR, limit);
  const hours = new Map<string, StatsDelta>();
  for (const row of rows) {
    const bucket = row.bucket - (row.bucket % BUCKETS_AN_HOUR);
    const key = `${row.hook_id} ${bucket}`;
    const hour = hours.get(key) ?? emptyDelta(row.hook_id, bucket * BUCKET_MS);
    hours.set(key, hour);
    sum(hour, withHistogram(row));
    store.db.query("DELETE FROM hook_stats WHERE hook_id = ? AND bucket = ?").run(row.hook_id, row.bucket);
  }
  for (const hour of hours.values()) addRow(store, hour);
  return rows.length;
}

/** Inside a transaction: removes hourly buckets that began before the time. Returns how many went, at most `limit`. */
export function removeStats(store: Store, before: number, limit: number): number {
  const old = `SELECT hook_id, bucket FROM hook_stats WHERE bucket < ? AND bucket % ${BUCKETS_AN_HOUR} = 0 ORDER BY bucket LIMIT ?`;
  return store.db.query(`DELETE FROM hook_stats WHERE (hook_id, bucket) IN (${old})`).run(Math.floor(before / BUCKET_MS), limit).changes;
}

/** The counters of a hook (or `*`: of all) since a time: to the five minutes, or to the hour where they were folded. */
export function hookStats(store: Store, hookId: string, since: number): HookStats {
  const total = emptyDelta(hookId, since);
  const rows = store.db.query<StatsRow, [string, number]>("SELECT * FROM hook_stats WHERE hook_id = ? AND bucket >= ?").all(hookId, Math.floor(since / BUCKET_MS));
  for (const row of rows) sum(total, withHistogram(row));
  const { bucket: _bucket, hook_id: _hook, latency_histogram, latency_us_max, latency_us_sum, ...counters } = total;
  if (total.invocations === 0) return { since, ...counters };
  const max_ms = latency_us_max / 1_000;
  // The middle of the highest bucket may lie above everything that was measured.
  const at = (share: number): number => Math.min(percentile(latency_histogram, share) ?? 0, max_ms);
  return {
    since,
    ...counters,
    avg_latency_ms: latency_us_sum / total.invocations / 1_000,
    p50_ms: at(0.5),
    p95_ms: at(0.95),
    p99_ms: at(0.99),
    max_ms,
  };
}

export interface BucketRow {
  /** Unix ms / 300 000; of a folded hour its first. */
  readonly bucket: number;
  readonly invocations: number;
  readonly fires: number;
  readonly errors: number;
  readonly latency_histogram: LatencyHistogram;
}

/** The buckets from one on, until, exclusive, another, of a hook or of `*`, oldest first. */
export function bucketRows(store: Store, hookId: string, from: number, until: number): BucketRow[] {
  return store.db
    .query<StatsRow, [string, number, number]>("SELECT bucket, invocations, fires, errors, latency_histogram FROM hook_stats WHERE hook_id = ? AND bucket >= ? AND bucket < ? ORDER BY bucket")
    .all(hookId, from, until)
    .map((row) => ({ ...row, latency_histogram: JSON.parse(row.latency_histogram) as LatencyHistogram }));
}

export interface HookCounters {
  readonly hook_id: string;
  readonly invocations: number;
  readonly fires: number;
  readonly errors: number;
  readonly skips: number;
}

/** What each hook did in the buckets from one on, until, exclusive, another; by the indexes on the bucket. */
export function hookCounters(store: Store, from: number, until: number): HookCounters[] {
  const part = (kind: string): string => `SELECT hook_id, invocations, fires, errors, skips FROM hook_stats WHERE bucket % ${BUCKETS_AN_HOUR} ${kind} 0 AND bucket >= ?1 AND bucket < ?2 AND hook_id <> '${ALL}'`;
  return store.db
    .query<HookCounters, [number, number]>(
      `SELECT hook_id, sum(invocations) AS invocations, sum(fires) AS fires, sum(errors) AS errors, sum(skips) AS skips FROM (${part("<>")} UNION ALL ${part("=")}) GROUP BY hook_id`,
    )
    .all(from, until);
}

function withHistogram(row: StatsRow): StatsDelta {
  // Written by addRow.
  return { ...row, latency_histogram: JSON.parse(row.latency_histogram) as LatencyHistogram };
}

function sum(into: StatsDelta, from: StatsDelta): void {
  into.invocations += from.invocations;
  into.fires += from.fires;
  into.errors += from.errors;
  into.skips += from.skips;
  into.latency_us_sum += from.latency_us_sum;
  into.latency_us_max = Math.max(into.latency_us_max, from.latency_us_max);
  mergeHistograms(into.latency_histogram, from.latency_histogram);
  into.llm_calls += from.llm_calls;
  into.llm_tokens_in += from.llm_tokens_in;
  into.llm_tokens_out += from.llm_tokens_out;
  into.search_calls += from.search_calls;
}

function addRow(store: Store, delta: StatsDelta): void {
  const before = store.db.query<{ latency_histogram: string }, [string, number]>("SELECT latency_histogram FROM hook_stats WHERE hook_id = ? AND bucket = ?").get(delta.hook_id, delta.bucket);
  const histogram = before === null ? [] : (JSON.parse(before.latency_histogram) as LatencyHistogram);
  mergeHistograms(histogram, delta.latency_histogram);
  store.db
    .query(
      `INSERT INTO hook_stats(hook_id, bucket, invocations, fires, errors, skips, latency_us_sum, latency_us_max, latency_histogram,
         llm_calls, llm_tokens_in, llm_tokens_out, search_calls)
       VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)
       ON CONFLICT(hook_id, bucket) DO UPDATE SET invocations = invocations + ?3, fires = fires + ?4, errors = errors + ?5,
         skips = skips + ?6, latency_us_sum = latency_us_sum + ?7, latency_us_max = max(latency_us_max, ?8), latency_histogram = ?9,
         llm_calls = llm_calls + ?10, llm_tokens_in = llm_tokens_in + ?11, llm_tokens_out = llm_tokens_out + ?12,
         search_calls = search_calls + ?13`,
    )
    .run(
      delta.hook_id,
      delta.bucket,
      delta.invocations,
      delta.fires,
      delta.errors,
      delta.skips,
      delta.latency_us_sum,
      delta.latency_us_max,
      JSON.stringify(histogram),
      delta.llm_calls,
      delta.llm_tokens_in,
      delta.llm_tokens_out,
      delta.search_calls,
    );
}
