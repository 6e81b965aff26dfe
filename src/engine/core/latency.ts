/**
 * Latency histogram: counts in buckets whose upper bounds grow by the square root of two from 16 µs on, so a percentile
 * read from it is at most 19 % off. The last bucket (above 60 s) is open.
 */
const FIRST_US = 16;
const STEPS_PER_DOUBLING = 2;
const BUCKETS = 46;

/** Counts by bucket; as short as its highest used bucket. */
export type LatencyHistogram = number[];

function bucketOf(us: number): number {
  if (us <= FIRST_US) return 0;
  return Math.min(BUCKETS - 1, Math.ceil(Math.log2(us / FIRST_US) * STEPS_PER_DOUBLING));
}

/** Upper bound of a bucket, µs. */
export function bound(bucket: number): number {
  return FIRST_US * 2 ** (bucket / STEPS_PER_DOUBLING);
}

export function addLatency(histogram: LatencyHistogram, us: number): void {
  const bucket = bucketOf(us);
  while (histogram.length <= bucket) histogram.push(0);
  histogram[bucket] = (histogram[bucket] ?? 0) + 1;
}

export function mergeHistograms(into: LatencyHistogram, from: LatencyHistogram): void {
  while (into.length < from.length) into.push(0);
  for (const [bucket, count] of from.entries()) into[bucket] = (into[bucket] ?? 0) + count;
}

/** Milliseconds below which `share` (0..1) of the latencies lie; undefined for an empty histogram. */
export function percentile(histogram: LatencyHistogram, share: number): number | undefined {
  const total = histogram.reduce((sum, count) => sum + count, 0);
  if (total === 0) return undefined;
  let seen = 0;
  for (const [bucket, count] of histogram.entries()) {
    seen += count;
    // The middle of the bucket, on the scale's own terms.
    if (seen >= share * total) return bound(bucket - 0.5) / 1_000;
  }
  return undefined;
}
