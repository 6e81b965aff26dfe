import { NexusError } from "../core/errors.ts";
import type { Hook } from "../core/hook.ts";
import { nearest } from "../core/nearest.ts";
import { hookBySlug, hooksByIdPrefix, hooksBySlug, slugs } from "../store/hooks.ts";
import type { Store } from "../store/open.ts";

/**
 * The hook a person or an agent means: by slug, id, or a unique prefix of the id (with or without `hook_`). Throws
 * HOOK_NOT_FOUND with the nearest slugs, or HOOK_AMBIGUOUS with the candidates.
 */
export function findHook(store: Store, name: string, options: { readonly deleted?: boolean } = {}): Hook {
  const wanted = (hook: Hook): boolean => (hook.deleted_at !== undefined) === (options.deleted === true);
  const bySlug = options.deleted === true ? hooksBySlug(store, name).find(wanted) : hookBySlug(store, name);
  if (bySlug !== undefined) return bySlug;
  const prefix = name.startsWith("hook_") ? name : `hook_${name.toUpperCase()}`;
  const found = prefix.length > "hook_".length ? hooksByIdPrefix(store, prefix).filter(wanted) : [];
  const [first, second] = found;
  if (first !== undefined && second === undefined) return first;
  if (first !== undefined) {
    throw new NexusError("HOOK_AMBIGUOUS", `${JSON.stringify(name)} fits ${found.length} hooks: ${found.map((hook) => `${hook.slug} (${hook.id})`).join(", ")}`, {
      hint: "give more of the id, or the slug",
      did_you_mean: found.map((hook) => hook.slug),
    });
  }
  const near = nearest(name, slugs(store));
  throw new NexusError("HOOK_NOT_FOUND", `no ${options.deleted === true ? "deleted " : ""}hook is called ${JSON.stringify(name)}`, {
    ...(near.length === 0 ? {} : { did_you_mean: near }),
    next: [options.deleted === true ? "nexus hooks list --deleted" : "nexus hooks list"],
  });
}
