import { expect, test } from "bun:test";
import fc from "fast-check";
import type { LatencyHistogram } from "../../../src/engine/core/latency.ts";
import { addLatency, mergeHistograms, percentile } from "../../../src/engine/core/latency.ts";

function histogram(values: readonly number[]): LatencyHistogram {
  const made: LatencyHistogram = [];
  for (const us of values) addLatency(made, us);
  return made;
}

const latencies = fc.array(fc.integer({ min: 17, max: 60_000_000 }), { minLength: 1, maxLength: 100 });

test("an empty histogram has no percentile", () => {
  expect(percentile([], 0.5)).toBeUndefined();
});

test("a percentile is at most 19 % off", () => {
  fc.assert(
    fc.property(latencies, fc.constantFrom(0.01, 0.5, 0.95, 0.99, 1), (values, share) => {
      const exact = (values.toSorted((a, b) => a - b)[Math.ceil(share * values.length) - 1] ?? 0) / 1_000;
      expect(Math.abs((percentile(histogram(values), share) ?? 0) / exact - 1)).toBeLessThan(0.19);
    }),
  );
});

test("merging histograms is counting all values in one", () => {
  fc.assert(
    fc.property(latencies, latencies, (some, others) => {
      const merged = histogram(some);
      mergeHistograms(merged, histogram(others));
      expect(merged).toEqual(histogram([...some, ...others]));
    }),
  );
});

test("zero, the tiny and the endless have a bucket too, and no array grows without bound", () => {
  expect(histogram([0, 1, 16])).toEqual([3]);
  expect(histogram([Number.MAX_SAFE_INTEGER, 1e30]).length).toBe(46);
});
