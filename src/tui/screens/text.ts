import { wrap } from "../look/fit.ts";
import type { Line, Tone } from "../look/line.ts";
import { span, textOf } from "../look/line.ts";
import { safeText } from "../look/safe-text.ts";
import type { Row } from "./screen.ts";

/** A line of a text that is walked through line by line. */
export interface TextRow extends Row {
  readonly text: Line;
}

/** Numbered rows; one that leads somewhere or can be acted on says so itself. */
export function textRows(lines: readonly (Line | (Omit<TextRow, "id"> & { readonly id?: string }))[]): TextRow[] {
  return lines.map((given, at) => (isLine(given) ? { id: `line ${at}`, text: given } : { ...given, id: given.id ?? `line ${at}` }));
}

export function heading(title: string): Line {
  return [span("strong", title)];
}

/** A longer text, wrapped; at most so many lines, and how many were left out. */
export function paragraph(text: string, width: number, most = 200, tone: Tone = "plain"): Line[] {
  const lines = text.split(/\r?\n/).flatMap((one) => wrap(safeText(one.replaceAll("\t", "  ")), width));
  const shown = lines.slice(0, most).map((one): Line => [span(tone, one)]);
  return lines.length <= most ? shown : [...shown, [span("dim", `${lines.length - most} more lines`)]];
}

/** A value as JSON, over several lines. */
export function jsonLines(value: unknown, width: number, most?: number): Line[] {
  return paragraph(JSON.stringify(value, undefined, 2) ?? "-", width, most);
}

export function lineText({ text }: TextRow): string {
  return textOf(text);
}

function isLine(given: Line | Omit<TextRow, "id">): given is Line {
  return Array.isArray(given);
}
