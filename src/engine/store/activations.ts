import { nextGeneration } from "./meta.ts";
import type { Store } from "./open.ts";

/**
 * Which version of a hook sees which part of the ledger: the events with `from_seq < seq <= until_seq`. Every change of
 * a hook writes here, in its own transaction, so that what should have been seen is never a guess.
 */
export interface Activation {
  readonly hook_id: string;
  readonly version_id: string;
  readonly from_seq: number;
  readonly until_seq?: number;
  readonly ended_by?: string;
}

interface ActivationRow {
  hook_id: string;
  version_id: string;
  from_seq: number;
  until_seq: number | null;
  ended_by: string | null;
}

/** The highest seq the ledger ever gave out. */
export function ledgerEnd(store: Store): number {
  return store.db.query<{ seq: number }, []>("SELECT seq FROM sqlite_sequence WHERE name = 'events'").get()?.seq ?? 0;
}

/** Inside a transaction: from here on the version sees what is stored. */
export function openActivation(store: Store, hookId: string, versionId: string): void {
  store.db.query("INSERT OR REPLACE INTO hook_activations(hook_id, from_seq, version_id) VALUES (?, ?, ?)").run(hookId, ledgerEnd(store), versionId);
}

/** Inside a transaction: what is stored from here on is not the hook's any more. */
export function endActivation(store: Store, hookId: string, endedBy: string): void {
  store.db.query("UPDATE hook_activations SET until_seq = ?, ended_by = ? WHERE hook_id = ? AND until_seq IS NULL").run(ledgerEnd(store), endedBy, hookId);
}

/** Inside the daemon's transaction: a hook that disabled itself, fired its one shot, or cannot be loaded. */
export function deactivate(store: Store, hookId: string, how: { status?: "disabled" | "errored"; reason: string; at: number; endedBy: string }): void {
  endActivation(store, hookId, how.endedBy);
  store.db
    .query("UPDATE hooks SET status = ?, disabled_at = ?, disabled_reason = ?, updated_at = ?, generation = ? WHERE id = ?")
    .run(how.status ?? "disabled", how.at, store.redactor.text(how.reason), how.at, nextGeneration(store), hookId);
}

/** All versions that were to see the event of that seq. */
export function activationsAt(store: Store, seq: number): { hook_id: string; version_id: string }[] {
  return store.db
    .query<{ hook_id: string; version_id: string }, [number, number]>(
      `SELECT hook_id, version_id FROM hook_activations WHERE until_seq IS NULL AND from_seq < ?1
       UNION ALL SELECT hook_id, version_id FROM hook_activations WHERE until_seq >= ?1 AND from_seq < ?2`,
    )
    .all(seq, seq);
}

/** The first seq from `seq` on after which the set of active versions differs. */
export function nextActivationBoundary(store: Store, seq: number): number | undefined {
  const row = store.db
    .query<{ boundary: number | null }, [number]>(
      `SELECT min(boundary) AS boundary FROM (
         SELECT min(until_seq) AS boundary FROM hook_activations WHERE until_seq >= ?1
         UNION ALL SELECT min(from_seq) FROM hook_activations WHERE from_seq >= ?1)`,
    )
    .get(seq);
  return row?.boundary ?? undefined;
}

/** After this seq the set of active versions is the one of now. */
export function lastActivationSeq(store: Store): number {
  const row = store.db
    .query<{ last: number | null }, []>("SELECT max(ifnull((SELECT max(until_seq) FROM hook_activations), 0), ifnull((SELECT max(from_seq) FROM hook_activations), 0)) AS last")
    .get();
  return row?.last ?? 0;
}

/** Oldest first. */
export function activationsOf(store: Store, hookId: string): Activation[] {
  return store.db
    .query<ActivationRow, [string]>("SELECT * FROM hook_activations WHERE hook_id = ? ORDER BY from_seq")
    .all(hookId)
    .map((row) => ({
      hook_id: row.hook_id,
      version_id: row.version_id,
      from_seq: row.from_seq,
      ...(row.until_seq === null ? {} : { until_seq: row.until_seq }),
      ...(row.ended_by === null ? {} : { ended_by: row.ended_by }),
    }));
}
