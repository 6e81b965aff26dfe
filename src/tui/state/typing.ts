import type { Typing } from "./view.ts";

export const NOTHING_TYPED: Typing = { text: "", at: 0 };
/** More than a terminal's line; what is pasted beyond it is cut. */
const LONGEST = 2_000;

export type Edit = "left" | "right" | "start" | "end" | "erase" | "delete" | "erase-word" | "erase-line" | { readonly insert: string };

const graphemes = new Intl.Segmenter(undefined, { granularity: "grapheme" });

/** Pure: a line after one key, as readline has it. */
export function edit({ text, at }: Typing, how: Edit): Typing {
  const chars = [...graphemes.segment(text)].map(({ segment }) => segment);
  const before = chars.slice(0, at);
  const behind = chars.slice(at);
  if (typeof how === "object") {
    const added = [...graphemes.segment(how.insert.replaceAll(/[\u0000-\u001f\u007f-\u009f]/g, " "))].map(({ segment }) => segment).slice(0, Math.max(0, LONGEST - chars.length));
    return { text: [...before, ...added, ...behind].join(""), at: at + added.length };
  }
  switch (how) {
    case "left":
      return { text, at: Math.max(0, at - 1) };
    case "right":
      return { text, at: Math.min(chars.length, at + 1) };
    case "start":
      return { text, at: 0 };
    case "end":
      return { text, at: chars.length };
    case "erase":
      return at === 0 ? { text, at } : { text: [...before.slice(0, -1), ...behind].join(""), at: at - 1 };
    case "delete":
      return { text: [...before, ...behind.slice(1)].join(""), at };
    case "erase-word": {
      const kept = before.join("").replace(/\S*\s*$/, "");
      return { text: kept + behind.join(""), at: [...graphemes.segment(kept)].length };
    }
    case "erase-line":
      return { text: behind.join(""), at: 0 };
  }
}
