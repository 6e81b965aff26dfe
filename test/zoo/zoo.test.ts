import { expect, test } from "bun:test";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import type { Specimen } from "./zoo.ts";
import { contained } from "./zoo.ts";
import { deadly } from "./zoo.ts";
import { unloadable } from "./zoo.ts";
import { TestEngine } from "../helpers/test-engine.ts";

const FOLDER = join(import.meta.dir, "hooks");
const EVENTS = 3;
/** Generous where a crowd on two cores makes anyone slow; what must be quick is the specimen's own limit. */
const CONFIG = { hooks: { load_timeout_ms: 500 }, evaluator: { answer_ms: 1_000, memory_mb: 1_024 } };
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

/** Processes that bear the mark of an evaluator of this test. */
function descendants(): string[] {
  return Bun.spawnSync(["sh", "-c", "grep -lzs '^NEXUS_EVALUATOR=' /proc/[0-9]*/environ || true"]).stdout.toString().split("\n").filter((line) => line !== "");
}

async function runBeside(specimens: readonly Specimen[]): Promise<{ readonly got: unknown; readonly expected: unknown; readonly healthy: Row[]; readonly stray: string; readonly notices: string[]; readonly rssMb: number }> {
  await using t = await TestEngine.start({ config: CONFIG });
  t.register("healthy", HEALTHY);
  for (const { name, limits = {} } of specimens) await t.registerFile(name, join(FOLDER, `${name}.ts`), { limits });
  const before = process.memoryUsage.rss();
  await t.burst(EVENTS);
  await t.drain();
  const got: Record<string, unknown> = {};
  const expected: Record<string, unknown> = {};
  for (const { name, outcomes, says } of specimens) {
    const rows = t.invocations(name);
    const saying = rows.every(({ outcome, error = "" }) => says === undefined || outcome.startsWith("skipped") || says.test(error));
    got[name] = [rows.map(({ outcome }) => outcome), saying ? "as expected" : rows.map(({ error }) => error?.slice(0, 300))];
    expected[name] = [Array.from({ length: EVENTS }, (_, n) => outcomes[Math.min(n, outcomes.length - 1)]), "as expected"];
  }
  return { got, expected, healthy: healthyRows(t), stray: t.stray.join(""), notices: t.notices.map(({ kind, data }) => `${kind} ${JSON.stringify(data)}`), rssMb: (process.memoryUsage.rss() - before) / 1_048_576 };
}

test("every file of the zoo is in its table", () => {
  const named = [...contained, ...deadly, ...unloadable].map(({ name }) => name);
  const elsewhere = ["memory-leak", "write-sync-flood", "exit-handler-loop", "empty-loop", "pollute-prototypes", "exit-at-load"];
  expect([...named, ...elsewhere].toSorted()).toEqual(readdirSync(FOLDER).map((file) => file.replace(".ts", "")).toSorted());
});

for (const [kind, specimens] of [["contained", contained], ["deadly", deadly], ["unloadable", unloadable]] as const) {
  test(`bad hooks (${kind}) each have their own outcome, and the healthy one beside them has what it has alone`, async () => {
    const { got, expected, healthy, notices, rssMb } = await runBeside(specimens);
    if (process.env["ZOO_VERBOSE"] !== undefined) process.stderr.write(`${kind}: ${rssMb.toFixed(0)} MiB more\n${notices.join("\n")}\n`);
    expect(got).toEqual(expected);
    expect(healthy).toEqual(await alone());
    expect(descendants()).toEqual([]);
  }, 120_000);
}
