import { expect, test } from "bun:test";
import type { Pending } from "../../../src/engine/pipeline/evaluation.ts";
import { PendingResults } from "../../../src/engine/pipeline/pending-results.ts";
import { Watermark } from "../../../src/engine/pipeline/watermark.ts";

/** One answer of a Worker that wrote these keys: `[key, value]`, or `[key]` for one that it deleted. */
function wrote(version: string, ...state: readonly (readonly [string, unknown?])[]): Pending {
  return { version: { id: version }, answer: { from: "worker", wire: [0, 0, 0, 0, { state }] } } as unknown as Pending;
}

// switch: mutant state-loaded-before-its-commit
test("a Worker that begins while results are not committed yet begins with what they wrote, in their order", () => {
  const refuse = (): never => {
    throw new Error("nothing is committed here");
  };
  const results = new PendingResults({ recorder: { record: refuse } as never, watermark: new Watermark(0), commit: () => undefined, saveCursor: refuse, told: refuse });
  results.add(wrote("ver_a", ["n", 1], ["gone", true]));
  results.add(wrote("ver_b", ["n", 7]));
  results.add(wrote("ver_a", ["n", 2], ["gone"]));
  expect(results.stateOver("ver_a", { kept: "x", n: 0 })).toEqual({ kept: "x", n: 2 });
  expect(results.stateOver("ver_b", {})).toEqual({ n: 7 });
  expect(results.stateOver("ver_c", { n: 0 })).toEqual({ n: 0 });
});
