import { expect, test } from "bun:test";
import fc from "fast-check";
import { parseHookResult } from "../../../src/engine/core/result.ts";
import { normaliseEvent } from "../../../src/engine/ingest/normalise.ts";
import { isSureResult } from "../../../src/engine/runtime/child/sure-result.ts";

const anything = fc.oneof(fc.constantFrom<unknown>("", "a\0b", null, 7, [], {}, true, "x".repeat(200)), fc.string({ maxLength: 20 }));
/** Nearly always of the right type: a result is sure only when all of its fields are. */
const mostly = (arbitrary: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> => fc.oneof({ weight: 40, arbitrary }, { weight: 1, arbitrary: anything });
const text = mostly(fc.string({ minLength: 1, maxLength: 12 }));
const flag = mostly(fc.boolean());
const record = mostly(fc.dictionary(fc.string({ maxLength: 6 }), fc.constantFrom<unknown>(1, "x", null, [1], { a: 1 }), { maxKeys: 3 }));
const odd = fc.constant(1);
const word = mostly(fc.string({ unit: fc.constantFrom("a", "B", "7", "-", "."), minLength: 1, maxLength: 12 }));
const id = mostly(fc.constantFrom("hook:a", "x.y:z:1", "a:b/c"));
const event = fc.record({ id, type: word, channel: word, content: text, thread_id: word, sender_id: word, metadata: record }, { requiredKeys: [] });
const context = fc.record({ prompt: text, extracted: record, data: record, include_thread: flag }, { requiredKeys: [] });
const known = fc.record({ fire: flag, agent: text, context: mostly(context), enrich: record, emit: mostly(fc.array(event, { maxLength: 9 })), disable_hook: flag, disable: flag }, { requiredKeys: ["fire"] });
const result = fc.oneof({ weight: 10, arbitrary: known }, { weight: 1, arbitrary: fc.record({ fire: flag, routing: record, odd }, { requiredKeys: [] }) });

// switch: mutant sure-of-too-much
test("what a Worker is sure of, the daemon takes: the result and every event in it", () => {
  let sure = 0;
  fc.assert(
    fc.property(result, (value) => {
      const plain: unknown = JSON.parse(JSON.stringify(value));
      if (!isSureResult(plain)) return;
      sure += 1;
      const parsed = parseHookResult(plain);
      expect(parsed.ok).toBe(true);
      // The smallest limit that may be set.
      for (const input of parsed.ok ? (parsed.result.emit ?? []) : []) normaliseEvent(input, { now: 0, maxBytes: 1_024, adapter: "hook" });
    }),
    { numRuns: 2_000 },
  );
  expect(sure).toBeGreaterThan(100);
}, 30_000);

test("the usual results are sure ones", () => {
  expect(isSureResult({ fire: true, agent: "atlas", context: { prompt: "p", data: { n: 1 }, include_thread: true }, disable_hook: false })).toBe(true);
  expect(isSureResult({ fire: false, emit: [{ id: "x:1", type: "echo", channel: "test", content: "again", metadata: { n: 1 } }] })).toBe(true);
  for (const value of [{}, { fire: "yes" }, { fire: true, agent: "" }, { fire: true, emit: [{ type: "" }] }, { fire: true, context: { prompt: 5 } }, [], null, "yes"]) expect(isSureResult(value)).toBe(false);
});
