import { lastSeq } from "../../engine/store/event-queries.ts";
import { countBetween, type CountBehind } from "../../engine/store/list-sources.ts";
import { getMeta } from "../../engine/store/meta.ts";
import type { Store } from "../../engine/store/open.ts";

interface Counted {
  readonly after: number;
  readonly until: number;
  /** What was ever removed from the ledger when it was counted. */
  readonly removed: number;
  readonly events: number;
}

/** Two for each source; a screen shows a hundred. */
const MOST_REMEMBERED = 512;

/**
 * Events of each source in the last hour and day, without counting an hour at each look: what came since the last one is added, and
 * what has grown too old taken off. Counting a million events takes 0.15 s (measured).
 */
export class SourceWindow {
  readonly #store: Store;
  readonly #counted = new Map<string, Counted>();

  constructor(store: Store) {
    this.#store = store;
  }

  readonly count: CountBehind = (source, after, span) => {
    const store = this.#store;
    const until = lastSeq(store);
    const removed = getMeta(store, "events_removed") ?? 0;
    const name = `${span} ${source}`;
    const known = this.#counted.get(name);
    // Of rows that retention took nobody knows whether they were counted; and a clock that was set back shows more of the past.
    const usable = known?.removed === removed && after >= known.after && after <= known.until;
    const events = usable ? known.events - countBetween(store, source, known.after, after) + countBetween(store, source, known.until, until) : countBetween(store, source, after, until);
    if (known === undefined && this.#counted.size >= MOST_REMEMBERED) this.#counted.clear();
    this.#counted.set(name, { after, until, removed, events });
    return events;
  };
}
