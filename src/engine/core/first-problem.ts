import type { z } from "zod";
import { nearest } from "./nearest.ts";

interface Problem {
  readonly message: string;
  readonly did_you_mean?: readonly string[];
}

const SHOWN_CHARACTERS = 80;

/** The first thing that is wrong with what was given: its place, its value, what is expected there. `fields` are those that the whole may have. */
export function firstProblem({ issues: [issue] }: z.ZodError, whole: string, given: unknown, fields: readonly string[]): Problem {
  if (issue === undefined) return { message: `${whole} is invalid` };
  const place = [whole, ...issue.path.map(String)];
  if (issue.code === "unrecognized_keys") {
    const [key = ""] = issue.keys;
    // What a field may have in it is not known here.
    return issue.path.length > 0 ? { message: `${written(place)} has an unknown field ${shown(key)}` } : { message: `${whole} has an unknown field ${shown(key)}; expected ${fields.join(", ")}`, did_you_mean: nearest(key, fields) };
  }
  if (issue.code === "invalid_key") return { message: `${written(place.slice(0, -1))} has ${shown(place.at(-1))}; ${issue.issues[0]?.message ?? issue.message}` };
  const value = issue.path.reduce<unknown>((within, key) => (typeof within === "object" && within !== null ? (Reflect.get(within, key) as unknown) : undefined), given);
  // What stands in a header is often a secret.
  const is = value === undefined ? " is missing" : issue.path[0] === "headers" ? " is not valid" : ` is ${shown(value)}`;
  return { message: `${written(place)}${is}; ${issue.message}` };
}

function written(place: readonly string[]): string {
  return place.map((part) => (/^[\w-]+$/.test(part) ? part : JSON.stringify(part))).join(".");
}

function shown(value: unknown): string {
  const text = JSON.stringify(value);
  return text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS)}...` : text;
}
