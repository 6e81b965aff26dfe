/** How a figure goes, by least squares over its samples. */
export interface Trend {
  /** At the first and at the last sample, on the line. */
  readonly from: number;
  readonly to: number;
  readonly perHour: number;
  readonly min: number;
  readonly max: number;
}

export function trendOf(samples: readonly { readonly ms: number; readonly value: number }[]): Trend {
  const n = samples.length;
  const meanMs = samples.reduce((sum, { ms }) => sum + ms, 0) / n;
  const mean = samples.reduce((sum, { value }) => sum + value, 0) / n;
  const spread = samples.reduce((sum, { ms }) => sum + (ms - meanMs) ** 2, 0);
  const slope = spread === 0 ? 0 : samples.reduce((sum, { ms, value }) => sum + (ms - meanMs) * (value - mean), 0) / spread;
  const at = (ms: number): number => mean + slope * (ms - meanMs);
  const values = samples.map(({ value }) => value);
  return { from: at(samples[0]?.ms ?? 0), to: at(samples.at(-1)?.ms ?? 0), perHour: slope * 3_600_000, min: Math.min(...values), max: Math.max(...values) };
}
