import type { Look } from "./look.ts";
import type { Line, Span } from "./line.ts";
import { asciiText } from "./safe-text.ts";

/** Columns of a terminal. */
export function widthOf(text: string): number {
  return /^[ -~]*$/.test(text) ? text.length : Bun.stringWidth(text);
}

/** Cut to so many columns, with the look's mark where something is missing. */
export function cut(text: string, width: number, look: Look): string {
  if (width <= 0) return "";
  if (widthOf(text) <= width) return text;
  const more = look.glyphs.more;
  return width <= more.length ? more.slice(0, width) : `${prefix(text, width - more.length)}${more}`;
}

/** Cut at its beginning: of a long name the end says more. */
export function cutStart(text: string, width: number, look: Look): string {
  const own = widthOf(text);
  const more = look.glyphs.more;
  if (own <= width || width <= more.length) return cut(text, width, look);
  return `${more}${Bun.sliceAnsi(text, own - width + more.length)}`;
}

/** Exactly so many columns. */
export function pad(text: string, width: number, look: Look, right = false): string {
  const short = cut(text, width, look);
  const gap = " ".repeat(Math.max(0, width - widthOf(short)));
  return right ? `${gap}${short}` : `${short}${gap}`;
}

/** A line cut to a width; what does not fit is gone, with a mark. */
export function fitLine(spans: Line, width: number, look: Look): Line {
  const fitted: Span[] = [];
  let left = width;
  for (const [at, part] of spans.entries()) {
    const text = look.ascii ? asciiText(part.text) : part.text;
    const own = widthOf(text);
    const rest = spans.slice(at + 1).some(({ text: after }) => after.trim() !== "");
    if (own > left || (own === left && rest)) {
      const short = rest && own <= left ? cut(`${text}${look.glyphs.more}`, left, look) : cut(text, left, look);
      if (short !== "") fitted.push({ ...part, text: short });
      return fitted;
    }
    fitted.push({ ...part, text });
    left -= own;
  }
  return fitted;
}

/** Wrapped at words; what is indented stays so. */
export function wrap(text: string, width: number): string[] {
  const indent = (/^ */.exec(text)?.[0] ?? "").slice(0, Math.max(0, width - 10));
  const lines = Bun.wrapAnsi(text.trimStart(), Math.max(1, width - indent.length), { hard: true, trim: true, wordWrap: true }).split("\n");
  return lines.map((line) => `${indent}${line}`);
}

function prefix(text: string, width: number): string {
  if (/^[ -~]*$/.test(text)) return text.slice(0, width);
  let short = Bun.sliceAnsi(text, 0, width);
  // A wide character that begins in the last column is kept by some of its rules.
  while (widthOf(short) > width) short = Array.from(short).slice(0, -1).join("");
  return short;
}
