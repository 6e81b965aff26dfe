import { expect, test } from "bun:test";
import fc from "fast-check";
import type { NdjsonLine } from "../../../src/engine/ingest/ndjson.ts";
import { readNdjson } from "../../../src/engine/ingest/ndjson.ts";

const OPTIONS = { now: 1_769_563_800_000, maxBytes: 200 };

async function* inPieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.slice(at, at + size);
}

async function read(input: string | Uint8Array, size = 7): Promise<NdjsonLine[]> {
  return (await Array.fromAsync(readNdjson(inPieces(typeof input === "string" ? new TextEncoder().encode(input) : input, size), OPTIONS))).flat();
}

function brief(lines: readonly NdjsonLine[]): unknown[] {
  return lines.map((line) => ["event" in line ? line.event.content : line.error.code, line.line]);
}

test("blank lines are passed over and counted, the last line needs no newline", async () => {
  expect(brief(await read('{"content":"a"}\r\n\n  \n{"content":"b"}'))).toEqual([
    ["a", 1],
    ["b", 4],
  ]);
});

test("a bad line is an error with its number, and the others are read", async () => {
  const lines = await read('{"content":"a"}\nnope\n[1]\n{"content":1}\n{"content":"b"}\n');
  expect(brief(lines)).toEqual([
    ["a", 1],
    ["EVENT_NOT_JSON", 2],
    ["EVENT_INVALID", 3],
    ["EVENT_INVALID", 4],
    ["b", 5],
  ]);
});

test("a line that is too long is an error with its size, and the next one is read", async () => {
  const lines = await read(`{"content":"${"x".repeat(5_000)}"}\n{"content":"b"}\n`);
  expect(brief(lines)).toEqual([
    ["EVENT_TOO_LARGE", 1],
    ["b", 2],
  ]);
  const [first] = lines;
  expect(first !== undefined && "error" in first ? first.error.message : "").toBe("the event has 5014 bytes; events.max_bytes is 200");
});

test("a line that is not UTF-8 is an error of that line alone", async () => {
  const bytes = Buffer.concat([Buffer.from('{"content":"a"}\n'), Buffer.from([0xff, 0xfe, 10]), Buffer.from('{"content":"b"}')]);
  expect(brief(await read(bytes))).toEqual([
    ["a", 1],
    ["EVENT_NOT_UTF8", 2],
    ["b", 3],
  ]);
});

test("nothing in, nothing out", async () => {
  expect(await read("")).toEqual([]);
});

test("where the input is cut into pieces makes no difference", async () => {
  const text = fc.array(fc.constantFrom('{"content":"grüße"}', "", "nope", `{"content":"${"y".repeat(300)}"}`), { maxLength: 8 }).map((lines) => lines.join("\n"));
  await fc.assert(
    fc.asyncProperty(text, fc.integer({ min: 1, max: 50 }), async (input, size) => {
      expect(brief(await read(input, size))).toEqual(brief(await read(input, 100_000)));
    }),
    { numRuns: 200 },
  );
});
