import type { StoredEvent } from "../core/event.ts";
import { toEvent, type EventRow } from "./event-queries.ts";
import { getMeta } from "./meta.ts";
import type { Store } from "./open.ts";

/** Inside the transaction in which the cursor may pass it. False when it waits already: a restart comes to it again. */
export function holdEvent(store: Store, { source_adapter, seq }: Pick<StoredEvent, "source_adapter" | "seq">): boolean {
  return store.db.query("INSERT OR IGNORE INTO held_events(source, seq) VALUES (?, ?)").run(source_adapter, seq).changes > 0;
}

/** Inside a transaction: the event has all its outcomes. */
export function endHeldEvent(store: Store, { source_adapter, seq }: Pick<StoredEvent, "source_adapter" | "seq">): void {
  store.db.query("DELETE FROM held_events WHERE source = ? AND seq = ?").run(source_adapter, seq);
}

export function isHeldEvent(store: Store, { source_adapter, seq }: Pick<StoredEvent, "source_adapter" | "seq">): boolean {
  return store.db.query("SELECT 1 FROM held_events WHERE source = ? AND seq = ?").get(source_adapter, seq) !== null;
}

/** In the order of the ledger, from behind one seq up to another. */
export function heldEvents(store: Store, source: string, range: { readonly after: number; readonly until: number; readonly limit: number }): StoredEvent[] {
  return store.db
    .query<EventRow, [string, number, number, number]>("SELECT e.* FROM held_events h JOIN events e ON e.seq = h.seq WHERE h.source = ? AND h.seq > ? AND h.seq <= ? ORDER BY h.seq LIMIT ?")
    .all(source, range.after, range.until, range.limit)
    .map(toEvent);
}

/** The first seq of the source that waits behind another. */
export function nextHeldSeq(store: Store, source: string, after: number): number | undefined {
  return store.db.query<{ seq: number }, [string, number]>("SELECT seq FROM held_events WHERE source = ? AND seq > ? ORDER BY seq LIMIT 1").get(source, after)?.seq;
}

/** Of one source, or of all. */
export function countHeldEvents(store: Store, source?: string): number {
  const row = source === undefined ? store.db.query<{ n: number }, []>("SELECT count(*) AS n FROM held_events").get() : store.db.query<{ n: number }, [string]>("SELECT count(*) AS n FROM held_events WHERE source = ?").get(source);
  return row?.n ?? 0;
}

/** Events of a source with a hold that wait: held ones, and those behind the cursor, whose turn has not come. */
export function countWaitingOf(store: Store, source: string): number {
  const behind = store.db
    .query<{ n: number }, [string, number]>(
      `SELECT count(*) AS n FROM events e INDEXED BY idx_events_source WHERE e.source_adapter = ? AND e.seq > ?
         AND NOT EXISTS (SELECT 1 FROM held_events h WHERE h.source = e.source_adapter AND h.seq = e.seq)`,
    )
    .get(source, getMeta(store, "eval_cursor") ?? 0);
  return countHeldEvents(store, source) + (behind?.n ?? 0);
}

/** Up to here every event has its outcomes: the cursor, or what stands before the first event that is held. */
export function evaluatedUpTo(store: Store): number {
  const cursor = getMeta(store, "eval_cursor") ?? 0;
  const first = store.db.query<{ first: number | null }, []>("SELECT min(seq) AS first FROM held_events").get()?.first;
  return first === null || first === undefined ? cursor : Math.min(cursor, first - 1);
}

/** The first event that was released and has not all its outcomes. */
export function firstReleasedSeq(store: Store): number | undefined {
  const row = store.db
    .query<{ first: number | null }, []>(
      `SELECT min(first) AS first FROM (SELECT (SELECT min(h.seq) FROM held_events h WHERE h.source = s.source) AS first, s.held_at, s.discard_until_seq FROM held_sources s)
       WHERE held_at IS NULL OR first <= discard_until_seq`,
    )
    .get();
  return row?.first ?? undefined;
}
