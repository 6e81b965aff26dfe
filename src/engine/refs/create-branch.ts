import { NexusError } from "../core/errors.ts";
import type { IdFactory } from "../core/ids.ts";
import type { Branch } from "../core/ref.ts";
import { insertBranch, mainBranch } from "../store/branches.ts";
import type { Store } from "../store/open.ts";
import { findBranch, newBranchName } from "./branch-names.ts";

export interface CreateBranch {
  readonly isMain: boolean;
  /** Default: what `isMain` is. */
  readonly hooksEnabled?: boolean | undefined;
  /** `{prefix}/{name}` of the branch it comes from. */
  readonly parent?: string | undefined;
  readonly description?: string | undefined;
  readonly created_by?: string | undefined;
  readonly ids: IdFactory;
  readonly now: number;
  readonly dryRun: boolean;
}

/** A branch over refs that are there, or will be. Throws BRANCH_EXISTS, BRANCH_IS_MAIN for a second main branch, BRANCH_NOT_FOUND for its parent. */
export function createBranch(store: Store, given: string, { isMain, hooksEnabled = isMain, parent, description, created_by, ids, now, dryRun }: CreateBranch): Branch {
  return store.write(() => {
    const named = newBranchName(store, given);
    const main = isMain ? mainBranch(store, named.prefix) : undefined;
    if (main !== undefined) throw new NexusError("BRANCH_IS_MAIN", `${named.prefix} has the main branch ${main.prefix}/${main.name} already; a prefix has one at most`);
    const branch: Branch = {
      id: ids.make("brn", now), ...named, is_main: isMain, hooks_enabled: hooksEnabled, created_at: now,
      ...(parent === undefined ? {} : { parent_id: findBranch(store, parent).id }),
      ...(description === undefined ? {} : { description: store.redactor.text(description) }),
      ...(created_by === undefined ? {} : { created_by }),
    };
    if (!dryRun) insertBranch(store, branch);
    return branch;
  });
}
