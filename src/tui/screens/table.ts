import { cut, cutStart, pad, widthOf } from "../look/fit.ts";
import type { Line, Span, Tone } from "../look/line.ts";
import { safeText } from "../look/safe-text.ts";
import type { Canvas } from "./screen.ts";

export interface Column<Item> {
  readonly title: string;
  /** `rest`: what the others leave. */
  readonly width: number | "rest";
  /** Of one that takes the rest: others go before it has less. */
  readonly least?: number;
  readonly right?: true;
  /** What does not fit is cut off at the beginning. */
  readonly keepsEnd?: true;
  /** The lower, the sooner it goes when there is no room; without it, it stays. */
  readonly priority?: number;
  readonly cell: (row: Item, canvas: Canvas) => string | Span;
}

const GAP = 1;
/** What a column that takes the rest has at least, unless it says more. */
const LEAST_REST = 18;

/** The columns that fit, in their order: the others go by priority, never squeezed until figures vanish. */
export function fitting<Item>(columns: readonly Column<Item>[], width: number): readonly Column<Item>[] {
  let kept = columns;
  for (;;) {
    const needed = kept.reduce((sum, column) => sum + (column.width === "rest" ? (column.least ?? LEAST_REST) : column.width) + GAP, -GAP);
    const droppable = kept.filter(({ priority }) => priority !== undefined);
    if (needed <= width || droppable.length === 0) return kept;
    const least = Math.min(...droppable.map(({ priority = 0 }) => priority));
    const at = kept.findLastIndex(({ priority }) => priority === least);
    kept = kept.toSpliced(at, 1);
  }
}

export function titleLine<Item>(columns: readonly Column<Item>[], canvas: Canvas): Line {
  const { sortedBy, list: { reversed } } = canvas;
  const { up, down } = canvas.look.glyphs;
  // The arrow stays where a column has room for its title alone.
  const whole = ({ title, width }: Column<Item>): string => (width === "rest" ? title : title.slice(0, width - 1));
  return cells(columns, canvas, (column) => ({ text: column.title === sortedBy ? `${whole(column)}${reversed ? up : down}` : column.title, tone: "dim" }));
}

export function rowLine<Item>(columns: readonly Column<Item>[], row: Item, canvas: Canvas): Line {
  return cells(columns, canvas, ({ cell }) => {
    const given = cell(row, canvas);
    return typeof given === "string" ? { text: given } : given;
  });
}

/** The row as words: `status paused, fires 3`. */
export function rowSentence<Item>(columns: readonly Column<Item>[], row: Item, canvas: Canvas): string {
  return columns
    .map(({ title, cell }) => {
      const given = cell(row, canvas);
      const text = (typeof given === "string" ? given : given.text).trim();
      return text === "" || text === "-" ? "" : `${title === "" ? "" : `${title.toLowerCase()} `}${text}`;
    })
    .filter((part) => part !== "")
    .join(", ");
}

function cells<Item>(columns: readonly Column<Item>[], canvas: Canvas, spanOf: (column: Column<Item>) => Span): Line {
  const shown = fitting(columns, canvas.width);
  const fixed = shown.reduce((sum, { width }) => sum + (width === "rest" ? 0 : width), 0);
  const rests = shown.filter(({ width }) => width === "rest").length;
  const room = canvas.width - fixed - GAP * (shown.length - 1);
  const spans: Span[] = [];
  for (const [at, column] of shown.entries()) {
    const width = column.width === "rest" ? Math.max(1, Math.floor(room / rests)) : column.width;
    const { text, tone } = spanOf(column);
    const whole = safeText(text);
    const safe = column.keepsEnd === true ? cutStart(whole, width, canvas.look) : whole;
    const last = at === shown.length - 1;
    // Blanks at the end of a line are bytes that nobody sees.
    const cell = last && column.right !== true ? cut(safe, width, canvas.look) : pad(safe, width, canvas.look, column.right);
    spans.push(tone === undefined ? { text: cell } : { text: cell, tone });
    if (!last) spans.push({ text: " ".repeat(GAP) });
  }
  return spans;
}

/** `Label     value`: a line of a text. */
export function fact(label: string, value: string | Span, width = 14): Line {
  const text: Span = typeof value === "string" ? { text: safeText(value) } : { ...value, text: safeText(value.text) };
  return [{ text: `${label}${" ".repeat(Math.max(1, width - widthOf(label)))}`, tone: "dim" }, text];
}

/** The tone and mark of a word that says how something is. */
export function toneOf(word: string): Tone {
  if (["active", "closed", "done", "fired", "healthy", "sent", "ran", "running", "ok"].includes(word)) return "good";
  if (["paused", "half-open", "degraded", "pending", "late", "due", "held", "dropped", "expired", "skipped"].includes(word) || word.startsWith("skipped")) return "warn";
  if (["errored", "open", "error", "timeout", "crashed", "failed", "failing", "down", "dead", "missed", "undone"].includes(word)) return "bad";
  return "plain";
}

/** The word behind a mark that says the same without colour. */
export function status(word: string, { look: { glyphs } }: Pick<Canvas, "look">): Span {
  const tone = toneOf(word);
  const mark = tone === "good" ? glyphs.good : tone === "warn" ? glyphs.warn : tone === "bad" ? glyphs.bad : glyphs.off;
  return { text: `${mark} ${word}`, tone: tone === "plain" ? "dim" : tone };
}
