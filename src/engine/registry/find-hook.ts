import { NexusError } from "../core/errors.ts";
import type { Hook } from "../core/hook.ts";
import { nearest } from "../core/nearest.ts";
import { deletedBySlug, hookBySlug, hooksByIdPrefix, slugs } from "../store/hooks.ts";
import type { Store } from "../store/open.ts";

export interface FindOptions {
  /** Among the deleted hooks instead of the others. */
  readonly deleted?: boolean;
}

/**
 * The hook a person or an agent means: by slug, id, or a unique prefix of the id (with or without `hook_`). Of several
 * deleted hooks of one slug it is the one deleted last. Throws HOOK_NOT_FOUND with the nearest slugs, HOOK_AMBIGUOUS
 * with the candidates, or HOOK_WRONG_STATE when a deleted hook is asked for and it is not deleted.
 */
export function findHook(store: Store, name: string, { deleted = false }: FindOptions = {}): Hook {
  const found = candidates(store, name, deleted);
  const [first, second] = found;
  if (first === undefined) throw notFound(store, name, deleted);
  if (second === undefined) return first;
  throw new NexusError("HOOK_AMBIGUOUS", `${JSON.stringify(name)} fits several hooks: ${found.map((hook) => `${hook.slug} (${hook.id})`).join(", ")}`, {
    hint: "give more of the id, or the slug",
    did_you_mean: found.map((hook) => hook.slug),
  });
}

function candidates(store: Store, name: string, deleted: boolean): Hook[] {
  const bySlug = deleted ? deletedBySlug(store, name) : hookBySlug(store, name);
  if (bySlug !== undefined) return [bySlug];
  const rest = name.replace(/^hook_/, "").toUpperCase();
  return rest === "" ? [] : hooksByIdPrefix(store, `hook_${rest}`, deleted);
}

function notFound(store: Store, name: string, deleted: boolean): NexusError {
  const [other] = candidates(store, name, !deleted);
  if (other !== undefined && deleted) return new NexusError("HOOK_WRONG_STATE", `${other.slug} is not deleted`, { next: [`nexus hooks info ${other.slug}`] });
  if (other !== undefined) {
    return new NexusError("HOOK_NOT_FOUND", `${other.slug} (${other.id}) was deleted at ${new Date(other.deleted_at ?? 0).toISOString()}`, {
      hint: "it can be brought back",
      next: [`nexus hooks restore ${other.id}`],
    });
  }
  const near = nearest(name, slugs(store, deleted));
  return new NexusError("HOOK_NOT_FOUND", `no ${deleted ? "deleted " : ""}hook is called ${JSON.stringify(name)}`, {
    ...(near.length === 0 ? {} : { did_you_mean: near }),
    next: [deleted ? "nexus hooks list --deleted" : "nexus hooks list"],
  });
}
