import { printable } from "../../cli/output.ts";

/**
 * Text from outside, as one line that a terminal can do nothing with but show. Control characters, escape sequences and
 * what changes direction become visible (`\u001b`). What joins or varies glyphs goes: terminals disagree on how wide an
 * emoji of several code points is, and a wrong guess moves everything to its right; the same for what Unicode has not assigned.
 */
export function safeText(text: string): string {
  // Most of it is plain: 0.1 instead of 2 µs a cell.
  if (/^[ -~]*$/.test(text)) return text;
  return printable(text.replaceAll(/\s*[\r\n]\s*/g, " ").replaceAll("\t", " ")).replaceAll(/\p{Default_Ignorable_Code_Point}|[\u2028\u2029]|[\u{1f3fb}-\u{1f3ff}]/gu, "").replaceAll(/[\p{Cn}\p{Co}\p{Cs}]/gu, "\ufffd");
}

/** For terminals without UTF-8. What has a plain form keeps it; every other character is a question mark. */
export function asciiText(text: string): string {
  if (/^[ -~]*$/.test(text)) return text;
  // Which becomes a Greek letter.
  return text.replaceAll("µ", "u").normalize("NFKD").replaceAll(/\p{M}/gu, "").replaceAll(/[^ -~]/gu, (char) => (Bun.stringWidth(char) === 2 ? "??" : "?"));
}
