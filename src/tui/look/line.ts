/** What a piece of text means; a palette says how that looks. */
export type Tone = "plain" | "dim" | "strong" | "good" | "warn" | "bad" | "accent" | "mark";

export interface Span {
  readonly text: string;
  readonly tone?: Tone;
}

/** One line of the screen, before it is cut to a width. */
export type Line = readonly Span[];

export function line(...parts: readonly (string | Span | undefined)[]): Line {
  return parts.flatMap((part) => (part === undefined ? [] : typeof part === "string" ? [{ text: part }] : [part]));
}

export function span(tone: Tone, text: string): Span {
  return { text, tone };
}

export function textOf(spans: Line): string {
  return spans.map(({ text }) => text).join("");
}
