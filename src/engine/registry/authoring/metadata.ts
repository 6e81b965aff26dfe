import { basename, extname } from "node:path";
import type { Finding } from "../../core/errors.ts";
import { NexusError } from "../../core/errors.ts";
import type { HookMetadata, Limits } from "../../core/hook.ts";
import type { MetadataInput } from "../../core/hook-metadata.ts";
import { completeMetadata, hookMetadataSchema } from "../../core/hook-metadata.ts";
import { slugOf } from "../../core/slug.ts";
import type { FoundHook } from "./export-form.ts";
import { readDocTags } from "./jsdoc.ts";
import type { DocTag } from "./jsdoc.ts";
import type { MetadataProblem } from "./metadata-problems.ts";
import { describeIssues, show, valueAt } from "./metadata-problems.ts";
import type { ScriptSource } from "./read-script.ts";

type Fields = Readonly<Record<string, unknown>>;

const SCHEDULE_KINDS = ["cron", "every", "at"] as const;

/** What was given once at registration and need not be repeated with every version. */
export type Inherited = Pick<MetadataInput, "name" | "mode" | "description">;

export interface MetadataSources {
  readonly script: ScriptSource;
  readonly found: FoundHook;
  readonly flags: MetadataInput;
  /** Of the version that is replaced: used where neither flags nor script say anything. */
  readonly inherited?: Inherited | undefined;
  readonly defaultLimits: Limits;
}

/**
 * The metadata of a script: flags, before the exported object, before JSDoc tags, before
 * what the replaced version had, before the file's name. Throws one
 * METADATA_INVALID, METADATA_CONTRADICTORY or SCHEDULE_INVALID for the first problem, with all of them as findings.
 */
export function readMetadata(sources: MetadataSources): { metadata: HookMetadata; slug: string } {
  const { script, found, flags, inherited = {} } = sources;
  const docs = readDocTags(script.text);
  const problems: MetadataProblem[] = [
    ...docs.problems.map((problem): MetadataProblem => ({ code: "METADATA_INVALID", path: "", ...problem })),
    ...notDataProblems(script, found),
    ...repeatedTags(docs.tags),
    ...objectProblems(script, found.fields),
    ...docs.tags.flatMap(tagProblems),
    ...flagProblems(flags),
    ...contradictions(script, docs.tags, found.fields),
  ];
  if (problems.length > 0) throw metadataError(script, problems);
  const merged = withFlags(merge({ ...inherited, ...fromTags(docs.tags) }, hoisted(found.fields)), flags);
  const parsed = hookMetadataSchema.safeParse(merged);
  if (!parsed.success) throw metadataError(script, describeIssues(parsed.error.issues, merged));
  const fileName = basename(script.path, extname(script.path));
  const { metadata, conflicts } = completeMetadata(parsed.data, { name: fileName, limits: sources.defaultLimits });
  const [conflict] = conflicts;
  if (conflict !== undefined) throw metadataError(script, conflicts);
  return { metadata, slug: slugFor(script, metadata.name, fileName) };
}

/** Of the name, or of the file's name when the name has no letter that a slug can have. */
function slugFor(script: ScriptSource, name: string, fileName: string): string {
  const slug = slugOf(name) || slugOf(fileName);
  if (slug !== "") return slug;
  const message = `the name ${show(name)} has no letter from a to z and no digit, which the hook's slug is made of`;
  throw metadataError(script, [{ code: "METADATA_INVALID", path: "name", message, hint: "give another name with --name, or rename the file" }]);
}

