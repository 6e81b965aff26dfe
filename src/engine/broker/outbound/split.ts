import { cutOf, type Room } from "./cut.ts";
import { fencesOf, type Fence } from "./fences.ts";

/** Less than this is no room for a character and what a fence needs. */
const SMALLEST_LIMIT = 8;

/**
 * Parts of a text that are no longer than `limit` UTF-16 units each. It is cut between paragraphs, else between lines,
 * sentences, words, grapheme clusters; never inside a surrogate pair. A fence that is cut is closed, and opened again
 * with its language in the next part. No part is empty; only white space at the cuts is lost. A text that fits is
 * returned as it is, and one of nothing but white space has no parts.
 *
 * A fence whose own lines take more than a quarter of the limit is cut as if it were text.
 * Throws RangeError when the limit is less than 8.
 */
export function splitText(text: string, limit: number | undefined): string[] {
  if (limit !== undefined && limit < SMALLEST_LIMIT) throw new RangeError(`a limit of ${limit} is too small to split text; it is to be at least ${SMALLEST_LIMIT}`);
  if (text.trim() === "") return [];
  if (limit === undefined || text.length <= limit) return [text];
  const fences = fencesOf(text).filter((fence) => isKept(fence, limit));
  const parts: string[] = [];
  let at = 0;
  let fence: Fence | undefined;
  while (at < text.length) {
    const room: Room = { text, at, fence, limit, fences };
    const { part, next, inside } = partFrom(room);
    if (part !== undefined) parts.push(part);
    at = next;
    fence = inside;
  }
  return parts;
}

function isKept(fence: Fence, limit: number): boolean {
  const most = limit / 4;
  return fence.bodyFrom - fence.from <= most && fence.to - fence.bodyTo <= most && fence.open.length + 1 <= most && fence.close.length + 1 <= most;
}

/** One part, and where the rest begins. Undefined: there was only white space. */
function partFrom(room: Room): { part: string | undefined; next: number; inside: Fence | undefined } {
  const { text, at, limit, fence } = room;
  const head = fence === undefined ? "" : `${fence.open}\n`;
  const rest = text.slice(at).trimEnd();
  if (head.length + rest.length <= limit) return { part: rest.trim() === "" ? undefined : head + rest, next: text.length, inside: undefined };
  const { end, inside } = cutOf(room, limit - head.length);
  const piece = text.slice(at, end);
  // In code, blank space at the end of a line is left: it is only the line's end that the closing fence replaces.
  const body = inside === undefined ? piece.trimEnd() : piece.replace(/[\r\n]+$/, "");
  const part = piece.trim() === "" ? undefined : `${head}${body}${inside === undefined ? "" : `\n${inside.close}`}`;
  return { part, ...restAfter(text, end, inside) };
}

function restAfter(text: string, end: number, inside: Fence | undefined): { next: number; inside: Fence | undefined } {
  if (inside === undefined) return { next: end + spaceLength(text, end), inside };
  // Nothing of the fence is left but its end, which the part before has got already.
  if (text.slice(end, inside.bodyTo).trim() === "") return { next: inside.to + spaceLength(text, inside.to), inside: undefined };
  return { next: end + (/^\r?\n/.exec(text.slice(end, end + 2))?.[0].length ?? 0), inside };
}

/** White space up to the line in which the text goes on, whose indentation stays. */
function spaceLength(text: string, from: number): number {
  const space = /\s*/y;
  space.lastIndex = from;
  const found = space.exec(text)?.[0] ?? "";
  const line = found.lastIndexOf("\n");
  return line === -1 || from + found.length === text.length ? found.length : line + 1;
}
