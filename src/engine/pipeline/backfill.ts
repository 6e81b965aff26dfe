import { NexusError, type ErrorCode } from "../core/errors.ts";
import { eventsInOrder, firstSeqSince, type EventFilter } from "../store/event-queries.ts";
import type { Store } from "../store/open.ts";
import type { Replay, Replayer } from "./replay.ts";

/** Events of one backfill: what one transaction stores without holding up a running daemon. */
export const MOST_REPLAYS = 1_000;
/** Events that are looked at to find them. */
const MOST_LOOKED_AT = 20_000;
/** Of their texts and metadata: they are held in memory until they are stored. */
const MOST_CHARACTERS = 64 * 1_048_576;
const PAGE = 100;

export type BackfillFilter = Pick<EventFilter, "type" | "channel" | "until" | "after"> & { readonly since: number; readonly limit: number };

export interface Backfill {
  /** In the order of the ledger. */
  readonly replays: readonly Replay[];
  /** Events of the range that are not replayed, by the code that says why. */
  readonly skipped: Readonly<Partial<Record<ErrorCode, number>>>;
  /** There are more; they come after this event. */
  readonly continueAfter?: string;
}

/** The originals of a time that a hook would see again, oldest first. Copies are not copied again. */
export function planBackfill(store: Store, replayer: Replayer, { since, limit, after = 0, ...filter }: BackfillFilter): Backfill {
  const first = firstSeqSince(store, since);
  const replays: Replay[] = [];
  const skipped: Partial<Record<ErrorCode, number>> = {};
  let [looked, characters] = [0, 0];
  let last: { readonly id: string; readonly seq: number } | undefined;
  let seq = Math.max(after, (first ?? 0) - 1);
  for (let page = first === undefined ? [] : next(); page.length > 0; page = next()) {
    for (const event of page) {
      if (last !== undefined && (replays.length >= limit || looked >= MOST_LOOKED_AT || characters >= MOST_CHARACTERS)) return { replays, skipped, continueAfter: last.id };
      const judged = replayer.judge(event);
      if (judged instanceof NexusError) skipped[judged.code] = (skipped[judged.code] ?? 0) + 1;
      else {
        replays.push(judged);
        characters += (event.content?.length ?? 0) + JSON.stringify(event.metadata).length;
      }
      looked += 1;
      last = event;
      seq = event.seq;
    }
  }
  return { replays, skipped };

  function next(): ReturnType<typeof eventsInOrder> {
    return eventsInOrder(store, { ...filter, since, after: seq, originals: true, limit: PAGE });
  }
}
