import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { simulate } from "./simulation.ts";

const { values } = parseArgs({ options: { seed: { type: "string" }, seeds: { type: "string", default: "1000" }, from: { type: "string", default: "1" }, trace: { type: "boolean", default: false } } });
const hooksFolder = mkdtempSync(join(tmpdir(), "nexus-simulate-"));
const started = performance.now();
const first = Number(values.seed ?? values.from);
const count = values.seed === undefined ? Number(values.seeds) : 1;
let failed = 0, steps = 0, starts = 0, rows = 0;
const kinds = new Map<string, number[]>();
for (let seed = first; seed < first + count; seed += 1) {
  const outcome = simulate({ seed, hooksFolder, trace: values.trace });
  steps += outcome.steps; starts += outcome.starts; rows += outcome.rows;
  if (values.trace) console.log(outcome.trace.join("\n"));
  if (outcome.violation !== undefined) { failed += 1; const k = outcome.violation.replace(/\d+|hook_\d+/g, "#").slice(0, 160); kinds.set(k, [...(kinds.get(k) ?? []), seed]); }
}
for (const [k, seeds] of kinds) console.log(seeds.length, seeds.slice(0, 5).join(","), k);
console.log({ count, failed, steps, starts, rows, ms: (performance.now() - started) / count });
rmSync(hooksFolder, { recursive: true, force: true });
