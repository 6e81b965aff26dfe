import { mergeHistograms, percentile, type LatencyHistogram } from "../../engine/core/latency.ts";
import { DAY_MS } from "../../engine/core/retention.ts";
import type { Store } from "../../engine/store/open.ts";
import { bucketRows, BUCKET_MS, hookCounters, type BucketRow } from "../../engine/store/stats.ts";

/** What a hook did in the last 24 hours. Latencies in ms. */
export interface Day {
  readonly invocations: number;
  readonly fires: number;
  readonly errors: number;
  readonly skips: number;
}

export interface Latencies {
  readonly p50_ms?: number;
  readonly p95_ms?: number;
  readonly p99_ms?: number;
}

const DAY_BUCKETS = DAY_MS / BUCKET_MS;
/** Hooks whose latencies are remembered; a screen shows fifty. */
const MOST_REMEMBERED = 512;

interface Closed {
  /** The bucket up to which, exclusive, this was read. */
  readonly until: number;
  readonly histogram: LatencyHistogram;
}

/**
 * Counters of the last 24 hours, without reading 24 hours each second: buckets that have ended do not change, so they are added
 * up once, and each look reads only those of the last ten minutes.
 */
export class StatsWindow {
  readonly #store: Store;
  #closedUntil = 0;
  #closed = new Map<string, Day>();
  readonly #histograms = new Map<string, Closed>();

  constructor(store: Store) {
    this.#store = store;
  }

  /** Of every hook that did anything. */
  days(now: number): Map<string, Day> {
    const until = openBucket(now);
    if (until !== this.#closedUntil) {
      this.#closed = new Map(hookCounters(this.#store, until - DAY_BUCKETS, until).map(({ hook_id, ...day }) => [hook_id, day]));
      this.#closedUntil = until;
    }
    const days = new Map(this.#closed);
    for (const { hook_id, ...day } of hookCounters(this.#store, until, Number.MAX_SAFE_INTEGER)) days.set(hook_id, add(days.get(hook_id), day));
    return days;
  }

  /** Of one hook, or of `*`. */
  latencies(hookId: string, now: number): Latencies {
    const until = openBucket(now);
    const closed = this.#histogramBefore(hookId, until);
    const histogram = [...closed];
    for (const row of bucketRows(this.#store, hookId, until, Number.MAX_SAFE_INTEGER)) mergeHistograms(histogram, row.latency_histogram);
    return { ...at(histogram, "p50_ms", 0.5), ...at(histogram, "p95_ms", 0.95), ...at(histogram, "p99_ms", 0.99) };
  }

  /** The five-minute buckets of the last 24 hours of one hook, or of `*`, oldest first. */
  buckets(hookId: string, now: number): BucketRow[] {
    return bucketRows(this.#store, hookId, Math.floor(now / BUCKET_MS) - DAY_BUCKETS + 1, Number.MAX_SAFE_INTEGER);
  }

  #histogramBefore(hookId: string, until: number): LatencyHistogram {
    const known = this.#histograms.get(hookId);
    if (known?.until === until) return known.histogram;
    const histogram: LatencyHistogram = [];
    for (const row of bucketRows(this.#store, hookId, until - DAY_BUCKETS, until)) mergeHistograms(histogram, row.latency_histogram);
    if (this.#histograms.size >= MOST_REMEMBERED) this.#histograms.clear();
    this.#histograms.set(hookId, { until, histogram });
    return histogram;
  }
}

/** The bucket before the present one may still be added to, by a commit that was under way. */
function openBucket(now: number): number {
  return Math.floor(now / BUCKET_MS) - 1;
}

function add(one: Day | undefined, other: Day): Day {
  if (one === undefined) return other;
  return { invocations: one.invocations + other.invocations, fires: one.fires + other.fires, errors: one.errors + other.errors, skips: one.skips + other.skips };
}

function at<Name extends keyof Latencies>(histogram: LatencyHistogram, name: Name, share: number): Partial<Record<Name, number>> {
  const value = percentile(histogram, share);
  // One name, one value.
  return value === undefined ? {} : ({ [name]: value } as Record<Name, number>);
}
