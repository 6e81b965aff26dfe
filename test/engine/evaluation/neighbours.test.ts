import { expect, test } from "bun:test";
import { systemClock } from "../../../src/engine/core/clock.ts";
import { createIds } from "../../../src/engine/core/ids.ts";
import { normaliseEvent } from "../../../src/engine/ingest/normalise.ts";
import { HookRegistry } from "../../../src/engine/registry/registry.ts";
import { insertEvents } from "../../../src/engine/store/events.ts";
import { openStore } from "../../../src/engine/store/open.ts";
import { TestEngine } from "../../helpers/test-engine.ts";

// switch: mutant page-beyond-what-was-seen
test("what another process stored behind its change of a hook is matched by the change, however it falls between a commit and what follows from it", async () => {
  let between = (): void => undefined;
  await using t = await TestEngine.start({ config: { events: { queue_pairs: 1_000 } }, recorded: () => between() });
  t.register("quick", "() => ({ fire: false })");
  using beside = { store: openStore(t.home), [Symbol.dispose]: () => beside.store.close() };
  const registry = new HookRegistry({ store: beside.store, clock: systemClock, ids: createIds(), deleteRetentionDays: 30 });
  const store = (...ids: readonly string[]): void => {
    const events = ids.map((id) => normaliseEvent({ id, channel: "test", content: id }, { now: Date.now(), maxBytes: 1_000 }));
    beside.store.write(() => insertEvents(beside.store, events, { maxDepth: 8, maxChain: 256 }));
  };
  between = () => {
    between = () => undefined;
    registry.disable("quick", { creator: { agent: "atlas" } });
    store("test:behind");
  };
  // More than are given out at once: the rest is read from the ledger after a later commit.
  const before = Array.from({ length: 1_005 }, (_, n) => `test:before-${n}`);
  store(...before);
  await t.messages(1);
  await t.drain();
  const seen = new Set(t.invocations("quick").map(({ event_id }) => event_id));
  expect(before.filter((id) => !seen.has(id))).toEqual([]);
  expect(seen.has("test:behind")).toBe(false);
});
