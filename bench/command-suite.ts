import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openStore } from "../src/engine/store/open.ts";
import { buildEmpty, peakMemoryOf, wallOf, works } from "./binary.ts";
import type { Row } from "./report.ts";
import { type Figures, inRounds, medianOf, ratioOf } from "./rounds.ts";
import { median } from "./statistics.ts";
import { registerTrivialHooks } from "./trivial-hooks.ts";

const HOOKS = 100;
const SPAWNS = 20;
const PEAK_SPAWNS = 10;
/** The limits of the goal, at a machine whose empty compiled program takes 3.3 ms. */
const MAX_RATIO = 4.5;
const MAX_MB = 45;

/** `hooks list` of the compiled binary against an empty compiled program. */
export async function commandRows(binary: string | undefined, rounds: number): Promise<Row[]> {
  const measure = "compiled `hooks list`, 100 hooks";
  const folder = mkdtempSync(join(tmpdir(), "nexus-bench-"));
  try {
    const store = openStore(folder);
    registerTrivialHooks(store, { matching: HOOKS });
    store.close();
    const empty = [await buildEmpty(folder)];
    const list = binary === undefined ? undefined : [binary, "hooks", "list"];
    if (list === undefined || !works(list, folder)) return [{ measure, unit: "ms", floor: timesOf(empty, folder)["ms"] ?? Number.NaN, note: "`dist/nexus hooks list` cannot be run" }];
    const found = await inRounds(rounds, { floor: () => timesOf(empty, folder), nexus: () => timesOf(list, folder) });
    const ratio = ratioOf(found.nexus, found.floor, "ms");
    const memory = await inRounds(rounds, { floor: () => peakOf(empty, folder), nexus: () => peakOf(list, folder) });
    const mb = medianOf(memory.nexus, "mb");
    return [
      { measure, unit: "ms", floor: medianOf(found.floor, "ms"), nexus: medianOf(found.nexus, "ms"), ratio, limit: `≤ ${MAX_RATIO}x (15 ms at 3.3)`, ok: ratio <= MAX_RATIO, note: "`floor` is an empty compiled program" },
      { measure: `${measure}, peak memory`, unit: "MB", floor: medianOf(memory.floor, "mb"), nexus: mb, limit: `≤ ${MAX_MB} MB`, ok: mb <= MAX_MB, note: "`floor` is an empty compiled program" },
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function timesOf(argv: readonly string[], home: string): Figures {
  return { ms: median(Array.from({ length: SPAWNS }, () => wallOf(argv, home))) };
}

async function peakOf(argv: readonly string[], home: string): Promise<Figures> {
  let mb = 0;
  // A sampler that was kept from its turn saw too little; none ever sees too much.
  for (let spawn = 0; spawn < PEAK_SPAWNS; spawn += 1) mb = Math.max(mb, await peakMemoryOf(argv, home));
  return { mb };
}
