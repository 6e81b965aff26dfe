import type { Line } from "./line.ts";
import { line, span } from "./line.ts";
import type { Look } from "./look.ts";
import { pad } from "./fit.ts";
import { short } from "./figures.ts";

/** One character a value, scaled to the largest; nothing at all is a blank, anything at least the lowest bar. */
export function sparkline(values: readonly number[], { glyphs: { bars } }: Look, most = Math.max(...values, 0)): string {
  const top = bars.length - 1;
  return values.map((value) => bars[value <= 0 || most <= 0 ? 0 : Math.max(1, Math.min(top, Math.round((value / most) * top)))] ?? "").join("");
}

/** Values brought to so many by adding up neighbours. */
export function rebin(values: readonly number[], count: number): number[] {
  if (values.length <= count) return [...values];
  const bins = Array.from({ length: count }, () => 0);
  for (const [at, value] of values.entries()) bins[Math.floor((at * count) / values.length)]! += value;
  return bins;
}

/** Columns of bars, several rows high. Without braille: block characters are in every font, and wider to see. */
export function columns(values: readonly number[], height: number, { glyphs: { bars } }: Look): string[] {
  const most = Math.max(...values, 0);
  const top = bars.length - 1;
  return Array.from({ length: height }, (_, row) => {
    const below = height - 1 - row;
    return values.map((value) => {
      const steps = most === 0 || value <= 0 ? 0 : Math.max(1, Math.round((value / most) * height * top));
      return bars[Math.max(0, Math.min(top, steps - below * top))] ?? "";
    }).join("");
  });
}

export interface Bar {
  readonly label: string;
  readonly value: number;
  readonly tone?: "good" | "warn" | "bad" | "accent";
}

/** A lying bar for each row, with its figure: labels left, as many columns as there are. */
export function barLines(bars: readonly Bar[], width: number, look: Look): Line[] {
  const labels = Math.max(0, ...bars.map(({ label }) => Bun.stringWidth(label)));
  const figures = 6;
  const room = Math.max(1, width - labels - figures - 3);
  const most = Math.max(1, ...bars.map(({ value }) => value));
  return bars.map(({ label, value, tone = "accent" }) => {
    const length = value <= 0 ? 0 : Math.max(1, Math.round((value / most) * room));
    return line(`${pad(label, labels, look, true)} `, span("dim", `${pad(short(value), figures, look, true)} `), span(tone, look.glyphs.block.repeat(length)));
  });
}

export interface Step {
  readonly label: string;
  /** Unix ms. */
  readonly at: number;
  readonly took_ms?: number;
  readonly tone?: "good" | "warn" | "bad" | "accent";
  readonly detail: string;
}

/** What happened one after the other on a common axis of time: where each step began, and how long it took. */
export function timelineLines(steps: readonly Step[], width: number, look: Look): Line[] {
  const first = Math.min(...steps.map(({ at }) => at));
  const last = Math.max(...steps.map(({ at, took_ms = 0 }) => at + took_ms));
  const all = Math.max(1, last - first);
  const labels = Math.min(18, Math.max(0, ...steps.map(({ label }) => label.length)));
  const times = 9;
  const axis = Math.max(8, Math.min(40, Math.floor(width * 0.3)));
  return steps.map(({ label, at, took_ms = 0, tone = "accent", detail }) => {
    const from = Math.min(axis - 1, Math.floor(((at - first) / all) * (axis - 1)));
    const length = Math.max(1, Math.min(axis - from, Math.round((took_ms / all) * axis)));
    return line(
      span("dim", `${pad(`+${after(at - first)}`, times, look, true)} `),
      `${pad(label, labels, look)} `,
      span("dim", look.glyphs.dot.repeat(from)),
      span(tone, look.glyphs.block.repeat(length)),
      span("dim", look.glyphs.dot.repeat(axis - from - length)),
      ` ${detail}`,
    );
  });
}

function after(ms: number): string {
  return ms < 1_000 ? `${Math.round(ms)}ms` : ms < 60_000 ? `${(ms / 1_000).toFixed(1)}s` : `${Math.round(ms / 60_000)}m`;
}
