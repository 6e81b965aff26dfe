import { z } from "zod";
import { NexusError } from "../core/errors.ts";
import { shellWord } from "../core/shell-word.ts";
import { firstProblem } from "../core/first-problem.ts";
import { nearest } from "../core/nearest.ts";
import type { Scope } from "../core/ref.ts";
import { deleteScope, insertScope, listScopes, refreshScope, scopeByName } from "../store/scopes.ts";
import type { Store } from "../store/open.ts";
import { hookThatNames } from "../store/ref-hooks.ts";
import { checkRefName } from "./ref-names.ts";

const words = z.array(z.string().min(1, "expected 1 to 512 characters").max(512, "expected 1 to 512 characters")).max(100, "expected at most 100 of them");
const limit = z.int("expected a whole number from 1 to 1000").min(1, "expected a whole number from 1 to 1000").max(1_000, "expected a whole number from 1 to 1000");
const definitionSchema = z.strictObject({ refs: words, types: words, tags: words, limit });

interface Write {
  readonly now: number;
  readonly dryRun: boolean;
}

/** Throws SCOPE_NOT_FOUND. */
export function findScope(store: Store, name: string): Scope {
  const scope = scopeByName(store, name);
  if (scope === undefined) throw new NexusError("SCOPE_NOT_FOUND", `there is no scope ${JSON.stringify(name)}`, { did_you_mean: nearest(name, listScopes(store, 1_000).map((one) => one.name)), next: ["nexus scopes list"] });
  return scope;
}

/** A scope, resolved at once. Empty lists stand for none. Throws SCOPE_EXISTS, REF_NAME_INVALID, USAGE. */
export function createScope(store: Store, name: string, given: unknown, write: Write): { readonly scope: Scope; readonly passages: number } {
  const parsed = definitionSchema.safeParse(given);
  if (!parsed.success) {
    const { message, ...meant } = firstProblem(parsed.error, "scope", given, Object.keys(definitionSchema.shape));
    throw new NexusError("USAGE", message, meant);
  }
  const { refs, types, tags, limit: most } = parsed.data;
  const definition = { ...(refs.length === 0 ? {} : { refs }), ...(types.length === 0 ? {} : { types }), ...(tags.length === 0 ? {} : { tags }), limit: most };
  return tried(store, write, () => {
    checkRefName(name, "the name of a scope");
    if (scopeByName(store, name) !== undefined) throw new NexusError("SCOPE_EXISTS", `the scope ${JSON.stringify(name)} exists already`, { next: [`nexus scopes show ${shellWord(name)}`] });
    insertScope(store, { name, definition, created_at: write.now });
    const { passages } = refreshScope(store, name, write.now);
    return { scope: findScope(store, name), passages };
  });
}

/** Throws SCOPE_NOT_FOUND. */
export function refreshNow(store: Store, name: string, write: Write): { readonly version: number; readonly passages: number } {
  return tried(store, write, () => refreshScope(store, findScope(store, name).name, write.now));
}

/** Throws SCOPE_NOT_FOUND, and SCOPE_IN_USE while an enabled hook refreshes it. */
export function removeScope(store: Store, name: string, dryRun: boolean): Scope {
  return store.write(() => {
    const scope = findScope(store, name);
    const user = hookThatNames(store, "refresh_scope", "scope_name", name);
    if (user !== undefined) throw new NexusError("SCOPE_IN_USE", `the scope ${name} is refreshed by the hook ${user.id} on ${user.ref_name}`, { next: [`nexus refs hooks delete ${user.id}`] });
    if (!dryRun) deleteScope(store, name);
    return scope;
  });
}

function tried<T>(store: Store, { dryRun }: Write, body: () => T): T {
  return dryRun ? store.rehearse(body) : store.write(body);
}
