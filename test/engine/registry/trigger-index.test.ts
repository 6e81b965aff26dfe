import { expect, test } from "bun:test";
import fc from "fast-check";
import type { Principal } from "../../../src/engine/core/event.ts";
import type { Hook, Triggers } from "../../../src/engine/core/hook.ts";
import { TriggerIndex } from "../../../src/engine/registry/trigger-index.ts";
import { mismatch } from "../../../src/engine/registry/trigger-match.ts";
import { storedMessage } from "../../helpers/rows.ts";
import { hookWith } from "./trigger-hooks.ts";

const UNKNOWN: Principal = { type: "unknown" };

const word = fc.constantFrom("a", "b", "c");
const words = fc.uniqueArray(word, { minLength: 1, maxLength: 2 });
const oneOrMany = fc.oneof(word, words);
const some = { requiredKeys: [] as [] };
const value = fc.oneof(word, fc.constantFrom(1, true, null), fc.constant({ x: 1 }));
const metadataConditions = fc.dictionary(fc.constantFrom("a", "b", "a.b", "a.b.c"), fc.oneof(value, fc.array(value, { minLength: 1, maxLength: 2 })), { maxKeys: 2 });
const triggers = fc.record(
  {
    principal: fc.record({ type: fc.constantFrom("owner", "unknown"), name: oneOrMany, source: oneOrMany }, some),
    event: fc.record({ channels: words, types: words, directions: fc.constantFrom(["sent"], ["received"], ["sent", "received"]), adapters: words, thread_id: oneOrMany, sender_id: oneOrMany, metadata: metadataConditions }, some),
    ref: fc.record({ names: fc.uniqueArray(fc.constantFrom("a/*", "b/**", "*", "a", "{a,b}/x", "a/b"), { minLength: 1, maxLength: 2 }) }),
  },
  some,
);
const conditions = fc.record({ triggers, schedule: fc.constant({ every: "1h" }) }, some);
const eventParts = fc.record(
  {
    type: fc.oneof(word, fc.constant("ref_updated")),
    channel: word,
    source_adapter: word,
    direction: fc.constantFrom("sent", "received"),
    thread_id: word,
    sender_id: word,
    addressed_to: fc.constantFrom("hook_0", "hook_1", "hook_gone"),
    metadata: fc.oneof(
      fc.record({ ref_name: fc.constantFrom("a", "a/b", "b/x/y", "b/x") }),
      fc.dictionary(fc.constantFrom("a", "b", "a.b"), fc.oneof(value, fc.dictionary(fc.constantFrom("b", "b.c"), fc.oneof(value, fc.record({ c: value })), { maxKeys: 2 })), { maxKeys: 3 }),
    ),
  },
  some,
);
const principal = fc.record({ type: fc.constantFrom("owner", "unknown"), name: word, source: word }, { requiredKeys: ["type"] });

test("it finds exactly the hooks that match, in the order in which they were added, also after changes", () => {
  fc.assert(
    fc.property(fc.array(conditions, { maxLength: 12 }), fc.array(fc.tuple(fc.nat(11), fc.option(conditions, { nil: undefined })), { maxLength: 6 }), fc.array(fc.tuple(eventParts, principal), { minLength: 1, maxLength: 6 }), (first, changes, events) => {
      const index = new TriggerIndex();
      const hooks = new Map<string, Hook>();
      const add = (n: number, given: (typeof first)[number]): void => {
        const hook = hookWith(String(n), given);
        hooks.set(hook.id, hook);
        index.add(hook);
      };
      for (const [n, given] of first.entries()) add(n, given);
      for (const [n, given] of changes) {
        if (given !== undefined) add(n, given);
        else if (hooks.delete(`hook_${n}`)) index.remove(`hook_${n}`);
      }
      expect(index.size).toBe(hooks.size);
      for (const [parts, who] of events) {
        const event = storedMessage(1, parts);
        const expected = [...hooks.values()].filter((hook) => mismatch(hook, event, who) === undefined);
        expect(index.candidates(event, who).map(({ id }) => id)).toEqual(expected.map(({ id }) => id));
      }
    }),
    { numRuns: 1_500 },
  );
});

/** A hook that counts how often its conditions are looked at. */
function counted(hook: Hook, looks: { count: number }): Hook {
  const { version } = hook;
  return {
    ...hook,
    get version() {
      looks.count += 1;
      return version;
    },
  };
}

const EVENT = storedMessage(1, { thread_id: "t0", sender_id: "s0", metadata: { action: "opened", repository: { name: "r0" }, ref_name: "p0/x" } });

test.each<[string, (n: number) => Triggers]>([
  ["their channel", (n) => ({ event: { channels: [`c${n}`] } })],
  ["their direction", () => ({ event: { directions: ["sent"] } })],
  ["their principal's name, under one type", (n) => ({ principal: { name: `n${n}` }, event: { types: ["message"] } })],
  ["their sender, in one thread", (n) => ({ event: { thread_id: "t0", sender_id: `s${n + 1}` } })],
  ["one value of metadata, beside one that is common", (n) => ({ event: { metadata: { action: "opened", "repository.name": `r${n + 1}` } } })],
  ["the path into metadata itself", (n) => ({ event: { metadata: { [`k${n}.x`]: 1 } } })],
  ["the first segment of a ref's name", (n) => ({ ref: { names: [`p${n + 1}/**`] } })],
  ["any of many values", (n) => ({ event: { sender_id: [`x${n}`, `y${n}`, `z${n}`] } })],
])("hooks that differ in %s cost an event nothing", (_, shape) => {
  const looks = { count: 0 };
  const index = new TriggerIndex();
  for (let n = 0; n < 2_000; n += 1) index.add(counted(hookWith(String(n), { triggers: shape(n) }), looks));
  const wanted = hookWith("wanted", { triggers: { event: { thread_id: "t0" } } });
  index.add(wanted);
  looks.count = 0;
  for (const event of [EVENT, { ...EVENT, type: "ref_updated" }]) expect(index.candidates(event, UNKNOWN)).toEqual([wanted]);
  // Each stands where the fewest stand, so a handful may share a common value.
  expect(looks.count).toBeLessThan(10);
});

test("hooks with a schedule alone cost an event nothing, and an addressed event finds its own", () => {
  const looks = { count: 0 };
  const index = new TriggerIndex();
  for (let n = 0; n < 100; n += 1) index.add(counted(hookWith(String(n), { schedule: { every: "1h" } }), looks));
  looks.count = 0;
  expect(index.candidates(EVENT, UNKNOWN)).toEqual([]);
  expect(index.candidates({ ...EVENT, addressed_to: "hook_7" }, UNKNOWN).map(({ id }) => id)).toEqual(["hook_7"]);
  expect(looks.count).toBe(0);
});
