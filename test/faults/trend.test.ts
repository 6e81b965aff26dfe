import { expect, test } from "bun:test";
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
