import { expect, test } from "bun:test";
import fc from "fast-check";
import { NexusError } from "../../../src/engine/core/errors.ts";
import { normaliseEvent } from "../../../src/engine/ingest/normalise.ts";

const OPTIONS = { now: 1_769_563_800_000, maxBytes: 1_048_576 };
const EVENT = { specversion: "1.0", id: "A234-1234", source: "https://github.com/cloudevents", type: "com.github.pull_request.opened" };

test("the example of the specification becomes an event", () => {
  const event = normaliseEvent({ ...EVENT, subject: "123", time: "2018-04-05T17:31:00Z", comexampleextension1: "value", comexampleothervalue: 5, datacontenttype: "application/json", data: { action: "opened" } }, OPTIONS);
  expect(event).toMatchObject({
    id: "cloudevents:https://github.com/cloudevents/A234-1234",
    type: "com.github.pull_request.opened",
    channel: "cloudevents",
    timestamp: Date.parse("2018-04-05T17:31:00Z"),
    thread_id: "123",
    metadata: {
      source: "https://github.com/cloudevents",
      subject: "123",
      data: { action: "opened" },
      datacontenttype: "application/json",
      extensions: { comexampleextension1: "value", comexampleothervalue: 5 },
    },
  });
});

test("text data is the content, binary data stays base64", () => {
  expect(normaliseEvent({ ...EVENT, datacontenttype: "text/plain", data: "hello" }, OPTIONS)).toMatchObject({ content: "hello", content_types: ["text"] });
  expect(normaliseEvent({ ...EVENT, data_base64: "aGk=" }, OPTIONS).metadata["data_base64"]).toBe("aGk=");
});

test("the adapter of the caller names the source", () => {
  expect(normaliseEvent(EVENT, { ...OPTIONS, adapter: "knative" })).toMatchObject({ source_adapter: "knative", channel: "knative" });
});

test("two pairs of source and id are never the same event, one pair always is", () => {
  const part = fc.string({ minLength: 1, maxLength: 12, unit: fc.constantFrom("a", "/", "%", "#", "2", "F", ":") });
  fc.assert(
    fc.property(part, part, part, part, (source, id, otherSource, otherId) => {
      const one = normaliseEvent({ ...EVENT, source, id }, OPTIONS).id;
      const other = normaliseEvent({ ...EVENT, source: otherSource, id: otherId }, OPTIONS).id;
      expect(one === other).toBe(source === otherSource && id === otherId);
    }),
  );
});

test("a long source and a long subject are no hindrance", () => {
  const long = { ...EVENT, source: `https://example.org/${"a".repeat(2_000)}`, subject: "s".repeat(600) };
  const event = normaliseEvent(long, OPTIONS);
  expect(event.source_id).toMatch(/^sha256:[0-9a-f]{64}$/);
  expect(event.metadata["subject"]).toHaveLength(600);
  expect(normaliseEvent(long, OPTIONS).id).toBe(event.id);
});

test("an attribute that is null counts as not there", () => {
  expect(normaliseEvent({ ...EVENT, subject: null, time: null }, OPTIONS).timestamp).toBe(OPTIONS.now);
});

test.each([
  [{ ...EVENT, specversion: "0.3" }, '`specversion` is "0.3"; expected "1.0"'],
  [{ ...EVENT, id: undefined }, "`id` is missing; expected string"],
  [{ ...EVENT, source: "" }, '`source` is ""; expected string to have >=1 characters'],
  [{ ...EVENT, time: "yesterday" }, '`time` is "yesterday"; expected RFC 3339 such as 2026-01-28T01:30:00Z'],
  [{ ...EVENT, data: 1, data_base64: "aGk=" }, "the CloudEvent has both `data` and `data_base64`; expected at most one of them"],
  [{ ...EVENT, data_base64: "%%" }, '`data_base64` is "%%"; expected base64'],
  [{ ...EVENT, traceParent: "x" }, "`traceParent` is no attribute of CloudEvents 1.0; their names have only lower-case letters and digits"],
])("%j is refused", (input, message) => {
  expect(() => normaliseEvent(input, OPTIONS)).toThrow(new NexusError("EVENT_INVALID", message));
});
