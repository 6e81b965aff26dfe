import { nearest } from "../../core/nearest.ts";

/** A tag of ours in a doc comment. Lines count from 1. */
export interface DocTag {
  readonly tag: string;
  /** Its field in the metadata, dotted. */
  readonly path: string;
  readonly value: unknown;
  readonly line: number;
}

/** A tag that is wrong: close to one of ours, or without a value. */
export interface DocProblem {
  readonly line: number;
  readonly message: string;
  readonly did_you_mean?: readonly string[];
}

type ReadTag = (text: string) => readonly [path: string, value: unknown];

const asText = (path: string): ReadTag => (text) => [path, text];
/** `/a, /b` is a list. */
const asList = (path: string): ReadTag => (text) => [path, text.split(/\s*,\s*/)];
const asNumber = (path: string): ReadTag => (text) => [path, /^-?\d[\d_]*$/.test(text) ? Number(text.replaceAll("_", "")) : text];

/** The tag alone says yes. */
const asFlag = (path: string): ReadTag => (text) => [path, text === "" || text === "true" ? true : text === "false" ? false : text];

const TAGS: Readonly<Record<string, ReadTag>> = {
  name: asText("name"),
  description: asText("description"),
  mode: asText("mode"),
  stage: asText("stage"),
  priority: asNumber("priority"),
  required: asFlag("required"),
  isolation: asText("isolation"),
  schedule: readSchedule,
  cron: asText("schedule.cron"),
  every: asText("schedule.every"),
  at: asText("schedule.at"),
  timezone: asText("schedule.timezone"),
  catch_up: asText("schedule.catch_up"),
  jitter: asText("schedule.jitter"),
  timeout_ms: asNumber("limits.timeout_ms"),
  concurrency: asNumber("limits.concurrency"),
  memory_mb: asNumber("limits.memory_mb"),
  llm_calls: asNumber("limits.llm_calls"),
  max_fires_per_hour: asNumber("limits.max_fires_per_hour"),
  debounce_ms: asNumber("limits.debounce_ms"),
  debounce_max_ms: asNumber("limits.debounce_max_ms"),
  throttle: asText("limits.throttle"),
  allow_read: asList("permissions.read"),
  allow_write: asList("permissions.write"),
  allow_net: asList("permissions.net"),
  allow_run: asList("permissions.run"),
};

/** Fields that only the exported object can have. */
const OBJECT_FIELDS = new Set(["triggers", "trigger", "channel", "channels", "direction", "directions", "principal", "config", "limits", "permissions"]);

/** Tags of JSDoc, TSDoc and TypeScript: not ours, whatever they resemble. */
const FOREIGN = new Set(
  `abstract access alias alpha arg argument async augments author beta borrows bug callback category class classdesc
  const constant constructor constructs copyright decorator default defaultValue deprecated desc emits enum event
  eventProperty example exception experimental export exports extends external file fileoverview fires function func
  generator global hideconstructor host ignore implements import inheritDoc inheritdoc inner instance interface
  internal kind label lends license link linkcode linkplain listens member memberof method mixes mixin module
  namespace nocheck nosideeffects note overload override overview package packageDocumentation param private
  privateRemarks prop property protected public readonly remarks requires return returns satisfies sealed see since
  static summary template this throws todo ts-check ts-expect-error ts-ignore ts-nocheck tutorial type typeParam
  typedef types usage var variation version virtual yield yields`.split(/\s+/),
);

/** Reads our tags from the doc comments that stand before the hook. Unknown ones are a problem only when they look like ours. */
export function readDocTags(source: string): { tags: DocTag[]; problems: DocProblem[] } {
  const tags: DocTag[] = [];
  const problems: DocProblem[] = [];
  for (const comment of hookComments(source)) {
    const firstLine = source.slice(0, comment.start).split("\n").length;
    for (const raw of splitTags(comment.text)) readTag(raw.tag, raw.text, firstLine + raw.line, tags, problems);
  }
  return { tags, problems };
}

function readTag(tag: string, text: string, line: number, tags: DocTag[], problems: DocProblem[]): void {
  const read = Object.hasOwn(TAGS, tag) ? TAGS[tag] : undefined;
  if (read !== undefined) {
    if (text === "" && tag !== "required") {
      problems.push({ line, message: `the tag @${tag} has no value` });
    } else {
      const [path, value] = read(text);
      tags.push({ tag, path, value, line });
    }
  } else if (OBJECT_FIELDS.has(tag)) {
    problems.push({ line, message: `there is no tag @${tag}; export the hook as an object: export const hook = { triggers: {...}, limits: {...}, config: {...}, handler }` });
  } else if (!FOREIGN.has(tag)) {
    const similar = nearest(tag, Object.keys(TAGS)).map((name) => `@${name}`);
    if (similar.length > 0) problems.push({ line, message: `unknown tag @${tag}; did you mean ${similar.join(" or ")}?`, did_you_mean: similar });
  }
}

