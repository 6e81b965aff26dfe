/** Work handed to a Worker at once is at most about this long: an update or a breaker is never far behind. */
const TARGET_US = 5_000;
const MAX_JOBS = 256;

/** How many invocations of `averageUs` µs travel together; 1 while nothing is known of the hook. */
export function chunkSize(averageUs: number | undefined): number {
  if (averageUs === undefined) return 1;
  return Math.max(1, Math.min(MAX_JOBS, Math.floor(TARGET_US / Math.max(1, averageUs))));
}

/** Exponentially weighted mean; one slow invocation shortens the next chunks at once. */
export function averageAfter(averageUs: number | undefined, durationUs: number): number {
  if (averageUs === undefined || durationUs > averageUs * 4) return durationUs;
  return averageUs * 0.9 + durationUs * 0.1;
}
