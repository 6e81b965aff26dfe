import { expect, test } from "bun:test";
import fc from "fast-check";
import { KeptOutput } from "../../../../src/engine/broker/runners/kept-output.ts";
import { LineSplitter } from "../../../../src/engine/broker/runners/line-splitter.ts";
import { heldMiB } from "../../../helpers/held-memory.ts";

const SEED = 20_261_125;

/** A text as bytes, cut into pieces at these places. */
function pieces(text: string, cuts: readonly number[]): Uint8Array[] {
  const bytes = Buffer.from(text);
  const places = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  return places.slice(1).map((end, index) => bytes.subarray(places[index], end));
}

const text = fc.string({ unit: fc.constantFrom("a", "é", "漢", "🦊", "\n"), maxLength: 60 });
const cuts = fc.array(fc.nat({ max: 300 }), { maxLength: 8 });

test("head and tail of any output are what it began and ended with, in whole characters", () => {
  fc.assert(
    fc.property(text, cuts, fc.integer({ min: 8, max: 64 }), (output, places, limit) => {
      const kept = new KeptOutput(limit);
      for (const piece of pieces(output, places)) kept.add(piece);
      const size = Buffer.byteLength(output);
      expect([kept.total, kept.leftOut]).toEqual([size, Math.max(0, size - limit)]);
      const shown = kept.text();
      if (size <= limit) expect(shown).toBe(output);
      else {
        const [head = "", tail = ""] = shown.split(/\n\[\d+ bytes left out\]\n/);
        expect(output.startsWith(head) && output.endsWith(tail)).toBe(true);
        // At most the three bytes of a character's rest are missing.
        expect(Buffer.byteLength(head)).toBeWithin(Math.ceil(limit / 2) - 3, Math.ceil(limit / 2) + 1);
        expect(Buffer.byteLength(tail)).toBeWithin(Math.floor(limit / 2) - 3, Math.floor(limit / 2) + 1);
      }
    }),
    { numRuns: 2_000, seed: SEED },
  );
});

test("an output in many tiny pieces is kept as well", () => {
  const kept = new KeptOutput(100);
  for (let index = 0; index < 10_000; index += 1) kept.add(Buffer.from(String(index % 10)));
  expect(kept.text()).toBe(`${"0123456789".repeat(5)}\n[9900 bytes left out]\n${"0123456789".repeat(5)}`);
});

test("lines are the same however they come in pieces, and what is dropped of one is counted", () => {
  fc.assert(
    fc.property(text, cuts, fc.integer({ min: 1, max: 20 }), (output, places, limit) => {
      const lines: { readonly line: string; readonly dropped: number }[] = [];
      const splitter = new LineSplitter(limit, (line, dropped) => lines.push({ line, dropped }));
      for (const piece of pieces(output, places)) splitter.feed(piece);
      splitter.end();
      const expected = output.split("\n");
      if (expected.at(-1) === "") expected.pop();
      expect(lines).toEqual(expected.map((line) => ({ line: Buffer.from(line).subarray(0, limit).toString("utf8"), dropped: Math.max(0, Buffer.byteLength(line) - limit) })));
    }),
    { numRuns: 2_000, seed: SEED },
  );
});

test("of a long line only so much is held as is kept", () => {
  const dropped: number[] = [];
  const splitter = new LineSplitter(65_536, (_, bytes) => dropped.push(bytes));
  const before = heldMiB();
  for (let index = 0; index < 200; index += 1) splitter.feed(new Uint8Array(1 << 20).fill(97));
  // While the line has no end: what is garbage by then is not what it holds.
  expect(heldMiB() - before).toBeLessThan(8);
  splitter.end();
  expect(dropped).toEqual([200 * (1 << 20) - 65_536]);
});
