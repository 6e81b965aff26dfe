import type { Line } from "../look/line.ts";
import { span } from "../look/line.ts";
import type { Look } from "../look/look.ts";
import { fitLine, pad, widthOf } from "../look/fit.ts";
import { safeText } from "../look/safe-text.ts";
import type { AnyScreen, Canvas, Row } from "../screens/screen.ts";
import { cursorIndex, scrollTop } from "../state/list.ts";
import { isGroupRow } from "./ordered-rows.ts";

/** A line on the screen; `marked`: under the cursor. */
export interface FrameLine {
  readonly key: string;
  readonly line: Line;
  readonly marked?: true;
}

/** Everything on the screen: exactly `rows` lines of at most `columns`. */
export interface Frame {
  /** How the home is; where the operator is. */
  readonly header: readonly Line[];
  readonly body: readonly FrameLine[];
  readonly side?: { readonly width: number; readonly lines: readonly FrameLine[] };
  readonly bodyWidth: number;
  readonly footer: readonly Line[];
}

export interface Size {
  readonly columns: number;
  readonly rows: number;
}

/** Below this a table says nothing any more. */
export const SMALLEST: Size = { columns: 60, rows: 15 };
/** From here on there is room for a panel beside the list. */
const SIDE_FROM = 130;
const SIDE_SHARE = 0.38;
export const MARK_WIDTH = 2;

export function tooSmall({ columns, rows }: Size): boolean {
  return columns < SMALLEST.columns || rows < SMALLEST.rows;
}

/** Where the panel begins, and how wide the list is. */
export function split(screen: AnyScreen, { columns }: Size): { readonly main: number; readonly side: number } {
  if (screen.side === undefined || columns < SIDE_FROM) return { main: columns, side: 0 };
  const side = Math.floor(columns * SIDE_SHARE);
  return { main: columns - side - 3, side };
}

export interface BodyInput {
  readonly screen: AnyScreen;
  readonly rows: readonly Row[];
  readonly canvas: Canvas;
  readonly head: readonly Line[];
  /** Said instead of rows. */
  readonly instead: readonly string[] | undefined;
  /** For head and list together. */
  readonly height: number;
}

/** Head and list: the rows around the cursor, never more than there is room for. */
export function bodyLines({ screen, rows, canvas, head, instead, height }: BodyInput): FrameLine[] {
  const { look, width, list } = canvas;
  const indent = " ".repeat(MARK_WIDTH);
  const fit = (line: Line): Line => fitLine(line, width + MARK_WIDTH, look);
  const top = head.slice(0, height).map((line, at): FrameLine => ({ key: `head ${at}`, line: fit([{ text: indent }, ...line]) }));
  const room = Math.max(0, height - top.length);
  if (instead !== undefined) return [...top, ...instead.slice(0, room).map((text, at): FrameLine => ({ key: `instead ${at}`, line: fit([span("dim", `${indent}${safeText(text)}`)]) }))];
  const first = scrollTop(list, rows, room);
  const cursor = cursorIndex(list, rows);
  const shown = rows.slice(first, first + room).map((row, at): FrameLine => {
    const marked = first + at === cursor;
    const line = isGroupRow(row) ? [span("strong", safeText(row.group)), span("dim", `  ${row.count}`)] : screen.line(row, canvas);
    const whole = fit([{ text: marked ? `${look.glyphs.cursor} ` : indent, ...(marked ? { tone: "mark" as const } : {}) }, ...line]);
    return marked ? { key: `row ${at}`, line: whole, marked } : { key: `row ${at}`, line: whole };
  });
  return [...top, ...shown];
}

/** Where the list stands, for the header: `12/40`. */
export function standing(rows: readonly Row[], canvas: Canvas): string {
  return rows.length === 0 ? "" : `${cursorIndex(canvas.list, rows) + 1}/${rows.length}`;
}

/** So many columns the left part has; where that leaves no room, the right one goes. */
export const LEFT_LEAST = 20;

/** Left and right on one line. */
export function spread(left: Line, right: Line, columns: number, look: Look): Line {
  const room = columns - right.reduce((sum, { text }) => sum + widthOf(text), 0) - 1;
  if (room < LEFT_LEAST) return fitLine(left, columns, look);
  const fitted = fitLine(left, room, look);
  const used = fitted.reduce((sum, { text }) => sum + widthOf(text), 0);
  return [...fitted, { text: pad("", room - used + 1, look) }, ...right];
}
