import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { crashLoop } from "../test/faults/crash-loop.ts";
import { BINARY } from "../test/faults/program.ts";
import { steadyLoad } from "../test/faults/steady-load.ts";
import { buildBinary } from "./build-binary.ts";

/**
 * What takes too long for every change. Of the compiled program, in a home of its own:
 *
 *   bun run soak                  ten minutes of steady load; are memory, descriptors, threads, children and log flat?
 *   bun run soak --minutes 60
 *   bun run soak --kills 5000     the crash loop
 *
 * `--out FILE` keeps the samples (NDJSON). Ends with `N passed, N failed`.
 */
async function main(): Promise<number> {
  const { values } = parseArgs({ options: { minutes: { type: "string", default: "10" }, kills: { type: "string" }, out: { type: "string" }, rate: { type: "string", default: "200" } } });
  const root = mkdtempSync(join(tmpdir(), "nexus-soak-"));
  const home = join(root, "home");
  mkdirSync(home);
  try {
    await buildBinary();
    const passed = values.kills === undefined ? await load(home, Number(values.minutes), Number(values.rate), values.out) : await kills(home, Number(values.kills));
    console.log(passed ? "1 passed, 0 failed" : "0 passed, 1 failed");
    return passed ? 0 : 1;
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

async function load(home: string, minutes: number, eventsPerSecond: number, out: string | undefined): Promise<boolean> {
  const { table, passed, path } = await steadyLoad(BINARY, home, { minutes, eventsPerSecond, samples: out ?? join(tmpdir(), "nexus-soak.ndjson") });
  console.log(`${table}\nsamples: ${path}`);
  return passed;
}

async function kills(home: string, count: number): Promise<boolean> {
  const report = await crashLoop(BINARY, home, count, (done) => {
    if (done % 100 === 0) console.log(`${done} of ${count} kills`);
  });
  const { violations, kills, ms, drainMs, ...counts } = report;
  const lost = violations.filter((what) => what.startsWith("I1")).length;
  console.log(`kills       ${count}  ${JSON.stringify(kills)}`);
  for (const [name, n] of Object.entries(counts)) console.log(`${name.padEnd(11)} ${n}`);
  console.log(`lost        ${lost}\nviolations  ${violations.length}\nlast start  ${drainMs} ms\nin all      ${Math.round(ms / 1_000)} s`);
  for (const what of violations) console.log(`  ${what}`);
  return violations.length === 0;
}

process.exitCode = await main();
