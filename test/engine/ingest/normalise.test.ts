import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { NexusError } from "../../../src/engine/core/errors.ts";
import type { ErrorBody } from "../../../src/engine/core/errors.ts";
import { normaliseEvent, parseEventBytes } from "../../../src/engine/ingest/normalise.ts";

const NOW = Date.parse("2026-01-28T01:30:00Z");
const OPTIONS = { now: NOW, maxBytes: 10_000 };

function errorOf(body: () => unknown): ErrorBody {
  try {
    body();
  } catch (error) {
    if (error instanceof NexusError) return error.toJSON();
    throw error;
  }
  throw new Error("nothing was refused");
}

const refused = (input: unknown): ErrorBody => errorOf(() => normaliseEvent(input, OPTIONS));
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

describe("what is missing is filled in", () => {
  test("the smallest event becomes a received message of the command line, now", () => {
    const event = normaliseEvent({ content: "hello" }, OPTIONS);
    expect(event).toMatchObject({ type: "message", channel: "cli", direction: "received", source_adapter: "cli", timestamp: NOW, received_at: NOW, content_types: ["text"], metadata: {}, depth: 0 });
    expect(event.id).toBe(`cli:${event.source_id}`);
    expect(Object.keys(event)).not.toContain("thread_id");
  });

  test("two events that nothing names are two events", () => {
    const one = normaliseEvent({ content: "hello" }, OPTIONS);
    expect(normaliseEvent({ content: "hello" }, OPTIONS).id).not.toBe(one.id);
  });

  test("the id names the adapter and the source id, also when that has colons", () => {
    expect(normaliseEvent({ id: "imessage:guid:42" }, OPTIONS)).toMatchObject({ source_adapter: "imessage", source_id: "guid:42", channel: "imessage" });
  });

  test("the adapter and the source id make the id", () => {
    expect(normaliseEvent({ source_adapter: "gmail", source_id: "7", channel: "email" }, OPTIONS)).toMatchObject({ id: "gmail:7", channel: "email" });
  });

  test("the channel names the adapter of an event that has neither", () => {
    expect(normaliseEvent({ channel: "email" }, { ...OPTIONS, adapter: "hook" }).source_adapter).toBe("email");
    expect(normaliseEvent({}, { ...OPTIONS, adapter: "hook" }).source_adapter).toBe("hook");
  });

  test("an ISO 8601 time with its zone becomes milliseconds", () => {
    expect(normaliseEvent({ timestamp: "2026-01-28T02:30:00.5+01:00" }, OPTIONS).timestamp).toBe(NOW + 500);
  });
});

describe("what is wrong is refused with its place", () => {
  test.each([
    [{ channel: 42 }, "`channel` is 42; expected string, received number"],
    [{ content: ["a"] }, "`content` is an array; expected string, received array"],
    [{ metadata: "a" }, '`metadata` is "a"; expected record, received string'],
    [{ direction: "in" }, '`direction` is "in"; expected one of "received"|"sent"'],
    [{ timestamp: "yesterday" }, '`timestamp` is "yesterday"; expected Unix milliseconds, or ISO 8601 with a zone such as 2026-01-28T01:30:00Z'],
    [{ timestamp: 1.5 }, "`timestamp` is 1.5; expected Unix milliseconds, or ISO 8601 with a zone such as 2026-01-28T01:30:00Z"],
    [{ timestamp: 9_007_199_254_740_991 }, "`timestamp` is 9007199254740991; expected Unix milliseconds of at most 8640000000000000"],
    [{ id: "42" }, '`id` is "42"; expected the form {adapter}:{source_id}'],
    [{ id: ":42" }, '`id` is ":42"; expected the form {adapter}:{source_id}'],
    [{ id: "a:1", source_adapter: "b" }, '`id` is "a:1", which contradicts source_adapter "b" and source_id "1"; expected {source_adapter}:{source_id}'],
    [{ id: "a:1", source_id: "2" }, '`id` is "a:1", which contradicts source_adapter "a" and source_id "2"; expected {source_adapter}:{source_id}'],
    [{ source_adapter: "a:b" }, '`source_adapter` is "a:b"; expected a name without a colon'],
    [{ thread_id: "a\u0000b" }, '`thread_id` is "a\\u0000b"; must not contain NUL characters'],
    [{ content: "a\u0000b" }, "`content` has a NUL character; expected text"],
    [{ id: "a:\ud800" }, '`id` is "a:\\ud800"; expected well-formed Unicode'],
    [null, "an event is a JSON object; got null"],
    ["text", 'an event is a JSON object; got "text"'],
    [[{ content: "a" }], "an event is a JSON object; got an array"],
  ])("%j", (input, message) => {
    expect(refused(input)).toMatchObject({ code: "EVENT_INVALID", message });
  });

  test("an unknown field, with the nearest one", () => {
    expect(refused({ chanel: "email" })).toMatchObject({ code: "EVENT_INVALID", message: "unknown field `chanel`", did_you_mean: ["channel"] });
  });

  test("every problem is told, not only the first", () => {
    expect(refused({ channel: 1, type: 2 }).findings).toEqual([{ code: "EVENT_INVALID", message: "`channel` is 1; expected string, received number" }]);
  });

  test("a key __proto__ is refused instead of lost", () => {
    expect(refused(JSON.parse('{"metadata":{"a":{"__proto__":{"b":1}}}}')).message).toContain("__proto__");
  });

  test("64 levels are taken, 65 are refused, and so are 100 000", () => {
    const nested = (levels: number): Uint8Array => bytes(`{"metadata":${'{"a":'.repeat(levels - 2)}{}${"}".repeat(levels - 2)}}`);
    expect(parseEventBytes(nested(64), OPTIONS).type).toBe("message");
    expect(errorOf(() => parseEventBytes(nested(65), OPTIONS))).toMatchObject({ code: "EVENT_INVALID", message: "the event is nested deeper than 64 levels" });
    expect(errorOf(() => parseEventBytes(nested(100_000), { now: NOW, maxBytes: 2_000_000 })).code).toBe("EVENT_INVALID");
  });

  test("a value that is no JSON data", () => {
    expect(refused({ metadata: { a: 1n } }).code).toBe("EVENT_INVALID");
    const cyclic: Record<string, unknown> = {};
    cyclic["self"] = cyclic;
    expect(refused({ metadata: cyclic }).message).toContain("nested deeper");
  });
});

