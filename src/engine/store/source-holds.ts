import { getMeta, setMeta } from "./meta.ts";
import type { Store } from "./open.ts";

/** What an operator has decided about a source. It is there for as long as anything of the source waits. */
export interface SourceHold {
  /** What stands before the colon of its events' ids. */
  readonly source: string;
  /** Unix ms; none when it was released, and what waited is on its way. */
  readonly held_at?: number;
  readonly held_by?: string;
  readonly reason?: string;
  /** What waits up to this seq is discarded, and why. */
  readonly discard_until_seq?: number;
  readonly discard_reason?: string;
}

interface HoldRow {
  source: string;
  held_at: number | null;
  held_by: string | null;
  reason: string | null;
  discard_until_seq: number | null;
  discard_reason: string | null;
}

/** By name. */
export function sourceHolds(store: Store): SourceHold[] {
  return store.db.query<HoldRow, []>("SELECT * FROM held_sources ORDER BY source").all().map(toHold);
}

export function sourceHold(store: Store, source: string): SourceHold | undefined {
  const row = store.db.query<HoldRow, [string]>("SELECT * FROM held_sources WHERE source = ?").get(source);
  return row === null ? undefined : toHold(row);
}

/** Inside a transaction. A running daemon follows. */
export function saveSourceHold(store: Store, given: SourceHold): void {
  const hold = store.redactor.value(given);
  store.db
    .query("INSERT OR REPLACE INTO held_sources(source, held_at, held_by, reason, discard_until_seq, discard_reason) VALUES (?, ?, ?, ?, ?, ?)")
    .run(hold.source, hold.held_at ?? null, hold.held_by ?? null, hold.reason ?? null, hold.discard_until_seq ?? null, hold.discard_reason ?? null);
  setMeta(store, "sources_generation", sourcesGeneration(store) + 1);
}

/** Inside a transaction: the source is as any other, unless it was held again, or something of it waits. */
export function forgetSourceHold(store: Store, source: string): void {
  store.db.query("DELETE FROM held_sources WHERE source = ?1 AND held_at IS NULL AND NOT EXISTS (SELECT 1 FROM held_events WHERE source = ?1)").run(source);
}

/** Grows with each word on a source. */
export function sourcesGeneration(store: Store): number {
  return getMeta(store, "sources_generation") ?? 0;
}

function toHold(row: HoldRow): SourceHold {
  const entries = Object.entries(row).filter(([, value]) => value !== null);
  // Of a row without its nulls, `source` is never null.
  return Object.fromEntries(entries) as unknown as SourceHold;
}
