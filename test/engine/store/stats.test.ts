import { expect, test } from "bun:test";
import fc from "fast-check";
import { addLatency } from "../../../src/engine/core/latency.ts";
import type { StatsDelta } from "../../../src/engine/store/stats.ts";
import { addStats, emptyDelta, hookStats } from "../../../src/engine/store/stats.ts";
import { rows, T0, tempStore } from "../../helpers/rows.ts";

const BUCKET_MS = 300_000;

function delta(hookId: string, at: number, latencies: readonly number[], parts: Partial<StatsDelta> = {}): StatsDelta {
  const made = emptyDelta(hookId, at);
  for (const us of latencies) {
    addLatency(made.latency_histogram, us);
    made.invocations += 1;
    made.latency_us_sum += us;
    made.latency_us_max = Math.max(made.latency_us_max, us);
  }
  return Object.assign(made, parts);
}

test("a hook that never ran has zeros and no latency", () => {
  using temp = tempStore();
  const stats = hookStats(temp.store, "hook_a", T0);
  expect(stats).toMatchObject({ invocations: 0, fires: 0, errors: 0, skips: 0, llm_calls: 0 });
  expect(Object.keys(stats)).not.toContain("p50_ms");
});

test("commits of the same five minutes add up in one row, others get their own", () => {
  using temp = tempStore();
  addStats(temp.store, [delta("hook_a", T0, [1_000, 3_000], { fires: 1, llm_calls: 2, llm_tokens_in: 10 })]);
  addStats(temp.store, [delta("hook_a", T0 + 1_000, [8_000], { errors: 1, skips: 4, search_calls: 1, llm_tokens_out: 5 })]);
  addStats(temp.store, [delta("hook_a", T0 + BUCKET_MS, [2_000])]);
  expect(rows(temp.store, "SELECT count(*) AS n FROM hook_stats WHERE hook_id = 'hook_a'")).toEqual([{ n: 2 }]);
  expect(hookStats(temp.store, "hook_a", T0)).toMatchObject({
    invocations: 4,
    fires: 1,
    errors: 1,
    skips: 4,
    avg_latency_ms: 3.5,
    max_ms: 8,
    llm_calls: 2,
    llm_tokens_in: 10,
    llm_tokens_out: 5,
    search_calls: 1,
  });
});

test("the sum of all hooks is kept beside them", () => {
  using temp = tempStore();
  addStats(temp.store, [delta("hook_a", T0, [1_000]), delta("hook_b", T0, [5_000], { fires: 1 }), delta("hook_b", T0 - BUCKET_MS, [1_000])]);
  expect(hookStats(temp.store, "*", T0)).toMatchObject({ invocations: 2, fires: 1, avg_latency_ms: 3 });
  expect(hookStats(temp.store, "*", T0 - BUCKET_MS)).toMatchObject({ invocations: 3 });
});

test("only what lies in the time counts, to the five minutes", () => {
  using temp = tempStore();
  for (const minutes of [0, 5, 10]) addStats(temp.store, [delta("hook_a", T0 + minutes * 60_000, [1_000])]);
  const since = (ms: number): number => hookStats(temp.store, "hook_a", T0 + ms).invocations;
  expect([since(0), since(BUCKET_MS - 1), since(BUCKET_MS), since(3 * BUCKET_MS)]).toEqual([3, 3, 2, 0]);
});

test("percentiles are within the histogram's error, in order, and never above the maximum", () => {
  const latencies = fc.array(fc.integer({ min: 16, max: 50_000_000 }), { minLength: 1, maxLength: 60 });
  fc.assert(
    fc.property(latencies, (values) => {
      using temp = tempStore();
      for (const us of values) addStats(temp.store, [delta("hook_a", T0, [us])]);
      const { p50_ms = 0, p95_ms = 0, p99_ms = 0, max_ms = 0 } = hookStats(temp.store, "hook_a", T0);
      expect(p50_ms).toBeLessThanOrEqual(p95_ms);
      expect(p95_ms).toBeLessThanOrEqual(p99_ms);
      expect(p99_ms).toBeLessThanOrEqual(max_ms);
      const exact = (values.toSorted((a, b) => a - b)[Math.ceil(values.length / 2) - 1] ?? 0) / 1_000;
      expect(Math.abs(p50_ms / exact - 1)).toBeLessThan(0.19);
    }),
    { numRuns: 60 },
  );
}, 30_000);