function notDataProblems(script: ScriptSource, found: FoundHook): MetadataProblem[] {
  return found.notData.map((entry) => {
    const [path = "", what = ""] = entry.split(/ \((?=[^(]*\)$)/);
    const message = `\`${path}\` is no data (${what.replace(/\)$/, "")}); metadata is kept as JSON: texts, numbers, true and false, lists, objects`;
    return { code: "METADATA_INVALID", path, message, ...lineAt(script, path) };
  });
}

function objectProblems(script: ScriptSource, fields: Fields): MetadataProblem[] {
  const parsed = hookMetadataSchema.safeParse(fields);
  return parsed.success ? [] : describeIssues(parsed.error.issues, fields).map((problem) => ({ ...problem, ...lineAt(script, problem.path) }));
}

function tagProblems(tag: DocTag): MetadataProblem[] {
  const fields = fromTags([tag]);
  const parsed = hookMetadataSchema.safeParse(fields);
  if (parsed.success) return [];
  return describeIssues(parsed.error.issues, fields).map((problem) => ({ ...problem, message: `@${tag.tag}: ${problem.message}`, line: tag.line }));
}

function flagProblems(flags: MetadataInput): MetadataProblem[] {
  const parsed = hookMetadataSchema.safeParse(flags);
  return parsed.success ? [] : describeIssues(parsed.error.issues, flags).map((problem) => ({ ...problem, message: `option: ${problem.message}` }));
}

function repeatedTags(tags: readonly DocTag[]): MetadataProblem[] {
  return tags.flatMap((tag, index) => {
    const earlier = tags.slice(0, index).find((other) => other.path === tag.path && other.value !== tag.value);
    if (earlier === undefined) return [];
    return [contradiction(tag.path, `@${earlier.tag} is ${show(earlier.value)} in line ${earlier.line} and @${tag.tag} is ${show(tag.value)} in line ${tag.line}`, tag.line)];
  });
}

/** A field that both a tag and the object have, with different meanings. */
function contradictions(script: ScriptSource, tags: readonly DocTag[], fields: Fields): MetadataProblem[] {
  return tags.flatMap((tag) => {
    for (const path of rivalPaths(tag.path)) {
      const value = valueAt(fields, path.split("."));
      if (value === undefined || (path.endsWith(tag.path) && sameMeaning(tag, value))) continue;
      const { line } = lineAt(script, path);
      const place = line === undefined ? "" : ` in line ${line}`;
      return [contradiction(path, `@${tag.tag} is ${show(tag.value)} in line ${tag.line} and \`${path}\` of the exported object is ${show(value)}${place}`, tag.line)];
    }
    return [];
  });
}

/** Where the exported object may say something else: the same field, and for a schedule also its other kinds. */
function rivalPaths(path: string): string[] {
  const field = /^schedule\.(.+)$/.exec(path)?.[1];
  if (field === undefined) return [path];
  const kinds: readonly string[] = SCHEDULE_KINDS;
  const names = kinds.includes(field) ? kinds : [field];
  return names.flatMap((name) => [`schedule.${name}`, `triggers.schedule.${name}`]);
}

function sameMeaning(tag: DocTag, value: unknown): boolean {
  const [one, other] = [fromTags([tag]), fromTags([{ ...tag, value }])].map((fields) => hookMetadataSchema.safeParse(fields));
  // What is invalid by itself is reported as that.
  return one?.success !== true || other?.success !== true || JSON.stringify(one.data) === JSON.stringify(other.data);
}

function contradiction(path: string, message: string, line: number): MetadataProblem {
  return { code: "METADATA_CONTRADICTORY", path, message: `${message}; keep one of them`, line };
}

function fromTags(tags: readonly DocTag[]): Fields {
  const fields: Record<string, unknown> = {};
  for (const { path, value } of tags) {
    const [first = "", second] = path.split(".");
    fields[first] = second === undefined ? value : { ...(fields[first] as Fields | undefined), [second]: value };
  }
  return fields;
}

/** Later wins, field by field; the fields of `limits`, `schedule` and `permissions` are merged each. */
function merge(base: Fields, over: Fields): Fields {
  const merged: Record<string, unknown> = { ...base, ...over };
  for (const part of ["limits", "schedule", "permissions"]) {
    if (base[part] !== undefined && over[part] !== undefined) merged[part] = { ...(base[part] as Fields), ...(over[part] as Fields) };
  }
  return merged;
}

/** `triggers.schedule` is `schedule` in another place. */
function hoisted(fields: Fields): Fields {
  const inTriggers = valueAt(fields, ["triggers", "schedule"]);
  if (inTriggers === undefined || fields["schedule"] !== undefined) return fields;
  const { schedule: _moved, ...triggers } = fields["triggers"] as Fields;
  return { ...fields, triggers, schedule: inTriggers };
}

/** An option with another kind of schedule replaces the script's as a whole: its zone or jitter belong to the old one. */
function withFlags(merged: Fields, flags: MetadataInput): Fields {
  const given = Object.fromEntries(Object.entries(flags).filter(([, value]) => value !== undefined));
  const kind = SCHEDULE_KINDS.some((name) => flags.schedule?.[name] !== undefined);
  return kind ? { ...merge(merged, given), schedule: flags.schedule } : merge(merged, given);
}

/** The line of the object's field, as far as its text shows: the last name of the path before a colon. */
function lineAt(script: ScriptSource, path: string): { line?: number } {
  const leaf = path.replaceAll(/\[\d+\]/g, "").split(".").at(-1) ?? "";
  if (!/^[\w$]+$/.test(leaf)) return {};
  const code = script.text.replaceAll(/\/\*[\s\S]*?\*\//g, (comment) => comment.replaceAll(/[^\n]/g, " "));
  const index = code.search(new RegExp(`(?<![\\w$.])["']?${leaf.replaceAll("$", "\\$")}["']?\\s*[:(]`));
  return index < 0 ? {} : { line: code.slice(0, index).split("\n").length };
}

function metadataError(script: ScriptSource, problems: readonly MetadataProblem[]): NexusError {
  const findings = problems.map((problem): Finding => ({ code: problem.code, message: problem.message, file: script.path, ...(problem.line === undefined ? {} : { line: problem.line }) }));
  const [first] = problems;
  if (first === undefined) throw new Error("no problem to report");
  const place = first.line === undefined ? script.path : `${script.path}:${first.line}`;
  const { hint, did_you_mean } = first;
  return new NexusError(first.code, `${place}: ${first.message}`, {
    findings,
    ...(hint === undefined ? {} : { hint }),
    ...(did_you_mean === undefined ? {} : { did_you_mean }),
  });
}
