import { setMeta } from "../store/meta.ts";
import type { Store } from "../store/open.ts";

/** How old the written beat may become while commits go on. */
export const BEAT_MS = 5_000;

/**
 * A daemon's sign of life: a time in the database, written along with a commit that happens anyway. An idle daemon
 * commits its timer's beat once a minute, so this never wakes a disk by itself; and because it is written by the event
 * loop through the database, a daemon that is stopped, or hangs, or cannot write, falls silent.
 */
export class Heartbeat {
  readonly #store: Store;
  #last = Number.NEGATIVE_INFINITY;

  constructor(store: Store) {
    this.#store = store;
  }

  /** Inside a transaction. */
  beat(now: number): void {
    if (now - this.#last < BEAT_MS && now >= this.#last) return;
    this.#last = now;
    setMeta(this.#store, "heartbeat", now);
  }
}
