import { expect, test } from "bun:test";
import { flatness } from "./flatness.ts";
import type { ProcessSample } from "./process-sample.ts";
import { trendOf } from "./trend.ts";

const samples = (values: readonly number[]): { ms: number; value: number }[] => values.map((value, n) => ({ ms: n * 1_000, value }));

test("a line is found as it is, whatever lies around it on both sides", () => {
  expect(trendOf(samples([5, 5, 5, 5]))).toEqual({ from: 5, to: 5, perHour: 0, min: 5, max: 5 });
  expect(trendOf(samples([0, 1, 2, 3]))).toMatchObject({ from: 0, to: 3, perHour: 3_600 });
  expect(trendOf(samples([10, 12, 10, 12, 12, 10, 12, 10]))).toMatchObject({ perHour: 0, min: 10, max: 12 });
});

test("one sample has no slope", () => {
  expect(trendOf(samples([7]))).toMatchObject({ from: 7, to: 7, perHour: 0 });
});

const STILL: ProcessSample = { ms: 0, daemon_rss: 80_000, daemon_fds: 20, daemon_threads: 9, children: 1, children_rss: 100_000, children_fds: 20, children_threads: 14, db: 10_000, wal: 60_000 };

function over(count: number, parts: (n: number) => Partial<ProcessSample>): ProcessSample[] {
  return Array.from({ length: count }, (_, n) => ({ ...STILL, ms: n * 5_000, ...parts(n) }));
}

test.each<[string, boolean, (n: number) => Partial<ProcessSample>]>([
  ["nothing moves but the database", true, (n) => ({ db: 10_000 + n * 500 })],
  ["the first quarter does not count", true, (n) => ({ daemon_rss: n < 30 ? n * 2_000 : 80_000 })],
  ["noise around a line", true, (n) => ({ daemon_rss: 80_000 + (n % 2) * 10_000, daemon_fds: 20 + (n % 3) * 4 })],
  ["a saw whose peaks stay", true, (n) => ({ children_rss: 100_000 + (n % 40) * 4_000 })],
  ["a saw whose peaks grow", false, (n) => ({ children_rss: 100_000 + (n % 20) * 1_000 + n * 500 })],
  ["a leak of memory, a third of a percent a minute too much", false, (n) => ({ daemon_rss: 80_000 + n * 110 })],
  ["a leak of descriptors", false, (n) => ({ daemon_fds: 20 + Math.floor(n / 15) })],
  ["children that stay", false, (n) => ({ children: 1 + Math.floor(n / 15) })],
  ["a log that is not folded back", false, (n) => ({ wal: n === 100 ? 70_000 : 60_000 })],
])("%s: flat is %p", (_, flat, parts) => {
  expect(flatness(over(120, parts)).flat).toBe(flat);
});
