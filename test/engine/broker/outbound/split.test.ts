import { expect, test } from "bun:test";
import fc from "fast-check";
import { fencesOf } from "../../../../src/engine/broker/outbound/fences.ts";
import { splitText } from "../../../../src/engine/broker/outbound/split.ts";

const FAMILY = "\u{1F468}\u200D\u{1F469}\u200D\u{1F467}\u200D\u{1F466}";

/** Whether every fence that the text opens is closed in it. By line, and not by the code under test. */
function isBalanced(text: string): boolean {
  let open: string | undefined;
  for (const line of text.split("\n")) {
    const marks = /^[ \t]*(`{3,}(?=[^`]*$)|~{3,})/.exec(line)?.[1];
    if (marks === undefined) continue;
    if (open === undefined) open = marks;
    else if (marks.startsWith(open) && line.trim() === marks) open = undefined;
  }
  return open === undefined;
}

const word = fc.stringMatching(/^[a-z]{1,12}[.,!?]?$/);
const line = fc.array(word, { minLength: 1, maxLength: 20 }).map((words) => words.join(" "));
const code = fc.record({ marks: fc.constantFrom("```", "````", "~~~"), language: fc.constantFrom("", "ts", "python title=x"), lines: fc.array(fc.oneof(line, fc.constantFrom("", "  indented", "``", "a ``` b", "`x`")), { minLength: 0, maxLength: 12 }) });
const block = fc.oneof(line, fc.array(line, { minLength: 1, maxLength: 4 }).map((lines) => lines.join("\n")), code.map(({ marks, language, lines }) => [`${marks}${language}`, ...lines, marks].join("\n")), fc.constantFrom("text with ``` marks in it ```", `${FAMILY} ${FAMILY}`, "   - item\n   - item"));
const markdown = fc.array(block, { maxLength: 12 }).chain((blocks) => fc.constantFrom("\n", "\n\n", "\r\n\r\n").map((between) => blocks.join(between)));

test("what fits is not touched, what is blank has no parts, and without a limit all fits", () => {
  expect(splitText("  one\n\n", 100)).toEqual(["  one\n\n"]);
  expect(splitText(" \n\t ", 100)).toEqual([]);
  expect(splitText("", undefined)).toEqual([]);
  expect(splitText("x".repeat(100_000), undefined)).toEqual(["x".repeat(100_000)]);
  expect(() => splitText("text", 7)).toThrow(RangeError);
});

test("it is cut at the best place that leaves no part nearly empty", () => {
  expect(splitText("One two.\nThree.\n\nFour five six seven.", 30)).toEqual(["One two.\nThree.", "Four five six seven."]);
  expect(splitText("One two three four\nfive. Six seven eight nine", 30)).toEqual(["One two three four", "five. Six seven eight nine"]);
  expect(splitText("One two three. Four five six seven eight", 30)).toEqual(["One two three.", "Four five six seven eight"]);
  expect(splitText("one two three four five six seven eight", 30)).toEqual(["one two three four five six", "seven eight"]);
  // A paragraph that ends at the third character is no reason to send three characters.
  expect(splitText("Hi.\n\nOne two three four five six seven eight", 30)).toEqual(["Hi.\n\nOne two three four five", "six seven eight"]);
  expect(splitText("你好世界。".repeat(3), 12)).toEqual(["你好世界。你好世界。", "你好世界。"]);
});

test("indentation of the line where a part begins stays", () => {
  expect(splitText("a list of things\n    - its first item", 24)).toEqual(["a list of things", "    - its first item"]);
});

test("a grapheme cluster stays whole while it fits, and a surrogate pair always", () => {
  expect(splitText(FAMILY.repeat(4), 24)).toEqual([FAMILY.repeat(2), FAMILY.repeat(2)]);
  const parts = splitText(FAMILY, 8);
  expect(parts.join("")).toBe(FAMILY);
  for (const part of parts) expect(part.isWellFormed()).toBeTrue();
  expect(splitText("e\u0301".repeat(9), 9)).toEqual(["e\u0301".repeat(4), "e\u0301".repeat(4), "e\u0301"]);
});

test("code that is cut is closed, and opened again in its language", () => {
  const text = ["```ts title=main", ...Array.from({ length: 8 }, (_, n) => `const x${n} = ${n};`), "```", "", "That is all."].join("\n");
  expect(splitText(text, 68)).toEqual([
    "```ts title=main\nconst x0 = 0;\nconst x1 = 1;\nconst x2 = 2;\n```",
    "```ts\nconst x3 = 3;\nconst x4 = 4;\nconst x5 = 5;\nconst x6 = 6;\n```",
    "```ts\nconst x7 = 7;\n```\n\nThat is all.",
  ]);
});

test("a cut leaves code with its indentation and its blank lines, and no block of nothing", () => {
  const text = `~~~~py\n${"if a:\n    b()\n\n".repeat(6)}~~~~`;
  const parts = splitText(text, 48);
  expect(parts.length).toBeGreaterThan(2);
  for (const part of parts) {
    expect(part).toStartWith("~~~~py\n");
    expect(part).toEndWith("\n~~~~");
    expect(part).toContain("    b()");
  }
  expect(splitText(`\`\`\`\n${"\n".repeat(200)}code\n\`\`\`\nend`, 40).at(-1)).toEndWith("code\n```\nend");
});

test("every part is within the limit, none is empty, and nothing but white space is lost", () => {
  fc.assert(
    fc.property(fc.oneof(markdown, fc.string({ unit: "grapheme", maxLength: 600 }), fc.array(fc.constantFrom("`", "~", "\n", " ", "a", "```", "😀", "\r\n"), { maxLength: 300 }).map((pieces) => pieces.join(""))), fc.integer({ min: 8, max: 200 }), (text, limit) => {
      const parts = splitText(text, limit);
      for (const part of parts) {
        expect(part.length).toBeLessThanOrEqual(limit);
        expect(part.trim()).not.toBe("");
        if (text.isWellFormed()) expect(part.isWellFormed()).toBeTrue();
      }
      // Fences add marks and languages; all else is there, in order.
      const bare = (all: string): string => all.replaceAll(/^[ \t]*(`{3,}|~{3,}).*$/gm, "").replaceAll(/[\s`~]/g, "");
      if (fencesOf(text).length === 0) expect(parts.join("").replaceAll(/\s/g, "")).toBe(text.replaceAll(/\s/g, ""));
      else if (limit >= 80) expect(bare(parts.join("\n"))).toBe(bare(text));
    }),
    { numRuns: 500 },
  );
});

test("words stay words where each of them fits", () => {
  const words = (text: string): string[] => text.split(/\s+/).filter((word) => word !== "" && !/^(`{3,}|~{3,})/.test(word) && word !== "title=x");
  fc.assert(
    fc.property(markdown, fc.integer({ min: 80, max: 400 }), (text, limit) => {
      const prose = text.replaceAll(FAMILY, "family");
      expect(splitText(prose, limit).flatMap(words)).toEqual(words(prose));
    }),
    { numRuns: 500 },
  );
});

test("in every part each fence that is opened is closed", () => {
  fc.assert(
    fc.property(markdown, fc.integer({ min: 80, max: 400 }), (text, limit) => {
      fc.pre(isBalanced(text));
      for (const part of splitText(text, limit)) expect({ part, balanced: isBalanced(part) }).toEqual({ part, balanced: true });
    }),
    { numRuns: 500 },
  );
});