/** `@schedule` takes any kind: `every 15m`, `15m`, `at 2027-...`, `2027-...`, or a cron expression. */
function readSchedule(text: string): readonly [path: string, value: unknown] {
  const [, kind, rest] = /^(cron|every|at)[: ]\s*(.*)$/.exec(text) ?? [];
  if (kind !== undefined) return [`schedule.${kind}`, rest];
  if (/^\d{4}-\d{2}-\d{2}T/.test(text)) return ["schedule.at", text];
  return [/^(?:\d+[a-z]+ ?)+$/.test(text) ? "schedule.every" : "schedule.cron", text];
}

interface Comment {
  readonly start: number;
  readonly text: string;
}

const SKIP = /(?:\s+|\/\/[^\n]*|#![^\n]*|\/\*(?!\*)[\s\S]*?\*\/|["']use [a-z ]+["'];?|import\b(?!\s*\()[^;'"`]*["'][^"'\n]*["'](?:\s*with\s*\{[^}]*\})?;?|(?:const|let|var)\s[^=;]*=\s*require\([^)\n]*\)[^;\n]*;?)/y;
const DOC = /\/\*\*(?!\/)[\s\S]*?\*\//y;
const HOOK_START = /^(?:export\s+default\b|export\s+(?:const|let|var)\s+(?:hook|automation)\b|(?:const|let|var)\s+(?:hook|automation)\b|module\.exports\b|exports\.(?:hook|automation|default)\b)/gm;

/**
 * The doc comments before the first code of the file (imports aside), and the one right before the hook. A comment
 * that belongs to other code, such as a helper's, is not about the hook: only the file's first comment always counts.
 */
function hookComments(source: string): Comment[] {
  const found = new Map<number, Comment>();
  let last: Comment | undefined;
  let position = 0;
  for (;;) {
    const skipped = matchAt(SKIP, source, position);
    const doc = skipped === undefined ? matchAt(DOC, source, position) : undefined;
    const matched = skipped ?? doc;
    if (matched === undefined || matched === "") break;
    if (doc !== undefined) {
      last = { start: position, text: doc };
      found.set(position, last);
    }
    position += matched.length;
  }
  const attached = last !== undefined && found.size > 1 && /^[ \t]*\n?[ \t]*$/.test(source.slice(last.start + last.text.length, position));
  if (attached && last !== undefined) found.delete(last.start);
  for (const start of hookStarts(source)) {
    const before = source.slice(0, start).replace(/(?:\s|\/\/[^\n]*\n)+$/, "");
    const open = before.endsWith("*/") ? before.lastIndexOf("/**") : -1;
    if (open >= 0) found.set(open, { start: open, text: before.slice(open) });
  }
  return [...found.values()].sort((a, b) => a.start - b.start);
}

function matchAt(pattern: RegExp, source: string, position: number): string | undefined {
  pattern.lastIndex = position;
  return pattern.exec(source)?.[0];
}

/** Where the hook, or the function that is exported as one by name, is written. */
function hookStarts(source: string): number[] {
  const starts = [...source.matchAll(HOOK_START)].map((match) => match.index);
  const exported = /^(?:export\s+default|module\.exports\s*=)\s+(?!async\b|function\b|class\b)([A-Za-z_$][\w$]*)\s*;?\s*$/m.exec(source)?.[1];
  if (exported === undefined) return starts;
  const declared = new RegExp(`^(?:async\\s+)?(?:function|const|let|var)\\s+${exported.replaceAll("$", "\\$")}\\b`, "m").exec(source);
  return declared === null ? starts : [...starts, declared.index];
}

/** The tags of one comment. Further lines belong to a @description before them; several of ours may share a line. */
function splitTags(comment: string): { tag: string; text: string; line: number }[] {
  const tags: { tag: string; text: string; line: number }[] = [];
  const lines = comment.replace(/^\/\*\*/, "").replace(/\*\/$/, "").split(/\r?\n/);
  const inner = new RegExp(`\\s(?=@(?:${Object.keys(TAGS).join("|")})\\s|@required\\s*$)`);
  for (const [line, raw] of lines.entries()) {
    for (const piece of raw.replace(/^\s*\*(?!\/)\s?/, "").split(inner)) {
      const [, tag, rest] = /^\s*@([A-Za-z][\w-]*)\s*(.*)$/.exec(piece) ?? [];
      // `*/` cannot stand in a comment: a cron expression writes it as `*\/`.
      const text = (rest ?? piece).replaceAll("*\\/", "*/").trim();
      const open = tags.at(-1);
      if (tag !== undefined) tags.push({ tag, text, line });
      else if (text !== "" && open?.tag === "description") open.text = `${open.text} ${text}`.trim();
    }
  }
  return tags;
}
