import { wrap } from "../look/fit.ts";
import type { Line, Tone } from "../look/line.ts";
import { span, textOf } from "../look/line.ts";
import { safeText } from "../look/safe-text.ts";
import type { Subject } from "../actions/subject.ts";
import type { Row } from "./screen.ts";

/** A line of a text that is walked through line by line. */
export interface TextRow extends Row {
  readonly text: Line;
}

/** A plain line, or one that leads somewhere or can be acted on. */
export type TextPart = Line | (Omit<TextRow, "id" | "subject"> & { readonly id?: string; readonly subject?: Subject | undefined });

/** Numbered rows; one that leads somewhere or can be acted on says so itself. */
export function textRows(parts: readonly TextPart[]): TextRow[] {
  return parts.map((given, at) => {
    if (isLine(given)) return { id: `line ${at}`, text: given };
    const { subject, id = `line ${at}`, ...rest } = given;
    return { ...rest, id, ...(subject === undefined ? {} : { subject }) };
  });
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

function isLine(given: TextPart): given is Line {
  return Array.isArray(given);
}