describe("bytes", () => {
  test("of JSON become an event", () => {
    expect(parseEventBytes(bytes('\ufeff{"content":"grüße"}'), OPTIONS).content).toBe("grüße");
  });

  test("that are not JSON are refused with the position", () => {
    expect(errorOf(() => parseEventBytes(bytes('{"content": }'), OPTIONS))).toMatchObject({ code: "EVENT_NOT_JSON", message: 'the event is not JSON: unexpected "}" at column 13' });
    expect(errorOf(() => parseEventBytes(bytes('{\n"content" 1}'), OPTIONS)).message).toBe('the event is not JSON: unexpected "1" at line 2, column 11');
    expect(errorOf(() => parseEventBytes(bytes(""), OPTIONS)).code).toBe("EVENT_NOT_JSON");
  });

  test("that are not UTF-8 are refused, not replaced", () => {
    expect(errorOf(() => parseEventBytes(new Uint8Array([0x7b, 0x22, 0xff, 0x22, 0x7d]), OPTIONS)).code).toBe("EVENT_NOT_UTF8");
  });

  test("over the limit are refused before they are looked at", () => {
    expect(errorOf(() => parseEventBytes(new Uint8Array(10_001), OPTIONS))).toMatchObject({ code: "EVENT_TOO_LARGE", message: "the event has 10001 bytes; events.max_bytes is 10000" });
  });

  test("of any kind are an event or an EVENT error, nothing else", () => {
    const json = fc.json({ maxDepth: 4 }).map(bytes);
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 60 }), json), (input) => {
        try {
          expect(parseEventBytes(input, OPTIONS).id).toMatch(/^[^:]+:.+$/s);
        } catch (error) {
          if (!(error instanceof NexusError)) throw error;
          expect(error.code).toStartWith("EVENT_");
        }
      }),
      { numRuns: 1_000 },
    );
  });
});

test("an event larger than the limit as JSON is refused, in bytes and not in characters", () => {
  expect(refused({ content: "ü".repeat(6_000) })).toMatchObject({ code: "EVENT_TOO_LARGE" });
  expect(normaliseEvent({ content: "u".repeat(6_000) }, OPTIONS).content).toHaveLength(6_000);
});

test("half a surrogate pair becomes U+FFFD in text, and stays an escape in metadata", () => {
  const event = normaliseEvent({ content: "a\ud83d", sender_id: "b\udc00", metadata: { c: "\ud83d\u0000" } }, OPTIONS);
  expect(event).toMatchObject({ content: "a\ufffd", sender_id: "b\ufffd" });
  expect(event.metadata["c"]).toBe("\ud83d\u0000");
});

test("normalising what normalising made changes nothing", () => {
  const { depth: _depth, received_at: _received, ...event } = normaliseEvent({ id: "a:b:c", content: "x", thread_id: "t", metadata: { n: [1, { m: null }] } }, OPTIONS);
  expect(normaliseEvent(event, OPTIONS)).toMatchObject({ ...event });
});
