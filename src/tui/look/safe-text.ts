import { printable } from "../../cli/output.ts";

/**
 * Text from outside, as one line that a terminal can do nothing with but show. Control characters, escape sequences and
 * what changes direction become visible (`\u001b`). What joins or varies glyphs goes: terminals disagree on how wide an
 * emoji of several code points is, and a wrong guess moves everything to its right.
 */
export function safeText(text: string): string {
  // Most of it is plain: 0.1 instead of 2 µs a cell.
  if (/^[ -~]*$/.test(text)) return text;
  return printable(text.replaceAll(/\s*[\r\n]\s*/g, " ").replaceAll("\t", " ")).replaceAll(/[\u00ad\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200d\u2028\u2029\u2060-\u2064\u3164\ufe00-\ufe0f\ufeff\uffa0]|[\u{1f3fb}-\u{1f3ff}]|[\u{e0000}-\u{e0fff}]/gu, "");
}

/** For terminals without UTF-8. What has a plain form keeps it; every other character is a question mark. */
export function asciiText(text: string): string {
  if (/^[ -~]*$/.test(text)) return text;
  return text.normalize("NFKD").replaceAll(/\p{M}/gu, "").replaceAll(/[^ -~]/gu, (char) => (Bun.stringWidth(char) === 2 ? "??" : "?"));
}
