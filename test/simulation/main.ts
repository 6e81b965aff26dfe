import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { simulate } from "./simulation.ts";

/**
 * `bun run simulate`: runs seeds one after the other and stops at the first that fails, with the command that replays it.
 *
 *   --seeds N   so many (10 000), beginning with --from (1)
 *   --seed N    this one alone; --trace prints everything that happened in it
 *   --all       goes on after a failure
 *   --json      one line with the figures, for the test
 */
function main(): number {
  const { values } = parseArgs({
    options: { seed: { type: "string" }, seeds: { type: "string", default: "10000" }, from: { type: "string", default: "1" }, trace: { type: "boolean", default: false }, all: { type: "boolean", default: false }, json: { type: "boolean", default: false } },
  });
  const from = Number(values.seed ?? values.from);
  const count = values.seed === undefined ? Number(values.seeds) : 1;
  if (!Number.isSafeInteger(from) || !Number.isSafeInteger(count)) {
    console.error("--seed, --seeds and --from are whole numbers");
    return 2;
  }
  const hooksFolder = mkdtempSync(join(tmpdir(), "nexus-simulate-"));
  const started = performance.now();
  const sum = { seeds: 0, failed: 0, tasks: 0, starts: 0, outcomes: 0, ms: 0 };
  try {
    for (let seed = from; seed < from + count && (sum.failed === 0 || values.all); seed += 1) {
      const { violation, tasks, starts, outcomes, trace } = simulate({ seed, hooksFolder, trace: values.trace });
      for (const line of trace) console.log(line);
      sum.seeds += 1;
      sum.tasks += tasks;
      sum.starts += starts;
      sum.outcomes += outcomes;
      if (violation === undefined) continue;
      sum.failed += 1;
      console.error(`seed ${seed}: ${violation}\n  replay it: bun run simulate --seed ${seed} --trace`);
    }
  } finally {
    rmSync(hooksFolder, { recursive: true, force: true });
  }
  sum.ms = Math.round(performance.now() - started);
  if (values.json) console.log(JSON.stringify(sum));
  else console.log(`${sum.seeds} seeds, ${sum.failed} failed: ${sum.outcomes} outcomes, ${sum.starts} starts of the daemon, ${sum.tasks} tasks in ${(sum.ms / 1_000).toFixed(1)} s (${(sum.ms / sum.seeds).toFixed(1)} ms a seed)`);
  return sum.failed === 0 ? 0 : 1;
}

process.exitCode = main();
