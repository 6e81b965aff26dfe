import { isatty } from "node:tty";
import type * as Util from "node:util";
import { EXIT, NexusError } from "../engine/core/errors.ts";

/** All data goes out here: console.log waits for a slow pipe, which process.stdout.write before an exit does not. */
export function emit(text: string): void {
  console.log(text);
}

/** The reader of stdout is gone (`| head`): an end like any other, quiet and with exit code 0. */
class StdoutClosed extends Error {}

/** A line of a stream. console.log does not tell that the reader is gone; a command without an end would run on for nobody. */
export async function emitLine(text: string): Promise<void> {
  try {
    await Bun.write(Bun.stdout, `${text}\n`);
  } catch (error) {
    throw error instanceof Error && "code" in error && error.code === "EPIPE" ? new StdoutClosed("stdout is closed", { cause: error }) : error;
  }
}

/** JSON has its own escapes only up to U+001F: a terminal understands some of what is above. */
export function emitJson(value: unknown): void {
  emit(printable(JSON.stringify(value, undefined, isTerminal() ? 2 : undefined)));
}

/** What is said to a person beside the data: stderr, never stdout. */
export function say(text: string): void {
  console.error(text);
}

/** Asked of the file descriptor: `process.stdout` makes a stream, which costs a short command a megabyte. */
export function isTerminal(stream: "stdout" | "stderr" = "stdout"): boolean {
  return isatty(stream === "stdout" ? 1 : 2);
}

type Style = "red" | "green" | "yellow" | "bold" | "dim";

/** Colours only a terminal that wants them (NO_COLOR, TERM=dumb and pipes do not). */
export function paint(style: Style, text: string, stream: "stdout" | "stderr" = "stdout"): string {
  if (!isTerminal(stream) || process.env["TERM"] === "dumb") return text;
  const { styleText } = require("node:util") as typeof Util;
  return styleText(style, text, { stream: process[stream] });
}

/** Makes control characters, escape sequences and text that changes direction visible: data must not drive a terminal. */
export function printable(text: string): string {
  return text.replaceAll(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, (char) => `\\u${(char.codePointAt(0) ?? 0).toString(16).padStart(4, "0")}`);
}

/** One line of text. */
export function oneLine(text: string): string {
  return printable(text.replaceAll(/\s*\n\s*/g, " "));
}

/** The last moment that a Date can be, either side of 1970, ms. */
const LAST_MOMENT_MS = 8.64e15;

/** A number that is no moment, of a row that was inserted by hand, stands as it is. */
export function isoTime(ms: number): string {
  return Math.abs(ms) <= LAST_MOMENT_MS ? new Date(ms).toISOString().replace(".000Z", "Z") : String(ms);
}

/** `0.04ms`, `2.5ms`, `12ms`, `15.2s`. */
export function latency(ms: number): string {
  if (ms < 10) return `${Number(ms.toFixed(ms < 1 ? 2 : 1))}ms`;
  return ms < 10_000 ? `${Math.round(ms)}ms` : `${(ms / 1_000).toFixed(1)}s`;
}

/** Prints an error as contract section 7 has it and returns the exit code. */
export function fail(error: unknown, json: boolean): number {
  if (error instanceof StdoutClosed) return EXIT.done;
  const known = error instanceof NexusError ? error : new NexusError("BUG", error instanceof Error ? (error.stack ?? error.message) : String(error));
  if (json) {
    say(printable(JSON.stringify({ error: known.toJSON() })));
    return known.exitCode;
  }
  const { hint, did_you_mean, findings, next } = known.details;
  say(`${paint("red", "error:", "stderr")} ${printable(known.message)} [${known.code}]`);
  for (const finding of findings ?? []) say(`  ${findingLine(finding)}`);
  if (did_you_mean !== undefined && did_you_mean.length > 0) say(printable(`did you mean: ${did_you_mean.join(", ")}`));
  if (hint !== undefined) say(printable(`hint: ${hint}`));
  for (const command of next ?? []) say(printable(`next: ${command}`));
  return known.exitCode;
}

export function findingLine(finding: { readonly code: string; readonly message: string; readonly file?: string; readonly line?: number; readonly column?: number }): string {
  const place = [finding.file, finding.line, finding.column].filter((part) => part !== undefined).join(":");
  return printable(place === "" ? `${finding.code} ${finding.message}` : `${place} ${finding.code} ${finding.message}`);
}
