import { expect, test } from "bun:test";
import { Health } from "../../../src/engine/runtime/health.ts";
import { RestartPause } from "../../../src/engine/runtime/restart-pause.ts";
import { StrayGate } from "../../../src/engine/runtime/stray-gate.ts";
import { isWireResult } from "../../../src/engine/runtime/wire-check.ts";

const MIB = 1_048_576;
const limits = { memoryMb: 1_000, answerMs: 1_000 };
const well = { vitals: { rssBytes: 100 * MIB, threads: 8 }, atRest: false };

function answering(): Health {
  const health = new Health(limits);
  expect(health.beat()).toBe(1);
  health.answered(1, { workers: 1, leftBehind: 0 });
  return health;
}

// switch: mutant silence
test("an evaluator that does not answer its ping in time is ill", () => {
  const health = answering();
  let now = 0;
  let verdict;
  while (verdict === undefined && now < 60_000) {
    health.beat();
    verdict = health.judge((now += 100), well);
  }
  expect(verdict).toMatchObject({ state: "ill", message: "the evaluator did not answer for 1000 ms" });
  expect(now).toBeLessThan(2_500);
});

// switch: mutant silence-gap
test("a machine that slept, or a daemon that was late, is not the evaluator's silence", () => {
  const health = answering();
  for (let look = 0; look < 10; look += 1) health.beat();
  expect(health.judge(0, well)).toBeUndefined();
  expect(health.judge(86_400_000, well)).toBeUndefined();
  expect(health.judge(86_400_100, well)).toBeUndefined();
});

test("past its memory it is ill; with much of it kept at rest it is tired", () => {
  const health = answering();
  const used = (mb: number) => ({ rssBytes: mb * MIB, threads: 8 });
  expect(health.judge(0, { vitals: used(1_001), atRest: false })?.state).toBe("ill");
  expect(health.judge(1, { vitals: used(900), atRest: false })).toBeUndefined();
  expect(health.judge(2, { vitals: used(900), atRest: true })?.state).toBe("tired");
});

test("descriptors, threads and children beyond what its Workers need make it tired", () => {
  const health = answering();
  expect(health.judge(0, { ...well, descriptors: 80 })).toBeUndefined();
  expect(health.judge(1, { ...well, descriptors: 100 })?.state).toBe("tired");
  expect(health.judge(2, { vitals: { rssBytes: MIB, threads: 60 }, atRest: true })?.state).toBe("tired");
  health.answered(1, { workers: 40, leftBehind: 0 });
  expect(health.judge(3, { vitals: { rssBytes: MIB, threads: 60 }, descriptors: 100, atRest: true })).toBeUndefined();
  health.answered(1, { workers: 40, leftBehind: 2 });
  expect(health.judge(4, well)?.message).toBe("2 processes that ended Workers left behind");
});

test("where nothing can be measured nothing is judged but silence", () => {
  expect(answering().judge(0, { vitals: undefined, descriptors: undefined, atRest: true })).toBeUndefined();
});

// switch: mutant restart-pause
test("an evaluator that never comes up is started more and more slowly; one that works is not", () => {
  const pause = new RestartPause();
  expect(Array.from({ length: 4 }, () => pause.died(false))).toEqual([50, 100, 200, 400]);
  for (let n = 0; n < 20; n += 1) pause.died(false);
  expect(pause.died(false)).toBe(30_000);
  pause.worked();
  expect(Array.from({ length: 7 }, () => pause.died(true))).toEqual([0, 0, 0, 0, 0, 50, 100]);
});

test("stray output passes at a rate; what is over it is counted", () => {
  let now = 1_000;
  const passed: string[] = [];
  const gate = new StrayGate(() => now, (text) => passed.push(text));
  expect(gate.take(new TextEncoder().encode("hello"))).toBe(0);
  expect(gate.take(new Uint8Array(100_000).fill(65))).toBeGreaterThan(0);
  expect(passed.join("").length).toBe(16_384);
  now += 1_000;
  gate.take(new TextEncoder().encode("again"));
  expect(passed.slice(2)).toEqual([`(${100_005 - 16_384} bytes of output dropped)`, "again"]);
});

test("only what has the form of a result is one", () => {
  for (const good of [[0, 0, 1, 2], [3, 3, 0, 0], [0, 1, 1, 2, { result: { fire: true }, logs: [{ at: 0, level: "info", text: "x" }], dropped: 0, state: [["a"], ["b", 1]], llm: [1, 2, 3], search: 1 }], [0, 2, 1, 2, { error: { message: "m", stack: "s" } }]]) expect(isWireResult(good)).toBe(true);
  for (const bad of [null, {}, "x", [], [0], [0, 4, 1, 2], [-1, 0, 1, 2], [0.5, 0, 1, 2], [0, 0, null, 2], [0, 0, 1, "2"], [0, 0, 1, 2, null], [0, 2, 1, 2, { error: { message: 1 } }], [0, 1, 1, 2, { logs: [{ at: 0, level: "loud", text: "x" }] }], [0, 1, 1, 2, { state: [[1, 2]] }], [0, 1, 1, 2, { llm: [1, 2] }], [0, 1, 1, 2, { search: -1 }]]) expect(isWireResult(bad)).toBe(false);
});
