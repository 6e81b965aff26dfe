import type { Principal, StoredEvent } from "../core/event.ts";
import type { Hook } from "../core/hook.ts";
import { mismatch, valueAt } from "./trigger-match.ts";

/**
 * Finds the hooks that must see an event at the cost of those that could, not of those that exist: each hook stands in
 * the index once, under its most selective condition, and only its siblings there are compared in full.
 */
export class TriggerIndex {
  /** Facet → value → hooks that demand that value. */
  readonly #facets = new Map<string, Map<unknown, Set<Hook>>>();
  readonly #everything = new Set<Hook>();
  readonly #scheduled = new Map<string, Hook>();
  readonly #places = new Map<string, { readonly hook: Hook; readonly order: number; readonly sets: readonly Set<Hook>[] }>();
  #order = 0;

  get size(): number {
    return this.#places.size;
  }

  add(hook: Hook): void {
    const order = this.#places.get(hook.id)?.order ?? this.#order++;
    this.remove(hook.id);
    const sets = this.#setsFor(hook);
    for (const set of sets) set.add(hook);
    if (hook.version.metadata.schedule !== undefined) this.#scheduled.set(hook.id, hook);
    this.#places.set(hook.id, { hook, order, sets });
  }

  remove(hookId: string): void {
    const place = this.#places.get(hookId);
    if (place === undefined) return;
    for (const set of place.sets) set.delete(place.hook);
    this.#scheduled.delete(hookId);
    this.#places.delete(hookId);
  }

  /** The hooks that match, in the order in which they were added. */
  candidates(event: StoredEvent, principal: Principal): Hook[] {
    if (event.addressed_to !== undefined) {
      const hook = this.#scheduled.get(event.addressed_to);
      return hook === undefined ? [] : [hook];
    }
    const found: Hook[] = [];
    const collect = (hooks: Iterable<Hook> | undefined): void => {
      if (hooks === undefined) return;
      for (const hook of hooks) if (mismatch(hook, event, principal) === undefined) found.push(hook);
    };
    collect(this.#everything);
    for (const [facet, values] of this.#facets) if (values.size > 0) collect(values.get(facetOf(facet, event, principal)));
    return found.length < 2 ? found : found.sort((a, b) => this.#orderOf(a) - this.#orderOf(b));
  }

  #orderOf(hook: Hook): number {
    return this.#places.get(hook.id)?.order ?? 0;
  }

  #setsFor(hook: Hook): Set<Hook>[] {
    const { triggers, schedule } = hook.version.metadata;
    if (triggers === undefined) return schedule === undefined ? [this.#everything] : [];
    const place = mostSelective(hook);
    if (place === undefined) return [this.#everything];
    let values = this.#facets.get(place.facet);
    if (values === undefined) {
      values = new Map();
      this.#facets.set(place.facet, values);
    }
    return [...new Set(place.values)].map((value) => {
      const set = values.get(value) ?? new Set();
      values.set(value, set);
      return set;
    });
  }
}

/** The condition that events fulfil least often, by what such values are like; only comparable values can be keys. */
function mostSelective(hook: Hook): { facet: string; values: unknown[] } | undefined {
  const { event, principal, ref } = hook.version.metadata.triggers ?? {};
  const conditions: [facet: string, expected: unknown][] = [
    ["thread_id", event?.thread_id],
    ["sender_id", event?.sender_id],
    ["principal.entity_id", principal?.entity_id],
    ...Object.entries(event?.metadata ?? {}).map(([path, value]): [string, unknown] => [`metadata.${path}`, value]),
    ["type", ref === undefined ? undefined : "ref_updated"],
    ["principal.name", principal?.name],
    ["principal.source", principal?.source],
    ["principal.relationship", principal?.relationship],
    ["channel", event?.channels],
    ["adapter", event?.adapters],
    ["type", event?.types],
    ["principal.type", principal?.type],
  ];
  for (const [facet, expected] of conditions) {
    if (expected === undefined) continue;
    const values: unknown[] = Array.isArray(expected) ? expected : [expected];
    if (values.every((value) => typeof value !== "object" || value === null)) return { facet, values };
  }
  return undefined;
}

function facetOf(facet: string, event: StoredEvent, principal: Principal): unknown {
  if (facet.startsWith("metadata.")) return valueAt(event.metadata, facet.slice("metadata.".length));
  if (facet.startsWith("principal.")) return Reflect.get(principal, facet.slice("principal.".length)) as unknown;
  switch (facet) {
    case "channel":
      return event.channel;
    case "adapter":
      return event.source_adapter;
    case "type":
      return event.type;
    case "thread_id":
      return event.thread_id;
    default:
      return event.sender_id;
  }
}
