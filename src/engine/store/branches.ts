import type { Branch } from "../core/ref.ts";
import { branchOfName } from "../core/ref.ts";
import type { Store } from "./open.ts";

interface BranchRow {
  readonly id: string;
  readonly prefix: string;
  readonly name: string;
  readonly is_main: number;
  readonly hooks_enabled: number;
  readonly parent_id: string | null;
  readonly description: string | null;
  readonly created_at: number;
  readonly created_by: string | null;
}

/** Inside a transaction. */
export function insertBranch(store: Store, branch: Branch): void {
  store.db
    .query("INSERT INTO branches(id, prefix, name, is_main, hooks_enabled, parent_id, description, created_at, created_by) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)")
    .run(branch.id, branch.prefix, branch.name, branch.is_main ? 1 : 0, branch.hooks_enabled ? 1 : 0, branch.parent_id ?? null, branch.description ?? null, branch.created_at, branch.created_by ?? null);
}

/** Inside a transaction. */
export function deleteBranch(store: Store, id: string): void {
  store.db.query("DELETE FROM branches WHERE id = ?").run(id);
}

export function branchById(store: Store, id: string): Branch | undefined {
  const row = store.db.query<BranchRow, [string]>("SELECT * FROM branches WHERE id = ?").get(id);
  return row === null ? undefined : toBranch(row);
}

export function mainBranch(store: Store, prefix: string): Branch | undefined {
  const row = store.db.query<BranchRow, [string]>("SELECT * FROM branches WHERE prefix = ? AND is_main").get(prefix);
  return row === null ? undefined : toBranch(row);
}

export function branchBy(store: Store, prefix: string, name: string): Branch | undefined {
  const row = store.db.query<BranchRow, [string, string]>("SELECT * FROM branches WHERE prefix = ? AND name = ?").get(prefix, name);
  return row === null ? undefined : toBranch(row);
}

/** Those whose `{prefix}/{name}` begins so, by that. */
export function listBranches(store: Store, beginning: string, limit: number): Branch[] {
  return store.db
    .query<BranchRow, [string, number]>("SELECT * FROM branches WHERE substr(prefix || '/' || name, 1, length(?1)) = ?1 ORDER BY prefix, name LIMIT ?2")
    .all(beginning, limit)
    .map(toBranch);
}

/** Whose ref it is; undefined for one outside of any branch. */
export function branchOfRef(store: Store, refName: string): Branch | undefined {
  const named = branchOfName(refName);
  return named === undefined ? undefined : branchBy(store, named.prefix, named.name);
}

function toBranch({ is_main, hooks_enabled, parent_id, description, created_by, ...row }: BranchRow): Branch {
  return {
    ...row,
    is_main: is_main === 1,
    hooks_enabled: hooks_enabled === 1,
    ...(parent_id === null ? {} : { parent_id }),
    ...(description === null ? {} : { description }),
    ...(created_by === null ? {} : { created_by }),
  };
}
