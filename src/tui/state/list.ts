/**
 * A list as the operator has it: the cursor is on a row's id, not on a number, so that rows that come and go above it do
 * not change what a key acts on. When its row goes, the cursor stays at the number it had.
 */
export interface ListView {
  readonly cursor: string | undefined;
  /** Where the cursor was last. */
  readonly index: number;
  /** The first row on the screen. */
  readonly top: number;
  /** Of the screen's orders, counted from 0; undefined: as the rows come. */
  readonly sort: number | undefined;
  readonly reversed: boolean;
  readonly grouped: boolean;
  readonly filter: string;
  /** When the cursor was moved last, Unix ms. */
  readonly movedAt: number;
}

export const NEW_LIST: ListView = { cursor: undefined, index: 0, top: 0, sort: undefined, reversed: false, grouped: false, filter: "", movedAt: 0 };

/** So long after a move rows keep their places, whatever they would be sorted by. */
export const FROZEN_MS = 2_000;

interface Identified {
  readonly id: string;
}

/** The number of the cursor's row. */
export function cursorIndex(list: ListView, rows: readonly Identified[]): number {
  const found = list.cursor === undefined ? -1 : rows.findIndex(({ id }) => id === list.cursor);
  return found !== -1 ? found : Math.max(0, Math.min(list.index, rows.length - 1));
}

/** Moves the cursor by so many rows, or to an end; the rows on the screen stay as long as it is among them. `height`: how many there are. */
export function moveCursor(list: ListView, rows: readonly Identified[], { by, now, height }: { readonly by: number; readonly now: number; readonly height: number }): ListView {
  if (rows.length === 0) return list;
  const index = Math.max(0, Math.min(rows.length - 1, cursorIndex(list, rows) + by));
  const moved = { ...list, index, cursor: rows[index]?.id, movedAt: now };
  return { ...moved, top: scrollTop(moved, rows, height) };
}

/** The first row to show so that the cursor is on the screen, moved as little as can be. */
export function scrollTop(list: ListView, rows: readonly Identified[], height: number): number {
  const index = cursorIndex(list, rows);
  const most = Math.max(0, rows.length - height);
  const top = Math.min(list.top, most);
  if (index < top) return index;
  return index >= top + height ? Math.min(most, index - height + 1) : top;
}

/** While the cursor moves: the rows in the places they had, new ones behind. */
export function inPlaces<Row extends Identified>(rows: readonly Row[], before: readonly string[]): Row[] {
  const place = new Map(before.map((id, at) => [id, at]));
  return rows.toSorted((one, other) => (place.get(one.id) ?? before.length) - (place.get(other.id) ?? before.length));
}

/** Every word of the filter is somewhere in the text; `!word` is nowhere in it. Without regard to case. */
export function matches(text: string, filter: string): boolean {
  const low = text.toLowerCase();
  return filter.toLowerCase().split(/\s+/).every((word) => (word.length > 1 && word.startsWith("!") ? !low.includes(word.slice(1)) : low.includes(word)));
}
