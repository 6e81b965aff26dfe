import { difference } from "../look/difference.ts";
import { moment } from "../look/figures.ts";
import { highlight } from "../look/highlight.ts";
import { line, span, type Line, type Span } from "../look/line.ts";
import { safeText } from "../look/safe-text.ts";
import type { HookDetail, Script } from "../reader/hook.ts";
import type { Canvas } from "./screen.ts";
import { heading, type TextPart } from "./text.ts";

/** What stands around a change. */
const CONTEXT = 3;

export function hookScriptRows({ script }: HookDetail): TextPart[] {
  if (script === undefined) return [];
  const lines = highlight(script.text);
  const width = String(lines.length).length;
  return [origin(script), [], ...lines.map((spans, at) => line(span("dim", `${String(at + 1).padStart(width)}  `), ...spans.map(safeSpan)))];
}

/** Every version, and what the one under the cursor changed. */
export function hookVersionRows({ hook, versions = [] }: HookDetail, canvas: Canvas): TextPart[] {
  // The lines of a difference have the id of its version before them, so that walking through them stays with it.
  const chosen = Math.max(0, versions.findIndex(({ id }) => canvas.list.cursor?.startsWith(id) === true));
  const [one, before] = [versions[chosen], versions[chosen + 1]];
  return [
    ...versions.map(({ id, version, script_hash, created_at, creator }): TextPart => ({
      id,
      subject: hook === undefined ? undefined : { kind: "hook", id: hook.id, name: hook.slug, status: hook.deleted_at === undefined ? hook.status : "deleted", facts: { version: String(hook.version.version), to: String(version) } },
      text: line(version === hook?.version.version ? span("good", `${canvas.look.glyphs.good} `) : "  ", span("strong", `v${version}`.padEnd(5)), span("dim", `${moment(created_at)}  ${script_hash.slice(0, 12)}  `), safeText([creator.agent, creator.persona].filter((part) => part !== undefined).join(", "))),
    })),
    [],
    ...(one === undefined ? [] : changes(one, before).map((text, at): TextPart => ({ id: `${one.id} ${at}`, text }))),
  ];
}

type Version = NonNullable<HookDetail["versions"]>[number];

function changes(one: Version, before: Version | undefined): Line[] {
  if (before === undefined) return [heading(`v${one.version} is the oldest that is kept`)];
  if (one.script.of === "gone" || before.script.of === "gone") return [heading(`v${before.version} and v${one.version}`), [span("bad", `the stored script of v${one.script.of === "gone" ? one.version : before.version} cannot be read`)]];
  if (one.script.text === before.script.text) return [heading(`v${one.version} has the script of v${before.version}`)];
  const all = difference(before.script.text.split("\n"), one.script.text.split("\n"));
  const near = all.map((_, at) => all.slice(Math.max(0, at - CONTEXT), at + CONTEXT + 1).some(({ kind }) => kind !== "same"));
  return [
    heading(`What v${one.version} changed in v${before.version}`),
    ...(one.script.of === "bundle" ? [[span("dim", "in what runs: a file of an author has changed since it was registered")] as Line] : []),
    ...all.flatMap(({ kind, text }, at): Line[] => {
      if (!near[at]) return near[at - 1] ? [[span("dim", "  ...")]] : [];
      const safe = safeText(text);
      return [kind === "same" ? line(span("dim", `  ${safe}`)) : kind === "new" ? line(span("good", `+ ${safe}`)) : line(span("bad", `- ${safe}`))];
    }),
  ];
}

function origin({ of, path, drift }: Script): Line {
  const why = drift === "changed" ? "the author's file has changed since; this is what runs" : drift === "missing" ? "the author's file is gone; this is what runs" : "as it was registered";
  return of === "gone" ? [span("bad", safeText(`${path} cannot be read`))] : line(span("dim", safeText(`${path}, ${why}`)));
}

function safeSpan({ text, ...rest }: Span): Span {
  return { text: safeText(text.replaceAll("\t", "  ")), ...rest };
}
