import { fenceLine, type Fence } from "./fences.ts";

/** Where a part begins and what it may hold. */
export interface Room {
  readonly text: string;
  readonly at: number;
  /** The fence that `at` is in. */
  readonly fence: Fence | undefined;
  readonly limit: number;
  readonly fences: readonly Fence[];
}

export interface Cut {
  /** Exclusive; greater than where the part begins. */
  readonly end: number;
  /** The fence that is cut. */
  readonly inside: Fence | undefined;
}

/** A better cut is passed over when it would leave the part emptier than this. */
const LEAST_FILL = 1 / 3;
/** What stands behind a cut is looked at so far: where a sentence or a grapheme cluster ends cannot be told before. */
const LOOK_AHEAD = 64;

const graphemes = new Intl.Segmenter("en", { granularity: "grapheme" });
const sentences = new Intl.Segmenter("en", { granularity: "sentence" });

/** The best place to end a part that has `space` units, which are fewer than the text that is left. */
export function cutOf(room: Room, space: number): Cut {
  const least = Math.floor(space * LEAST_FILL);
  const window = room.text.slice(room.at, room.at + space + 1);
  const candidates = [
    () => paragraphEnds(room, window).filter((end) => end >= least),
    () => newlines(window).filter((end) => end >= least),
    () => sentenceEnds(room, space).filter((end) => end >= least),
    () => spaces(window),
    () => clusterEnds(room, space),
    () => codePointEnds(room, space),
  ];
  for (const ends of candidates) {
    const end = ends().findLast((end) => fits(room, end, space));
    if (end !== undefined) return cutAt(room, room.at + end);
  }
  return anyCut(room, space);
}

/** For what has no good place: marks of fences and nothing else, or code that is blank for longer than a part. */
function anyCut(room: Room, space: number): Cut {
  const { inside } = cutAt(room, room.at + space);
  return cutAt(room, room.at + lastCodePoint(room, inside === undefined ? space : space - inside.close.length - 1));
}

/** Offsets from here on count from the part's beginning. */
function paragraphEnds(room: Room, window: string): number[] {
  return [...window.matchAll(/\n[ \t\r]*\n/g)].map(({ index }) => index).filter((end) => cutAt(room, room.at + end).inside === undefined);
}

function newlines(window: string): number[] {
  return [...window.matchAll(/\r?\n/g)].map(({ index }) => index);
}

/** After the sentence, before the space that follows it. */
function sentenceEnds({ text, at }: Room, space: number): number[] {
  // The last one ends where the look ends.
  return [...sentences.segment(text.slice(at, at + space + LOOK_AHEAD))].slice(0, -1).map(({ index, segment }) => index + segment.trimEnd().length);
}

function spaces(window: string): number[] {
  return [...window.matchAll(/\s+/g)].map(({ index }) => index);
}

function clusterEnds({ text, at }: Room, space: number): number[] {
  return [...graphemes.segment(text.slice(at, at + space + LOOK_AHEAD))].map(({ index }) => index).filter((end) => end <= space);
}

function codePointEnds(room: Room, space: number): number[] {
  return Array.from({ length: space }, (_, index) => index + 1).filter((end) => !splitsPair(room.text, room.at + end));
}

function lastCodePoint({ text, at }: Room, space: number): number {
  return splitsPair(text, at + space) ? space - 1 : space;
}

function splitsPair(text: string, end: number): boolean {
  return /[\uD800-\uDBFF]/.test(text.charAt(end - 1)) && /[\uDC00-\uDFFF]/.test(text.charAt(end));
}

function cutAt({ fences }: Room, end: number): Cut {
  return { end, inside: fences.find(({ from, bodyTo, to }) => from < end && (end < bodyTo || (end < to && bodyTo < to))) };
}

/** Whether a part may end there: there is room for the fence's end, no line of a fence is broken, and none is made. */
function fits(room: Room, length: number, space: number): boolean {
  if (length <= 0 || length > space) return false;
  const { text, at } = room;
  const { end, inside } = cutAt(room, at + length);
  if (inside !== undefined) {
    if (end <= inside.bodyFrom || end >= inside.bodyTo || length + inside.close.length + 1 > space || text.slice(Math.max(at, inside.bodyFrom), end).trim() === "") return false;
  }
  return text[end] === "\n" || text.startsWith("\r\n", end) || text[end - 1] === "\n" || !makesFence(room, end);
}

/** A line that is cut can look like a fence's, in either half. */
function makesFence({ text, at, fences }: Room, end: number): boolean {
  const start = Math.max(at, text.lastIndexOf("\n", end - 1) + 1);
  const newline = text.indexOf("\n", end);
  const first = text.slice(start, end);
  const second = text.slice(end, newline === -1 ? undefined : newline);
  const isClosing = fences.some(({ bodyTo, to }) => start >= bodyTo && start < to);
  return (!isClosing && fenceLine(first) !== undefined) || fenceLine(second) !== undefined;
}
