import type { z } from "zod";
import type { Finding } from "../core/errors.ts";
import { NexusError } from "../core/errors.ts";
import { nearest } from "../core/nearest.ts";

const SHOWN_CHARACTERS = 60;

/** EVENT_INVALID for a refused input: the first problem as the message, the others as findings. */
export function invalidEvent(error: z.ZodError, input: unknown, fields: readonly string[]): NexusError {
  if (typeof input !== "object" || input === null || Array.isArray(input)) {
    return new NexusError("EVENT_INVALID", `an event is a JSON object; got ${shown(input)}`, {
      hint: Array.isArray(input) ? "give each event on a line of its own" : "the smallest event is {\"content\": \"hello\"}",
    });
  }
  const [first, ...others] = error.issues;
  if (first === undefined) return new NexusError("EVENT_INVALID", "the event is invalid");
  const findings = others.map((issue): Finding => ({ code: "EVENT_INVALID", message: describe(issue, input) }));
  const unknown = first.code === "unrecognized_keys" ? first.keys : [];
  const near = [...new Set(unknown.flatMap((key) => nearest(key, fields)))];
  return new NexusError("EVENT_INVALID", describe(first, input), {
    ...(unknown.length === 0 ? {} : { hint: "what is not a field of its own belongs into metadata" }),
    ...(near.length === 0 ? {} : { did_you_mean: near }),
    ...(findings.length === 0 ? {} : { findings }),
  });
}

/** A value as a message shows it: JSON, cut. */
export function shown(value: unknown): string {
  if (Array.isArray(value)) return "an array";
  const text = JSON.stringify(value) ?? String(value);
  return text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS)}…` : text;
}

function describe(issue: z.core.$ZodIssue, input: object): string {
  if (issue.code === "unrecognized_keys") {
    const keys = issue.keys.map((key) => `\`${key}\``).join(", ");
    return `unknown field${issue.keys.length === 1 ? "" : "s"} ${keys}`;
  }
  const path = issue.path.map(String).join(".");
  const value = issue.path.reduce<unknown>((inner, key) => (typeof inner === "object" && inner !== null ? Reflect.get(inner, key) : undefined), input);
  const wanted = path === "timestamp" ? "expected Unix milliseconds, or ISO 8601 with a zone such as 2026-01-28T01:30:00Z" : issue.message.replace(/^(Invalid input|Too big|Too small|Invalid option): /, "");
  return value === undefined ? `\`${path}\` is missing; ${wanted.replace(", received undefined", "")}` : `\`${path}\` is ${shown(value)}; ${wanted}`;
}
