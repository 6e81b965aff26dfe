import { NexusError } from "../core/errors.ts";
import type { RefHook } from "../core/ref.ts";
import type { Store } from "./open.ts";

interface RefHookRow {
  readonly id: string;
  readonly ref_name: string;
  readonly action_type: string;
  readonly config: string;
  readonly enabled: number;
  readonly created_at: number;
}

/** Inside a transaction. */
export function insertRefHook(store: Store, { id, ref_name, action_type, config, enabled, created_at }: RefHook): void {
  store.db
    .query("INSERT INTO passage_ref_hooks(id, ref_name, action_type, config, enabled, created_at) VALUES (?, ?, ?, ?, ?, ?)")
    .run(id, ref_name, action_type, JSON.stringify(config), enabled ? 1 : 0, created_at);
}

/** Inside a transaction. */
export function setRefHookEnabled(store: Store, id: string, enabled: boolean): void {
  store.db.query("UPDATE passage_ref_hooks SET enabled = ? WHERE id = ?").run(enabled ? 1 : 0, id);
}

/** Inside a transaction. What it did stays. */
export function deleteRefHook(store: Store, id: string): void {
  store.db.query("DELETE FROM passage_ref_hooks WHERE id = ?").run(id);
}

/** The enabled hooks of exactly that ref, in the order of their creation, the first `limit` of them. */
export function hooksOfRef(store: Store, refName: string, limit: number): RefHook[] {
  return store.db
    .query<RefHookRow, [string, number]>("SELECT * FROM passage_ref_hooks WHERE ref_name = ? AND enabled ORDER BY created_at, rowid LIMIT ?")
    .all(refName, limit)
    .map(toHook);
}

export function countRefHooks(store: Store, refName: string): number {
  return store.db.query<{ n: number }, [string]>("SELECT count(*) AS n FROM passage_ref_hooks WHERE ref_name = ?").get(refName)?.n ?? 0;
}

export interface RefHookFilter {
  readonly ref_name?: string | undefined;
  readonly action_type?: string | undefined;
  /** Without it, disabled ones are listed too. */
  readonly enabledOnly: boolean;
  readonly limit: number;
}

/** By ref, then in the order in which they run. */
export function listRefHooks(store: Store, { ref_name, action_type, enabledOnly, limit }: RefHookFilter): RefHook[] {
  return store.db
    .query<RefHookRow, [string | null, string | null, number, number]>(
      `SELECT * FROM passage_ref_hooks WHERE (?1 IS NULL OR ref_name = ?1) AND (?2 IS NULL OR action_type = ?2) AND (enabled OR NOT ?3)
       ORDER BY ref_name, created_at, rowid LIMIT ?4`,
    )
    .all(ref_name ?? null, action_type ?? null, enabledOnly ? 1 : 0, limit)
    .map(toHook);
}

/** An enabled hook with that action whose configuration has that text in that field. */
export function hookThatNames(store: Store, action: string, field: string, name: string): RefHook | undefined {
  const row = store.db
    .query<RefHookRow, [string, string, string]>("SELECT * FROM passage_ref_hooks WHERE enabled AND action_type = ?1 AND json_extract(config, '$.' || ?2) = ?3 ORDER BY rowid LIMIT 1")
    .get(action, field, name);
  return row === null ? undefined : toHook(row);
}

/** By its id, or a prefix that only one has. Throws REF_HOOK_NOT_FOUND. */
export function findRefHook(store: Store, given: string): RefHook {
  const rows = store.db.query<RefHookRow, [string]>("SELECT * FROM passage_ref_hooks WHERE substr(id, 1, length(?1)) = ?1 ORDER BY id = ?1 DESC, id LIMIT 2").all(given);
  const [row, other] = rows;
  if (given === "" || row === undefined) throw new NexusError("REF_HOOK_NOT_FOUND", `no hook on a ref has the id ${JSON.stringify(given)}`, { next: ["nexus refs hooks list --all"] });
  if (other !== undefined && row.id !== given) throw new NexusError("REF_HOOK_NOT_FOUND", `several hooks on refs have ids that begin with ${JSON.stringify(given)}: ${row.id}, ${other.id}`, { hint: "give more of the id" });
  return toHook(row);
}

function toHook({ config, enabled, ...row }: RefHookRow): RefHook {
  return { ...row, config: JSON.parse(config) as unknown, enabled: enabled === 1 };
}
