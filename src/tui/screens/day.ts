import type { HookDay } from "../reader/hook-day.ts";
import { rebin, sparkline } from "../look/pictures.ts";
import { line, span, type Line } from "../look/line.ts";
import type { Canvas } from "./screen.ts";

/** What a hook did over 24 hours, as three lines of bars. */
export function dayLines(day: HookDay, { width, look }: Pick<Canvas, "width" | "look">): Line[] {
  const room = Math.max(12, Math.min(96, width - 13));
  const bars = (label: string, values: readonly number[], tone: "accent" | "bad" | "good"): Line => line(span("dim", label.padEnd(13)), span(tone, sparkline(rebin(values, room), look)));
  return [[], bars("invocations", day.invocations, "accent"), bars("fires", day.fires, "good"), bars("errors", day.errors, "bad"), [span("dim", `${" ".repeat(13)}24 h ago${" ".repeat(Math.max(1, room - 11))}now`)]];
}
