import { mkdirSync, writeFileSync } from "node:fs";
import { cpus, release } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { bigRows } from "./big-suite.ts";
import { buildNexus, builtNexus, ROOT } from "./binary.ts";
import { brokerRows } from "./broker-suite.ts";
import { commandRows } from "./command-suite.ts";
import { evaluationRows } from "./evaluation-suite.ts";
import { memoryRows } from "./memory-suite.ts";
import { refsRows } from "./refs-suite.ts";
import type { Row } from "./report.ts";
import { tableOf } from "./report.ts";
import { tuiRows } from "./tui-suite.ts";

const ROUNDS = 5;
const QUICK_ROUNDS = 2;

const SUITES = ["evaluation", "broker", "refs", "commands", "memory", "big", "tui"] as const;

/** `bun run bench`: see README.md. */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      quick: { type: "boolean", default: false },
      save: { type: "boolean", default: false },
      check: { type: "boolean", default: false },
      "skip-big": { type: "boolean", default: false },
      "no-build": { type: "boolean", default: false },
      only: { type: "string", multiple: true },
      durability: { type: "string", default: "full" },
    },
  });
  const durability = oneOf("--durability", values.durability, ["full", "normal"] as const);
  const rounds = values.quick ? QUICK_ROUNDS : ROUNDS;
  const wanted = new Set(values.only?.map((name) => oneOf("--only", name, SUITES)) ?? SUITES.filter((suite) => suite !== "big" || !values["skip-big"]));
  const started = performance.now();
  const progress = (what: string): void => void process.stderr.write(`${((performance.now() - started) / 1_000).toFixed(0).padStart(4)} s  ${what}\n`);

  const rows: Row[] = [];
  if (wanted.has("evaluation")) rows.push(...(await evaluationRows({ rounds, durability, progress })));
  if (wanted.has("broker")) rows.push(...(await brokerRows({ rounds, durability, progress })));
  if (wanted.has("refs")) rows.push(...(await refsRows({ rounds, durability, progress })));
  let binary: string | undefined;
  if (wanted.has("commands") || wanted.has("memory") || wanted.has("big") || wanted.has("tui")) {
    progress("dist/nexus");
    binary = values["no-build"] ? builtNexus() : await buildNexus();
  }
  if (wanted.has("commands")) {
    progress("compiled commands");
    rows.push(...(await commandRows(binary, rounds)));
  }
  if (wanted.has("memory")) {
    progress("memory");
    rows.push(...(await memoryRows(binary, rounds)));
  }
  if (wanted.has("big")) {
    progress("a million events");
    rows.push(...(await bigRows(binary, rounds)));
  }
  if (wanted.has("tui")) rows.push(...(await tuiRows(binary, { rounds, progress })));
  progress("done");

  const machine = { cpu: cpus()[0]?.model.trim() ?? "", cores: cpus().length, kernel: release(), bun: Bun.version };
  process.stdout.write(`\n${machine.cores} cores ${machine.cpu}, Linux ${machine.kernel}, Bun ${machine.bun}; durability ${durability}; medians of ${rounds} rounds\n\n${tableOf(rows)}`);
  const results = `${JSON.stringify({ at: new Date().toISOString(), machine, durability, rounds, rows }, undefined, 2)}\n`;
  mkdirSync(join(ROOT, "dist"), { recursive: true });
  writeFileSync(join(ROOT, "dist/bench.json"), results);
  if (values.save) writeFileSync(join(ROOT, "bench/results.json"), results);
  if (values.check && rows.some(({ ok }) => ok === false)) process.exitCode = 1;
}

function oneOf<Value extends string>(option: string, given: string, values: readonly Value[]): Value {
  const found = values.find((value) => value === given);
  if (found === undefined) throw new Error(`${option} is ${JSON.stringify(given)}; expected ${values.join(", ")}`);
  return found;
}

await main();
