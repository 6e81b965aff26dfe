import { afterAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { simulate } from "./simulation.ts";

const hooksFolder = mkdtempSync(join(tmpdir(), "nexus-simulate-"));
afterAll(() => rmSync(hooksFolder, { recursive: true, force: true }));

/** Seeds that found something, and those that show most mutants (docs/simulation.md): first, because they fail in seconds. */
const TELLING = 1_000;
const SEEDS = 10_000;
const PROCESSES = 2;

interface Sum {
  readonly seeds: number;
  readonly failed: number;
  readonly starts: number;
  readonly outcomes: number;
}

/** So many seeds from `from` on, shared out. */
async function runAll(from: number, seeds: number): Promise<Sum> {
  const share = seeds / PROCESSES;
  const sums = await Promise.all(Array.from({ length: PROCESSES }, (_, n) => run(from + n * share, share)));
  return sums.reduce((one, other) => ({ seeds: one.seeds + other.seeds, failed: one.failed + other.failed, starts: one.starts + other.starts, outcomes: one.outcomes + other.outcomes }));
}

async function run(from: number, seeds: number): Promise<Sum> {
  const child = Bun.spawn([process.execPath, join(import.meta.dir, "main.ts"), "--from", String(from), "--seeds", String(seeds), "--json"], { stdin: "ignore", stdout: "pipe", stderr: "pipe" });
  const [out, err] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text(), child.exited]);
  // The seed, and how to replay it.
  expect(err).toBe("");
  return JSON.parse(out) as Sum;
}

test("the same seed is the same run", () => {
  for (const seed of [3, 17, 93]) {
    const [one, other] = [simulate({ seed, hooksFolder, trace: true }), simulate({ seed, hooksFolder, trace: true })];
    expect(other.trace).toEqual(one.trace);
    expect(one.trace.length).toBeGreaterThan(50);
  }
});

// switch: the mutants of test/mutants/sim.ts
test("the first seeds hold", async () => {
  expect(await runAll(1, TELLING)).toMatchObject({ seeds: TELLING, failed: 0 });
}, 60_000);

test("10 000 seeds hold", async () => {
  const { seeds, failed, starts, outcomes } = await runAll(TELLING + 1, SEEDS - TELLING);
  expect({ seeds, failed }).toEqual({ seeds: SEEDS - TELLING, failed: 0 });
  // Not a run in which nothing happens: more than one start a seed, some thirty outcomes.
  expect(starts).toBeGreaterThan(SEEDS * 1.5);
  expect(outcomes).toBeGreaterThan(SEEDS * 25);
}, 600_000);
