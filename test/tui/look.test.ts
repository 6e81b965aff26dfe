import { expect, test } from "bun:test";
import fc from "fast-check";
import { difference } from "../../src/tui/look/difference.ts";
import { fitLine, pad, widthOf, wrap } from "../../src/tui/look/fit.ts";
import { highlight } from "../../src/tui/look/highlight.ts";
import { textOf } from "../../src/tui/look/line.ts";
import { createLook, lookFromEnvironment, paintLine } from "../../src/tui/look/look.ts";
import { sparkline } from "../../src/tui/look/pictures.ts";
import { asciiText, safeText } from "../../src/tui/look/safe-text.ts";

const UTF8 = createLook();
const ASCII = createLook({ ascii: true });

test("a difference leads from one text to the other, and is as short as can be where nothing changed", () => {
  const lines = fc.array(fc.constantFrom("a", "b", "c"), { maxLength: 30 });
  fc.assert(
    fc.property(lines, lines, (before, after) => {
      const changes = difference(before, after);
      expect(changes.filter(({ kind }) => kind !== "new").map(({ text }) => text)).toEqual(before);
      expect(changes.filter(({ kind }) => kind !== "gone").map(({ text }) => text)).toEqual(after);
    }),
  );
  expect(difference(["a", "b"], ["a", "b"]).every(({ kind }) => kind === "same")).toBe(true);
});

test("highlighting loses no character, whatever the text is", () => {
  fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => expect(highlight(text).map(textOf).join("\n")).toBe(text)));
});

test("no text from outside drives a terminal or breaks a column", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), fc.integer({ min: 1, max: 40 }), (text, width) => {
      const safe = safeText(text);
      expect(safe).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069\u200e\u200f]/);
      expect(widthOf(pad(safe, width, UTF8))).toBe(width);
      expect(asciiText(safe)).toMatch(/^[ -~]*$/);
      expect(fitLine([{ text: safe }, { text: "end" }], width, ASCII).reduce((sum, part) => sum + widthOf(part.text), 0)).toBeLessThanOrEqual(width);
    }),
  );
});

test("what is indented stays so when it is wrapped", () => {
  expect(wrap('    "a": "one two three four"', 20)).toEqual(['    "a": "one two', '    three four"']);
});

test("without colour there is none, and without UTF-8 only ASCII", () => {
  const look = lookFromEnvironment({ NO_COLOR: "1", LANG: "C" }, {});
  expect(look).toMatchObject({ palette: "mono", ascii: true });
  expect(paintLine([{ text: "x", tone: "good" }], look)).toBe("x");
  expect(lookFromEnvironment({ LANG: "de_DE.UTF-8" }, {})).toMatchObject({ palette: "default", ascii: false });
  expect(sparkline([0, 1, 8], ASCII)).toMatch(/^[ -~]{3}$/);
});
