import { NexusError } from "../core/errors.ts";
import { shellWord } from "../core/shell-word.ts";
import type { IdFactory } from "../core/ids.ts";
import { BRANCH_PARTS, branchRef, type Branch } from "../core/ref.ts";
import { deleteBranch, insertBranch } from "../store/branches.ts";
import type { Store } from "../store/open.ts";
import { refByName } from "../store/refs.ts";
import type { Asked, AskedWrite } from "./asked.ts";
import { findBranch, newBranchName } from "./branch-names.ts";

export interface ForkOptions {
  readonly description?: string | undefined;
  /** Of the fork's later updates; off unless said. */
  readonly hooksEnabled?: boolean | undefined;
  readonly created_by?: string | undefined;
  readonly ids: IdFactory;
  readonly now: number;
}

/** A new branch whose refs begin where the source's are. Throws BRANCH_NOT_FOUND, BRANCH_EXISTS. */
export function forkBranch(store: Store, source: string, target: string, { ids, now, description, created_by, hooksEnabled = false }: ForkOptions): Asked & { readonly branch: Branch } {
  const from = findBranch(store, source);
  const named = newBranchName(store, target);
  const branch: Branch = {
    id: ids.make("brn", now), ...named, is_main: false, hooks_enabled: hooksEnabled, parent_id: from.id, created_at: now,
    ...(description === undefined ? {} : { description: store.redactor.text(description) }), ...(created_by === undefined ? {} : { created_by }),
  };
  const taken = BRANCH_PARTS.map((part) => branchRef(branch, part)).find((name) => refByName(store, name) !== undefined);
  if (taken !== undefined) throw new NexusError("BRANCH_EXISTS", `the ref ${taken} is there already, so the branch ${target} cannot begin as a copy`, { hint: `nexus branches create ${shellWord(target)} makes a branch of refs that exist; nexus refs delete ${shellWord(taken)} removes it` });
  const writes = BRANCH_PARTS.flatMap((part): AskedWrite[] => {
    const ref = refByName(store, branchRef(from, part));
    return ref === undefined ? [] : [{ ref_name: branchRef(branch, part), passage: ref.passage_id, metadata: ref.metadata, action: "fork", hooks: false }];
  });
  return { branch, before: () => insertBranch(store, branch), writes };
}

/** Moves the target's refs to where the source's are. One that is there already is not written; one that the source lacks stays. Throws BRANCH_NOT_FOUND. */
export function promoteBranch(store: Store, source: string, target: string, hooks: boolean): Asked & { readonly source: Branch; readonly target: Branch } {
  const [from, to] = [findBranch(store, source), findBranch(store, target)];
  if (from.id === to.id) throw new NexusError("USAGE", `${source} cannot be promoted to itself`, { hint: "nexus branches promote SOURCE TARGET" });
  const writes = BRANCH_PARTS.flatMap((part): AskedWrite[] => {
    const ref = refByName(store, branchRef(from, part));
    const name = branchRef(to, part);
    if (ref === undefined || refByName(store, name)?.passage_id === ref.passage_id) return [];
    return [{ ref_name: name, passage: ref.passage_id, action: "promote", hooks }];
  });
  return { source: from, target: to, writes };
}

/** With its refs, where that is said; their history stays. Throws BRANCH_NOT_FOUND, BRANCH_IS_MAIN. */
export function removeBranch(store: Store, given: string, withRefs: boolean): Asked & { readonly branch: Branch } {
  const branch = findBranch(store, given);
  if (branch.is_main) throw new NexusError("BRANCH_IS_MAIN", `${given} is the main branch of ${branch.prefix}: it cannot be deleted`);
  const writes = withRefs ? BRANCH_PARTS.map((part): AskedWrite => ({ ref_name: branchRef(branch, part), action: "delete", hooks: false })) : [];
  return { branch, before: () => deleteBranch(store, branch.id), writes };
}
