import { originAdapter, type Principal, type StoredEvent } from "../core/event.ts";
import type { Hook } from "../core/hook.ts";
import { mismatch, valueAt } from "./trigger-match.ts";

interface Place {
  readonly hook: Hook;
  readonly order: number;
  /** Where it stands: one facet, under each of the values it accepts. */
  readonly demand: Demand | undefined;
}

/** One condition of a hook in the form the index can use: an event must have one of these values. */
interface Demand {
  readonly facet: string;
  readonly values: readonly unknown[];
}

type Bucket = Map<string, Place>;
type Facet = Map<unknown, Bucket>;

/** What an event has in each facet but those of its metadata. */
const FACETS = Object.entries<(event: StoredEvent, principal: Principal) => unknown>({
  thread_id: (event) => event.thread_id,
  sender_id: (event) => event.sender_id,
  "principal.entity_id": (_, principal) => principal.entity_id,
  "principal.name": (_, principal) => principal.name,
  "principal.source": (_, principal) => principal.source,
  "ref.root": (event) => (event.type === "ref_updated" ? rootOf(event.metadata["ref_name"]) : undefined),
  "principal.relationship": (_, principal) => principal.relationship,
  channel: (event) => event.channel,
  adapter: originAdapter,
  type: (event) => event.type,
  "principal.type": (_, principal) => principal.type,
  direction: (event) => event.direction,
});

/**
 * Finds the hooks that must see an event at the cost of those that could, not of those that exist: each hook stands in
 * the index under one of its conditions, the one that had the fewest hooks beside it, and only those it shares that
 * with are compared in full.
 */
export class TriggerIndex {
  readonly #facets = new Map<string, Facet>();
  /** First key of a metadata path → paths, so that an event costs its own keys and not the paths that hooks name. */
  readonly #metadataPaths = new Map<string, Set<string>>();
  readonly #everything: Bucket = new Map();
  readonly #places = new Map<string, Place>();
  #order = 0;

  get size(): number {
    return this.#places.size;
  }

  /** Takes a hook, or its new version in place of the old. */
  add(hook: Hook): void {
    const order = this.#places.get(hook.id)?.order ?? this.#order++;
    this.remove(hook.id);
    const { triggers, schedule } = hook.version.metadata;
    const demand = this.#rarest(demandsOf(hook));
    const place: Place = { hook, order, demand };
    this.#places.set(hook.id, place);
    // With a schedule alone it sees only what is addressed to it.
    if (triggers === undefined && schedule !== undefined) return;
    if (demand === undefined) this.#everything.set(hook.id, place);
    else for (const value of demand.values) this.#bucket(demand.facet, value).set(hook.id, place);
  }

  remove(hookId: string): void {
    const place = this.#places.get(hookId);
    if (place === undefined) return;
    this.#places.delete(hookId);
    this.#everything.delete(hookId);
    if (place.demand === undefined) return;
    const { facet, values } = place.demand;
    const buckets = this.#facets.get(facet);
    for (const value of values) {
      const bucket = buckets?.get(value);
      bucket?.delete(hookId);
      if (bucket?.size === 0) buckets?.delete(value);
    }
    if (buckets?.size === 0) this.#drop(facet);
  }

