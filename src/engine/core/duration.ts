import { NexusError } from "./errors.ts";
import type { ErrorCode } from "./errors.ts";

/** Largest unit first: the order in which a duration is written. */
const UNITS = [
  ["d", 86_400_000],
  ["h", 3_600_000],
  ["m", 60_000],
  ["s", 1_000],
  ["ms", 1],
] as const;

/** A hundred years: beyond it a duration is a typing mistake, and sums with a time stay exact integers. */
const MAX_DURATION_MS = 36_500 * 86_400_000;

const FORM = /^(?:(\d+)d)? ?(?:(\d+)h)? ?(?:(\d+)m(?!s))? ?(?:(\d+)s)? ?(?:(\d+)ms)?$/;

/**
 * Milliseconds of `500ms`, `90s`, `15m`, `2h`, `1d` or a sum such as `1h30m` (largest unit first, spaces allowed).
 *
 * `place` names the field in the message. Throws `code` for any other form, for zero, and above 100 years.
 */
export function parseDuration(text: string, place: string, code: Extract<ErrorCode, "METADATA_INVALID" | "SCHEDULE_INVALID" | "USAGE"> = "METADATA_INVALID"): number {
  const written = text.trim();
  const match = FORM.exec(written);
  if (match === null || written === "") {
    throw new NexusError(code, `${place}: ${quote(text)} is not a duration; expected whole numbers with a unit, such as 500ms, 90s, 15m, 2h, 1d or 1h30m`, {
      hint: hintFor(written),
    });
  }
  const total = UNITS.reduce((sum, [, size], index) => sum + Number(match[index + 1] ?? 0) * size, 0);
  if (total === 0) throw new NexusError(code, `${place}: ${quote(text)} must be longer than zero`);
  if (total > MAX_DURATION_MS) throw new NexusError(code, `${place}: ${quote(text)} is longer than the maximum of 36500d`);
  return total;
}

/** For people, and readable by `parseDuration`: 5 400 000 → `1h 30m`. Zero is `0ms`. */
export function formatDuration(ms: number): string {
  let rest = Math.round(Math.abs(ms));
  const parts: string[] = [];
  for (const [unit, size] of UNITS) {
    const count = Math.floor(rest / size);
    rest -= count * size;
    if (count > 0) parts.push(`${count}${unit}`);
  }
  if (parts.length === 0) return "0ms";
  return (ms < 0 ? "-" : "") + parts.join(" ");
}

function hintFor(written: string): string {
  if (/^\d+$/.test(written)) return `add a unit: ${written.slice(0, 12)}s or ${written.slice(0, 12)}ms`;
  if (/\d\.\d/.test(written)) return "write fractions with a smaller unit: 1.5h is 1h30m";
  if (written.startsWith("-")) return "a duration is positive";
  return "the units are d, h, m, s and ms, the largest first, each at most once";
}

function quote(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text);
}
