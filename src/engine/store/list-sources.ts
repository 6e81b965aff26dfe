import { DAY_MS, HOUR_MS } from "../core/retention.ts";
import { countWaitingOf } from "./held-events.ts";
import type { Store } from "./open.ts";
import { sourceHolds, type SourceHold } from "./source-holds.ts";

/** One source, and what came of it. */
export interface SourceStanding {
  readonly source: string;
  /** Events stored in the last hour, and in the last 24. */
  readonly last_hour: number;
  readonly last_day: number;
  /** Unix ms; none when none is stored any more. */
  readonly last_event_at?: number;
  readonly hold?: SourceHold;
  /** Events that wait because of the hold. */
  readonly waiting: number;
}

/** How many events of a source are stored behind a seq; `span` says which of the two it is for. */
export type CountBehind = (source: string, after: number, span: "hour" | "day") => number;

interface ListOptions {
  /** More names than this are no list; those with a hold are always in it. */
  readonly most?: number;
  /** For who asks again and again; otherwise everything is counted. */
  readonly count?: CountBehind;
}

const MOST_SOURCES = 1_000;

/**
 * Held ones first, then by how much they bring. Every figure comes from an index, by ranges of the ledger's numbers: where
 * an hour begins is found by halving, which supposes that times grow with the numbers (a clock that was set back blurs it).
 */
export function listSources(store: Store, now: number, { most = MOST_SOURCES, count = (source, after) => countBetween(store, source, after, Number.MAX_SAFE_INTEGER) }: ListOptions = {}): { readonly sources: readonly SourceStanding[]; readonly more: boolean } {
  const holds = new Map(sourceHolds(store).map((hold) => [hold.source, hold]));
  const names = store.db
    .query<{ name: string }, [number]>(
      `WITH RECURSIVE names(name) AS (
         SELECT min(source_adapter) FROM events
         UNION ALL SELECT (SELECT min(source_adapter) FROM events WHERE source_adapter > names.name) FROM names WHERE name IS NOT NULL LIMIT ?)
       SELECT name FROM names WHERE name IS NOT NULL`,
    )
    .all(most + 1)
    .map(({ name }) => name);
  const hour = seqAt(store, now - HOUR_MS);
  const day = seqAt(store, now - DAY_MS);
  const sources = [...new Set([...holds.keys(), ...names.slice(0, most)])].map((source) => standingOf(store, source, { last_hour: count(source, hour, "hour"), last_day: count(source, day, "day") }, holds.get(source)));
  const rank = ({ hold }: SourceStanding): number => (hold?.held_at !== undefined ? 0 : hold !== undefined ? 1 : 2);
  return { sources: sources.sort((a, b) => rank(a) - rank(b) || b.last_day - a.last_day || (a.source < b.source ? -1 : 1)), more: names.length > most };
}

/** Whether an event of the source is stored. */
export function isKnownSource(store: Store, source: string): boolean {
  return store.db.query("SELECT 1 FROM events WHERE source_adapter = ? LIMIT 1").get(source) !== null;
}

/** Events of a source that are stored behind one seq, up to another. */
export function countBetween(store: Store, source: string, after: number, until: number): number {
  return store.db.query<{ n: number }, [string, number, number]>("SELECT count(*) AS n FROM events INDEXED BY idx_events_source WHERE source_adapter = ? AND seq > ? AND seq <= ?").get(source, after, until)?.n ?? 0;
}

function standingOf(store: Store, source: string, counts: Pick<SourceStanding, "last_hour" | "last_day">, hold: SourceHold | undefined): SourceStanding {
  const last = store.db.query<{ received_at: number }, [string]>("SELECT received_at FROM events INDEXED BY idx_events_source WHERE source_adapter = ? ORDER BY seq DESC LIMIT 1").get(source);
  return {
    source,
    ...counts,
    ...(last === null ? {} : { last_event_at: last.received_at }),
    ...(hold === undefined ? {} : { hold }),
    waiting: hold === undefined ? 0 : countWaitingOf(store, source),
  };
}

/** The seq behind which events came at the time or later. */
function seqAt(store: Store, time: number): number {
  const next = store.db.query<{ seq: number; received_at: number }, [number]>("SELECT seq, received_at FROM events WHERE seq > ? ORDER BY seq LIMIT 1");
  let low = 0;
  let high = store.db.query<{ last: number | null }, []>("SELECT max(seq) AS last FROM events").get()?.last ?? 0;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const event = next.get(middle);
    if (event === null || event.received_at >= time) high = middle;
    else low = event.seq;
  }
  return low;
}
