import { expect, test } from "bun:test";
import { crashLoop } from "../faults/crash-loop.ts";
import { BINARY } from "../faults/program.ts";
import { tempHome } from "../helpers/temp-home.ts";

/** Seconds on an idle machine; `bun run soak --kills 5000` does thousands. */
const KILLS = 100;

// switch: mutant cursor-ahead-of-results-in-a-crash
test.skipIf(process.platform !== "linux")("100 kills of daemon, producer and evaluator: nothing acknowledged is lost, nothing is done twice, nothing is left behind", async () => {
  using home = tempHome();
  const report = await crashLoop(BINARY, home.path, KILLS);
  const { kills, acks, duplicates, pairs, dispatches, restarts, drainMs, ms } = report;
  console.log(`kills ${JSON.stringify(kills)}, restarts ${restarts}, acknowledged ${acks}, handed over twice ${duplicates}, pairs ${pairs}, dispatches ${dispatches}, last start ${drainMs} ms, all ${ms} ms`);
  expect(report.violations).toEqual([]);
  expect(acks).toBeGreaterThan(KILLS * 5);
  expect(Object.values(kills).reduce((sum, n) => sum + n, 0)).toBe(KILLS);
}, 180_000);
