import type { z } from "zod";
import { METADATA_FIELDS } from "../../core/hook-metadata.ts";
import { nearest } from "../../core/nearest.ts";

/** One thing that is wrong with a hook's metadata. */
export interface MetadataProblem {
  readonly code: "METADATA_INVALID" | "METADATA_CONTRADICTORY" | "SCHEDULE_INVALID";
  /** Dotted; "" is the hook itself. */
  readonly path: string;
  readonly message: string;
  readonly hint?: string;
  readonly did_you_mean?: readonly string[];
  readonly line?: number;
}

type Issue = z.core.$ZodIssue;

/** What zod found, in the words of the contract: the field, its value, what was expected, the nearest valid name. */
export function describeIssues(issues: readonly Issue[], input: unknown): MetadataProblem[] {
  return issues.flatMap((issue) => describeIssue(issue, [], input));
}

function describeIssue(issue: Issue, base: readonly PropertyKey[], input: unknown): MetadataProblem[] {
  const path = [...base, ...issue.path];
  if (issue.code === "unrecognized_keys") return issue.keys.map((key) => unknownField(path, key));
  const value = valueAt(input, path);
  if (issue.code === "invalid_union" && !issue.message.startsWith("expected")) {
    // One value or a list of them: speak of what was given. The list is the last of the two.
    const branch = (Array.isArray(value) ? issue.errors.at(-1) : issue.errors[0]) ?? [];
    return branch.flatMap((inner) => describeIssue(inner, path, input));
  }
  const dotted = dottedPath(path);
  const similar = issue.code === "invalid_value" && typeof value === "string" ? nearest(value, issue.values.map(String)) : [];
  const code = /^(?:triggers\.)?schedule\.(?!catch_up)/.test(dotted) ? "SCHEDULE_INVALID" : "METADATA_INVALID";
  const where = dotted === "" ? "the hook" : `\`${dotted}\``;
  const meant = similar[0] === undefined ? "" : `; did you mean ${show(similar[0])}?`;
  const message = `${where} is ${value === undefined ? "missing" : show(value)}; ${issue.message}${meant}`;
  return [{ code, path: dotted, message, ...(similar.length === 0 ? {} : { did_you_mean: similar }) }];
}

function unknownField(path: readonly PropertyKey[], key: string): MetadataProblem {
  const place = dottedPath(path);
  const full = place === "" ? key : `${place}.${key}`;
  const message = `unknown field \`${full}\``;
  const elsewhere = Object.entries(METADATA_FIELDS).find(([other, fields]) => other !== place && other !== "triggers.schedule" && fields.includes(key));
  const similar = nearest(key, METADATA_FIELDS[place] ?? []);
  if (elsewhere !== undefined && (similar.length === 0 || place === "")) {
    const [other] = elsewhere;
    const moved = other === "" ? key : `${other}.${key}`;
    const target = other === "" ? "at the top level of the hook" : `under \`${other}\``;
    return { code: "METADATA_INVALID", path: full, message: `${message}: put it ${target}`, did_you_mean: [moved] };
  }
  if (similar.length > 0) {
    const names = similar.map((name) => (place === "" ? name : `${place}.${name}`));
    return { code: "METADATA_INVALID", path: full, message: `${message}; did you mean \`${names[0]}\`?`, did_you_mean: names };
  }
  const anywhere = Object.entries(METADATA_FIELDS).flatMap(([other, fields]) =>
    other === "triggers.schedule" ? [] : nearest(key, fields, 1).map((name) => (other === "" ? name : `${other}.${name}`)),
  );
  const known = `${place === "" ? "a hook" : `\`${place}\``} has ${(METADATA_FIELDS[place] ?? []).join(", ")}`;
  const rest = anywhere.length === 0 ? { hint: place === "" ? `${known}; data of your own goes under \`config\`` : known } : { hint: known, did_you_mean: anywhere.slice(0, 3) };
  return { code: "METADATA_INVALID", path: full, message, ...rest };
}

export function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
  let value = input;
  for (const key of path) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, key)) return undefined;
    value = Reflect.get(value, key);
  }
  return value;
}

/** A value for a message: JSON, not too long. */
export function show(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}

function dottedPath(path: readonly PropertyKey[]): string {
  return path.reduce<string>((text, key) => (typeof key === "number" ? `${text}[${key}]` : text === "" ? String(key) : `${text}.${String(key)}`), "");
}
