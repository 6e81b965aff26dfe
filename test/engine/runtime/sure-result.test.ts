import { expect, test } from "bun:test";
import fc from "fast-check";
import { parseHookResult } from "../../../src/engine/core/result.ts";
import { normaliseEvent } from "../../../src/engine/ingest/normalise.ts";
import { isSureResult } from "../../../src/engine/runtime/child/sure-result.ts";

const anything = fc.oneof(fc.boolean(), fc.string({ maxLength: 140 }), fc.constant(""), fc.constant("a\0b"), fc.integer(), fc.constant(null), fc.array(fc.string()), fc.dictionary(fc.string(), fc.jsonValue()));
const text = fc.oneof(fc.string(), anything);
const flag = fc.oneof(fc.boolean(), anything);
const record = fc.oneof(fc.dictionary(fc.string(), fc.jsonValue()), anything);
const event = fc.record({ id: text, type: text, channel: text, content: text, thread_id: text, sender_id: text, reply_to: text, metadata: record, direction: text, odd: text }, { requiredKeys: [] });
const result = fc.record(
  { fire: flag, agent: text, context: fc.oneof(fc.record({ prompt: text, extracted: record, data: record, include_thread: flag, odd: text }, { requiredKeys: [] }), anything), enrich: record, emit: fc.oneof(fc.array(event, { maxLength: 12 }), anything), disable_hook: flag, disable: flag, routing: record, odd: text },
  { requiredKeys: [] },
);

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
    { numRuns: 20_000 },
  );
  expect(sure).toBeGreaterThan(100);
});

test("the usual results are sure ones", () => {
  expect(isSureResult({ fire: true, agent: "atlas", context: { prompt: "p", data: { n: 1 }, include_thread: true }, disable_hook: false })).toBe(true);
  expect(isSureResult({ fire: false, emit: [{ id: "x:1", type: "echo", channel: "test", content: "again", metadata: { n: 1 } }] })).toBe(true);
  for (const value of [{}, { fire: "yes" }, { fire: true, agent: "" }, { fire: true, emit: [{ type: "" }] }, { fire: true, context: { prompt: 5 } }, [], null, "yes"]) expect(isSureResult(value)).toBe(false);
});
