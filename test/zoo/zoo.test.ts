import { expect, test } from "bun:test";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import type { Specimen } from "./zoo.ts";
import { contained, deadly, unloadable } from "./zoo.ts";
import { descriptorsOf } from "../../src/engine/runtime/vitals.ts";
import { TestEngine } from "../helpers/test-engine.ts";
import { heldMiB } from "../helpers/held-memory.ts";

const FOLDER = join(import.meta.dir, "hooks");
const EVENTS = 2;
/** Generous where a crowd on two cores makes anyone slow; what must be quick is the specimen's own limit. */
const CONFIG = { evaluator: { answer_ms: 1_000, memory_mb: 1_024, terminate_grace_ms: 150 } };
/** Of these every thread ends when it is told to; on a busy machine not at once. */
const PATIENT = { evaluator: { ...CONFIG.evaluator, terminate_grace_ms: 1_500 } };
/** Counts in its state, so that an event lost, doubled or out of turn shows. */
const HEALTHY = `(ctx) => { const n = (ctx.state.get("n") ?? 0) + 1; ctx.state.set("n", n); return { fire: n % 2 === 1, context: { data: { n, content: ctx.event.content, polluted: {}.polluted ?? "no" } } }; }`;

interface Row {
  readonly event: string;
  readonly outcome: string;
  readonly result: unknown;
}

function healthyRows(t: TestEngine): Row[] {
  return t.invocations("healthy").map(({ event_id, outcome, result }) => ({ event: event_id, outcome, result }));
}

async function alone(): Promise<Row[]> {
  await using t = await TestEngine.start();
  t.register("healthy", HEALTHY);
  await t.burst(EVENTS);
  await t.drain();
  return healthyRows(t);
}

/** Processes whose folder was the evaluators' or which sleep as the specimens' children do, under this test. */
function leftBehind(): string[] {
  return Bun.spawnSync(["pgrep", "-f", "^sleep (300|30)$"]).stdout.toString().split("\n").filter((line) => line !== "");
}

async function runBeside(specimens: readonly Specimen[]): Promise<{ readonly got: unknown; readonly expected: unknown; readonly healthy: Row[]; readonly notices: string[]; readonly lagMs: number }> {
  let lagMs = 0;
  let last = performance.now();
  const beat = setInterval(() => {
    lagMs = Math.max(lagMs, performance.now() - last - 10);
    last = performance.now();
  }, 10);
  using _ = { [Symbol.dispose]: () => clearInterval(beat) };
  // Only those that never load have to be found out quickly.
  const config = specimens === unloadable ? { ...CONFIG, hooks: { load_timeout_ms: 500 } } : specimens === contained ? PATIENT : CONFIG;
  await using t = await TestEngine.start({ config });
  t.register("healthy", HEALTHY);
  for (const { name, limits = {} } of specimens) await t.registerFile(name, join(FOLDER, `${name}.ts`), { limits });
  const before = heldMiB();
  await t.burst(EVENTS);
  await t.drain();
  const got: Record<string, unknown> = {};
  const expected: Record<string, unknown> = {};
  for (const { name, outcomes: usual, or, says } of specimens) {
    const rows = t.invocations(name);
    const outcomes = or !== undefined && rows.every(({ outcome }, n) => outcome === or[n]) ? or : usual;
    const saying = rows.every(({ outcome, error = "" }) => says === undefined || outcome.startsWith("skipped") || says.test(error));
    got[name] = [rows.map(({ outcome }) => outcome), saying ? "as expected" : rows.map(({ error }) => error?.slice(0, 300))];
    expected[name] = [Array.from({ length: EVENTS }, (_, n) => outcomes[Math.min(n, outcomes.length - 1)]), "as expected"];
  }
  if (process.env["ZOO_VERBOSE"] !== undefined) {
    const slow = t.store.db.query("SELECT h.slug, max(i.version_id) AS v, max(i.finished_at) - (SELECT min(started_at) FROM hook_invocations) AS done, max(i.latency_ms) AS ms, max(i.attempt) AS attempts FROM hook_invocations i JOIN hooks h ON h.id = i.hook_id GROUP BY 1 ORDER BY 3 DESC LIMIT 12").all();
    process.stderr.write(`${JSON.stringify(slow, undefined, 0)}\n`);
  }
  // What hooks took is not in this process; its own rows and messages are a few MiB.
  expect(heldMiB() - before).toBeLessThan(96);
  return { got, expected, healthy: healthyRows(t), notices: t.notices.map(({ kind, data }) => `${kind} ${JSON.stringify(data)}`), lagMs };
}

test("every file of the zoo is in its table", () => {
  const named = [...contained, ...deadly, ...unloadable].map(({ name }) => name);
  // These are looked at more closely, in leaks.test.ts.
  const elsewhere = ["memory-leak", "write-sync-flood"];
  expect([...named, ...elsewhere].toSorted()).toEqual(readdirSync(FOLDER).map((file) => file.replace(".ts", "")).toSorted());
});

// switch: mutant memory-of-an-invocation, key-of-a-worker, results-are-checked
for (const [kind, specimens] of [["contained", contained], ["deadly", deadly], ["unloadable", unloadable]] as const) {
  test(`bad hooks (${kind}) each have their own outcome, and the healthy one beside them has what it has alone`, async () => {
    const descriptors = descriptorsOf(process.pid) ?? 0;
    const { got, expected, healthy, notices, lagMs } = await runBeside(specimens);
    // Reported, not judged: other work on the machine is in it.
    if (process.env["ZOO_VERBOSE"] !== undefined) process.stderr.write(`${kind}: the event loop was late by ${lagMs.toFixed(0)} ms at most\n${notices.join("\n")}\n`);
    expect(got).toEqual(expected);
    expect(healthy).toEqual(await alone());
    expect(descriptorsOf(process.pid) ?? 0).toBeLessThan(descriptors + 8);
    expect(leftBehind()).toEqual([]);
  }, 120_000);
}
