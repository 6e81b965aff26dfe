import { NexusError } from "../engine/core/errors.ts";
import { parseDuration } from "../engine/core/duration.ts";
import type { Call } from "./call.ts";
import { textOption } from "./call.ts";

/** A whole number of at least 1. */
export function countOption(call: Call, name: string, fallback: number): number {
  const text = textOption(call, name);
  if (text === undefined) return fallback;
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1) throw new NexusError("USAGE", `--${name} ${JSON.stringify(text)}: expected a whole number of at least 1`);
  return value;
}

/** Unix ms from an ISO 8601 time, or from a duration that is meant as "so long ago" (`2h`, `7d`). */
export function timeOption(call: Call, name: string, now: number): number | undefined {
  const text = textOption(call, name);
  if (text === undefined) return undefined;
  if (/^\d+(ms|s|m|h|d)/.test(text)) return now - parseDuration(text, `--${name}`);
  const time = Date.parse(text);
  if (Number.isNaN(time)) throw new NexusError("USAGE", `--${name} ${JSON.stringify(text)}: expected an ISO 8601 time or a duration such as 2h`);
  return time;
}

export function choiceOption<Choice extends string>(call: Call, name: string, choices: readonly Choice[]): Choice | undefined {
  const text = textOption(call, name);
  if (text === undefined) return undefined;
  const choice = choices.find((one) => one === text);
  if (choice === undefined) throw new NexusError("USAGE", `--${name} ${JSON.stringify(text)}: expected one of ${choices.join(", ")}`);
  return choice;
}
