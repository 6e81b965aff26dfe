import { expect, test } from "bun:test";
import fc from "fast-check";
import { EventStreamParser, formatEvent, type ServerSentEvent } from "../../../src/engine/api/event-stream.ts";

const word = fc.stringMatching(/^[a-z]{1,8}$/);
const event: fc.Arbitrary<ServerSentEvent> = fc.record({ event: word, data: fc.string({ unit: "grapheme" }).map((text) => text.replaceAll("\r", "")), id: fc.nat().map(String) });

function parse(pieces: readonly Uint8Array[]): ServerSentEvent[] {
  const parser = new EventStreamParser();
  return pieces.flatMap((piece) => [...parser.push(piece)].filter((one) => one !== undefined));
}

test("what was formatted is parsed, wherever the line cuts it", () => {
  fc.assert(
    fc.property(fc.array(event, { maxLength: 5 }), fc.infiniteStream(fc.integer({ min: 1, max: 7 })), fc.boolean(), (events, sizes, crlf) => {
      const text = events.map(formatEvent).join(": a comment\n\n");
      const bytes = new TextEncoder().encode(crlf ? text.replaceAll("\n", "\r\n") : text);
      const pieces: Uint8Array[] = [];
      for (let at = 0; at < bytes.length; ) {
        const size = sizes.next().value as number;
        pieces.push(bytes.slice(at, at + size));
        at += size;
      }
      expect(parse(pieces)).toEqual(events);
    }),
  );
});

test("a comment is a sign of life, an event without data is none, an unknown field is passed over", () => {
  const parser = new EventStreamParser();
  expect([...parser.push(new TextEncoder().encode(": alive\n\nevent: x\n\nretry: 5\ndata\ndata: b\n\n"))]).toEqual([undefined, { event: "message", data: "\nb" }]);
});

test("an event without an end is an error, whether it is one line or many; many events are not", () => {
  const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
  for (const endless of ["x".repeat(65_536), `data: ${"x".repeat(65_536)}\n`]) {
    const parser = new EventStreamParser();
    expect(() => {
      for (let n = 0; n < 100; n += 1) Array.from(parser.push(bytes(endless)));
    }).toThrow("longer than 4194304 characters");
  }
  const parser = new EventStreamParser();
  let parsed = 0;
  for (let n = 0; n < 100; n += 1) parsed += [...parser.push(bytes(`data: ${"x".repeat(65_536)}\n\n`))].length;
  expect(parsed).toBe(100);
});
