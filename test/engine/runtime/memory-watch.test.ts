import { expect, test } from "bun:test";
import { MemoryWatch } from "../../../src/engine/runtime/child/memory-watch.ts";
import type { Host } from "../../../src/engine/runtime/child/worker-host.ts";

const host = (thread: number | undefined): Host => ({ thread }) as Host;

// switch: mutant memory-choice
test("of several that are over their limits the one whose thread is given the pages is ended; all, when nobody's moves", () => {
  const faults = new Map([[1, 100], [2, 100]]);
  const watch = new MemoryWatch(() => 0, (thread) => faults.get(thread) ?? 0);
  const [waits, fills, unknown] = [host(1), host(2), host(undefined)];
  expect(watch.culprits([waits])).toEqual([waits]);
  // Two looks are needed to see who moves.
  expect(watch.culprits([waits, fills, unknown])).toEqual([]);
  faults.set(2, 1_100).set(1, 110);
  expect(watch.culprits([waits, fills, unknown])).toEqual([fills]);
  expect(watch.culprits([waits, fills])).toEqual([]);
  expect(watch.culprits([waits, fills])).toEqual([waits, fills]);
});
