import { getMeta, setMeta } from "../meta.ts";
import type { Store } from "../open.ts";
import { clearEvent, type GoingEvent } from "./clear-event.ts";
import { foldRows, IS_BORING, removeLog, type FoldedRow } from "./invocation-walk.ts";
import type { RemovalRecord } from "./retention-log.ts";

interface WalkLimits {
  /** Received before, Unix ms; everything else stays. */
  readonly before: number;
  /** Unix ms. What claims to be newer came while the clock was wrong, and does not hold up what is old. */
  readonly now: number;
  readonly rows: number;
  /** `bytes`: with all that was made of it, unless a dispatch is pending. `age`: only when nothing of it is kept. */
  readonly why: "age" | "bytes";
}

interface WalkedEvent extends GoingEvent {
  readonly kept: number;
}

/**
 * Inside a transaction: looks at the next events in the order of the ledger and removes those that are too old. Never one
 * that evaluation has not passed, nor one that is held, nor one with a pending dispatch, nor the newest: the ledger's end is read from it.
 * Returns the seq it came to; undefined when there was nothing more.
 */
export function walkEvents(store: Store, after: number, limits: WalkLimits, record: RemovalRecord): number | undefined {
  const held = "EXISTS (SELECT 1 FROM held_events h WHERE h.source = e.source_adapter AND h.seq = e.seq)";
  const kept = limits.why === "bytes" ? "EXISTS (SELECT 1 FROM dispatches d WHERE d.event_id = e.id AND d.status IN ('pending', 'running'))" : `(EXISTS (SELECT 1 FROM dispatches d WHERE d.event_id = e.id)
    OR EXISTS (SELECT 1 FROM hook_invocations i WHERE i.event_id = e.id AND NOT ${IS_BORING}))`;
  const events = store.db
    .query<WalkedEvent, [number, number, number]>(
      `SELECT e.seq, e.id, e.received_at, e.content, e.thread_id, (${held} OR ${kept}) AS kept FROM events e
       WHERE e.seq > ?1 AND e.seq <= ?2 AND e.seq < (SELECT max(seq) FROM events) ORDER BY e.seq LIMIT ?3`,
    )
    .all(after, getMeta(store, "eval_cursor") ?? 0, limits.rows);
  let came: number | undefined;
  for (const event of events) {
    if (event.received_at >= limits.before && event.received_at <= limits.now) break;
    came = event.seq;
    if (event.kept === 1 || event.received_at > limits.now) continue;
    removeInvocations(store, event, limits.why, record);
    clearEvent(store, event, limits.why, record);
    noteHorizon(store, event);
  }
  return came;
}

function removeInvocations(store: Store, event: WalkedEvent, why: "age" | "bytes", record: RemovalRecord): void {
  const rows = store.db
    .query<FoldedRow & { id: string; boring: number }, [string]>(`SELECT i.rowid, i.id, i.hook_id, i.outcome, i.finished_at, ${IS_BORING} AS boring FROM hook_invocations i WHERE i.event_id = ?`)
    .all(event.id);
  foldRows(store, rows.filter(({ boring }) => boring === 1), why === "bytes" ? "bytes" : "folded", record);
  for (const { rowid, id, boring, finished_at } of rows) {
    if (boring === 1) continue;
    store.db.query("DELETE FROM hook_invocations WHERE rowid = ?").run(rowid);
    record.add("logs", why, removeLog(store, id), finished_at);
    record.add("invocations", why, 1, finished_at);
  }
  record.add("dispatches", why, store.db.query("DELETE FROM dispatches WHERE event_id = ?").run(event.id).changes, event.received_at);
}

function noteHorizon(store: Store, event: WalkedEvent): void {
  if (event.seq > (getMeta(store, "horizon_seq") ?? 0)) setMeta(store, "horizon_seq", event.seq);
  if (event.received_at > (getMeta(store, "horizon_at") ?? 0)) setMeta(store, "horizon_at", event.received_at);
}
