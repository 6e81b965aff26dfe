import type { Passage, RefUpdate } from "../core/ref.ts";
import { branchOfName } from "../core/ref.ts";

export interface TemplateFacts {
  readonly update: RefUpdate;
  readonly passage: Passage;
  /** Of the ref. */
  readonly metadata: Readonly<Record<string, unknown>>;
}

/**
 * Fills `{name}` in a hook's template: from the ref's metadata, then the passage's, then what the update is: `ref_name`,
 * `agent_id` (the first word of the ref's name), `part` and `branch` (of a name like `{prefix}/human/{branch}`), `passage_id`,
 * `previous_passage_id`, `passage_type`, `update_id`, `content`. A name that none of them has stays as it is written, and is returned.
 */
export function fillTemplate(template: string, { update, passage, metadata }: TemplateFacts): { readonly text: string; readonly unknown: readonly string[] } {
  const named = branchOfName(update.ref_name);
  const own: Readonly<Record<string, string>> = {
    ref_name: update.ref_name,
    agent_id: update.ref_name.split("/")[0] ?? "",
    ...(named === undefined ? {} : { part: named.part, branch: named.name }),
    passage_id: passage.id,
    previous_passage_id: update.previous_passage_id ?? "",
    passage_type: passage.type,
    update_id: update.id,
    content: passage.content,
  };
  const unknown: string[] = [];
  const text = template.replaceAll(/\{([A-Za-z_][A-Za-z0-9_]*)\}/g, (written, name: string) => {
    for (const source of [metadata, passage.metadata, own]) if (Object.hasOwn(source, name)) return shown(source[name]);
    unknown.push(name);
    return written;
  });
  return { text, unknown };
}

function shown(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}
