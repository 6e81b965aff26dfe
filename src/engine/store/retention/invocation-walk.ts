import type { Outcome } from "../../core/invocation.ts";
import { HOUR_MS } from "../../core/retention.ts";
import { getMeta, setMeta } from "../meta.ts";
import type { Store } from "../open.ts";
import type { RemovalRecord } from "./retention-log.ts";

/**
 * It did not fire, or did not run, and nobody could learn more from its row than that. A fire, a failure, a result, a
 * warning, a log or a model's call is interesting and stays.
 */
export const IS_BORING = `(i.fired = 0 AND i.result_json IS NULL AND i.error IS NULL AND i.llm_calls = 0
  AND (i.outcome = 'no_fire' AND i.reason IS NULL OR substr(i.outcome, 1, 8) = 'skipped_')
  AND NOT EXISTS (SELECT 1 FROM invocation_logs l WHERE l.invocation_id = i.id))`;

export interface FoldedRow {
  readonly rowid: number;
  readonly hook_id: string;
  readonly outcome: Outcome;
  readonly finished_at: number;
}

interface WalkedRow extends FoldedRow {
  readonly id: string;
  readonly started_at: number;
  readonly boring: number;
  readonly removable: number;
  readonly passed: number;
}

/** Where a walk through the invocations is; it begins at `WALK_START`. */
export interface InvocationPlace {
  readonly startedAt: number;
  readonly rowid: number;
}
export const WALK_START: InvocationPlace = { startedAt: Number.MIN_SAFE_INTEGER, rowid: 0 };

interface WalkLimits {
  /** Boring ones that began before are folded, Unix ms. */
  readonly foldBefore: number;
  /** All others that began before are removed, unless a dispatch of theirs is kept. */
  readonly removeBefore: number;
  readonly rows: number;
  /** Why boring ones go: their age, or the size of the database. */
  readonly why: "folded" | "bytes";
}

/**
 * Inside a transaction: looks at the next rows in the order of their beginning, folds what is boring and removes what is
 * too old. Touches only pairs whose event evaluation is done with: behind the cursor, and of a held event, a row is what tells a restarted
 * engine that the pair was evaluated. Returns where it came to; undefined when there was nothing more.
 */
export function walkInvocations(store: Store, place: InvocationPlace, limits: WalkLimits, record: RemovalRecord): InvocationPlace | undefined {
  const rows = store.db
    .query<WalkedRow, [number, number, number, number, number, number]>(
      `SELECT i.rowid, i.id, i.hook_id, i.outcome, i.started_at, i.finished_at, ${IS_BORING} AS boring,
         i.started_at < ?4 AND NOT EXISTS (SELECT 1 FROM dispatches d WHERE d.event_id = i.event_id AND d.hook_id = i.hook_id) AS removable,
         ifnull((SELECT e.seq <= ?5 AND NOT EXISTS (SELECT 1 FROM held_events h WHERE h.source = e.source_adapter AND h.seq = e.seq)
           FROM events e WHERE e.id = i.event_id), 1) AS passed
       FROM hook_invocations i INDEXED BY idx_invocations_time
       WHERE i.started_at >= ?1 AND (i.started_at > ?1 OR i.rowid > ?2) AND i.started_at < ?3
       ORDER BY i.started_at, i.rowid LIMIT ?6`,
    )
    .all(place.startedAt, place.rowid, limits.foldBefore, limits.removeBefore, getMeta(store, "eval_cursor") ?? 0, limits.rows);
  // The newest row stays: SQLite gives the rowid after the highest, and counts by it must not begin anew.
  const newest = store.db.query<{ last: number | null }, []>("SELECT max(rowid) AS last FROM hook_invocations").get()?.last ?? 0;
  const passed = rows.filter((row) => row.passed === 1 && row.rowid !== newest);
  foldRows(store, passed.filter(({ boring }) => boring === 1), limits.why, record);
  const remove = store.db.query("DELETE FROM hook_invocations WHERE rowid = ?");
  for (const { rowid, id, boring, removable, started_at } of passed) {
    if (boring === 1 || removable === 0) continue;
    remove.run(rowid);
    noteInvocationHorizon(store, started_at);
    record.add("logs", "age", removeLog(store, id), started_at);
    record.add("invocations", "age", 1, started_at);
  }
  const last = rows.at(-1);
  return last === undefined ? undefined : { startedAt: last.started_at, rowid: last.rowid };
}

/** Inside a transaction: an invocation that had something to say was removed. */
export function noteInvocationHorizon(store: Store, at: number): void {
  if (at > (getMeta(store, "invocations_horizon_at") ?? 0)) setMeta(store, "invocations_horizon_at", at);
}

/** Inside a transaction: counts boring rows by hook, hour and outcome, and removes them. */
export function foldRows(store: Store, rows: readonly FoldedRow[], why: "folded" | "bytes", record: RemovalRecord): void {
  const remove = store.db.query("DELETE FROM hook_invocations WHERE rowid = ?");
  const count = store.db.query("INSERT INTO folded_invocations(hook_id, hour, outcome, rows) VALUES (?1, ?2, ?3, ?4) ON CONFLICT(hook_id, hour, outcome) DO UPDATE SET rows = rows + ?4");
  const counts = new Map<string, { readonly row: FoldedRow; rows: number }>();
  for (const row of rows) {
    remove.run(row.rowid);
    record.add("invocations", why, 1, row.finished_at);
    const key = `${row.hook_id} ${Math.floor(row.finished_at / HOUR_MS)} ${row.outcome}`;
    const entry = counts.get(key);
    if (entry === undefined) counts.set(key, { row, rows: 1 });
    else entry.rows += 1;
  }
  for (const { row, rows: n } of counts.values()) count.run(row.hook_id, Math.floor(row.finished_at / HOUR_MS), row.outcome, n);
}

/** Inside a transaction. How many rows went: one or none. */
export function removeLog(store: Store, invocationId: string): number {
  return store.db.query("DELETE FROM invocation_logs WHERE invocation_id = ?").run(invocationId).changes;
}

/** How often a hook had which outcome in the rows that were folded, from one hour to another. */
export function foldedOutcomes(store: Store, hookId: string, from: number, until: number): { outcome: Outcome; rows: number }[] {
  return store.db
    .query<{ outcome: Outcome; rows: number }, [string, number, number]>(
      "SELECT outcome, sum(rows) AS rows FROM folded_invocations WHERE hook_id = ? AND hour BETWEEN ? AND ? GROUP BY outcome ORDER BY rows DESC, outcome",
    )
    .all(hookId, Math.floor(from / HOUR_MS), Math.floor(until / HOUR_MS));
}
