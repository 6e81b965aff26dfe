import { expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { Evaluator } from "../../../src/engine/runtime/child/evaluator.ts";
import type { Host } from "../../../src/engine/runtime/child/worker-host.ts";
import type { LoadHeader } from "../../../src/engine/runtime/protocol.ts";
import { tempHome } from "../../helpers/temp-home.ts";

/** An evaluator whose Workers only keep what they are sent. */
function evaluator(): { readonly evaluator: Evaluator; readonly sent: string[]; readonly told: string[] } {
  const sent: string[] = [];
  const told: string[] = [];
  const host = (load: LoadHeader): Host => {
    const owed = new Map<number, number>();
    return {
      load, owed, lastUsed: 0, isLoading: false, isEnding: false, isFreeing: false, thread: undefined,
      get busy() {
        return owed.size > 0;
      },
      send: (message, size) => {
        if (message.t !== "run") return;
        owed.set(message.c, size);
        sent.push(`${load.v} ${message.c} ${message.events}`);
      },
      settle: () => false, watch: () => undefined, isOver: () => false, endOver: () => undefined, rebase: () => undefined, end: () => undefined, giveUp: () => undefined,
    };
  };
  return { evaluator: new Evaluator({ warmWorkers: 8, idleMs: 600_000, graceMs: 250, loadMs: 5_000, memoryMb: 2_048 }, (text) => told.push(text.trim()), host), sent, told };
}

function loadOf(v: string, path: string): LoadHeader {
  const hook = { id: v, name: v, slug: v, version: 1, mode: "persistent", config: {}, created_at: 0, created_by: null };
  return { t: "load", v, path, hash: "", dbPath: "", hook, timeoutMs: 1_000, concurrency: 1, fresh: false, llmCalls: 0, memoryMb: 256, state: {} };
}

const CHUNK = { triggerCount: 0, lastTriggered: null, failed: 0, threshold: 5, haltOnFire: false, epoch: 1 };

// switch: mutant events-of-a-frame-mixed-up
test("a chunk's events come in the chunk's order, also when it has all lines of a frame whose order another chunk set", () => {
  using home = tempHome();
  const path = join(home.path, "x.mjs");
  writeFileSync(path, "");
  const { evaluator: one, sent } = evaluator();
  for (const v of ["a", "b"]) one.receive(loadOf(v, path), []);
  one.receive({ t: "run", lines: 2, clockOffset: 0, chunks: [{ v: "a", c: 1, e: [0], ...CHUNK }, { v: "b", c: 2, e: [1, 0], ...CHUNK }] }, ["2", "1"]);
  expect(sent).toEqual(["a 1 [2]", "b 2 [1,2]"]);
});

test("a version that must be introduced anew is asked for once, and what was returned meanwhile is not run", () => {
  using home = tempHome();
  const path = join(home.path, "x.mjs");
  writeFileSync(path, "");
  const { evaluator: one, sent, told } = evaluator();
  const run = (c: number): void => one.receive({ t: "run", lines: 1, clockOffset: 0, chunks: [{ v: "a", c, e: [0], ...CHUNK }] }, [String(c)]);
  run(1);
  run(2);
  run(3);
  expect(told).toEqual(['{"t":"wanted","v":"a"}']);
  one.receive({ ...loadOf("a", path), from: 2 }, []);
  expect(sent).toEqual(["a 2 [2]", "a 3 [3]"]);
});