  /** The hooks that match, in the order in which they were added. */
  candidates(event: StoredEvent, principal: Principal): Hook[] {
    if (event.addressed_to !== undefined) {
      const place = this.#places.get(event.addressed_to);
      return place === undefined ? [] : [place.hook];
    }
    const found: Place[] = [];
    const collect = (bucket: Bucket | undefined): void => {
      if (bucket === undefined) return;
      for (const place of bucket.values()) if (mismatch(place.hook, event, principal) === undefined) found.push(place);
    };
    collect(this.#everything);
    for (const [name, valueOf] of FACETS) {
      const buckets = this.#facets.get(name);
      if (buckets !== undefined) collect(buckets.get(valueOf(event, principal)));
    }
    for (const path of this.#pathsIn(event.metadata)) collect(this.#facets.get(metadataFacet(path))?.get(valueAt(event.metadata, path)));
    if (found.length > 1) found.sort((a, b) => a.order - b.order);
    return found.map(({ hook }) => hook);
  }

  #rarest(demands: readonly Demand[]): Demand | undefined {
    let best: Demand | undefined;
    let fewest = Number.POSITIVE_INFINITY;
    for (const demand of demands) {
      const buckets = this.#facets.get(demand.facet);
      const neighbours = Math.max(...demand.values.map((value) => buckets?.get(value)?.size ?? 0));
      if (neighbours >= fewest) continue;
      best = demand;
      fewest = neighbours;
    }
    return best;
  }

  #bucket(facet: string, value: unknown): Bucket {
    let buckets = this.#facets.get(facet);
    if (buckets === undefined) {
      buckets = new Map();
      this.#facets.set(facet, buckets);
      for (const key of firstKeys(facet)) this.#metadataPaths.set(key, (this.#metadataPaths.get(key) ?? new Set()).add(pathOf(facet)));
    }
    let bucket = buckets.get(value);
    if (bucket === undefined) {
      bucket = new Map();
      buckets.set(value, bucket);
    }
    return bucket;
  }

  #drop(facet: string): void {
    this.#facets.delete(facet);
    for (const key of firstKeys(facet)) {
      const paths = this.#metadataPaths.get(key);
      paths?.delete(pathOf(facet));
      if (paths?.size === 0) this.#metadataPaths.delete(key);
    }
  }

  #pathsIn(metadata: StoredEvent["metadata"]): Iterable<string> {
    const paths = new Set<string>();
    if (this.#metadataPaths.size === 0) return paths;
    for (const key of Object.keys(metadata)) for (const path of this.#metadataPaths.get(key) ?? []) paths.add(path);
    return paths;
  }
}

/** What of a hook's conditions the index can use: all but values that are objects, and globs that begin anyhow. */
function demandsOf(hook: Hook): Demand[] {
  const { event, principal, ref } = hook.version.metadata.triggers ?? {};
  const roots = ref?.names.map(globRoot);
  // Between equally rare ones the first is taken, so the most telling comes first.
  const given: Readonly<Record<string, unknown>> = {
    thread_id: event?.thread_id,
    sender_id: event?.sender_id,
    "principal.entity_id": principal?.entity_id,
    "principal.name": principal?.name,
    "principal.source": principal?.source,
    ...Object.fromEntries(Object.entries(event?.metadata ?? {}).map(([path, value]) => [metadataFacet(path), value])),
    "ref.root": roots?.includes(undefined) === true ? undefined : roots,
    "principal.relationship": principal?.relationship,
    channel: event?.channels,
    adapter: event?.adapters,
    type: ref === undefined ? event?.types : "ref_updated",
    "principal.type": principal?.type,
    direction: event?.directions,
  };
  return Object.entries(given).flatMap(([facet, expected]): Demand[] => {
    if (expected === undefined) return [];
    const values: unknown[] = Array.isArray(expected) ? [...new Set<unknown>(expected)] : [expected];
    return values.length > 0 && values.every((value) => typeof value !== "object" || value === null) ? [{ facet, values }] : [];
  });
}

function metadataFacet(path: string): string {
  return `metadata.${path}`;
}

function pathOf(facet: string): string {
  return facet.slice("metadata.".length);
}

/** The keys under which a path may begin: a key of metadata may have dots in it. None for other facets. */
function firstKeys(facet: string): string[] {
  if (!facet.startsWith("metadata.")) return [];
  const parts = pathOf(facet).split(".");
  return parts.map((_, index) => parts.slice(0, index + 1).join("."));
}

function rootOf(refName: unknown): unknown {
  return typeof refName === "string" ? refName.split("/", 1)[0] : undefined;
}

/** The first segment of the names a glob can match, if it is the same for all of them. */
function globRoot(glob: string): string | undefined {
  const root = glob.split("/", 1)[0] ?? "";
  return /[*?[\]{}!\\]/.test(root) ? undefined : root;
}
