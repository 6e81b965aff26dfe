import { firstReleasedSeq } from "./held-events.ts";
import { getMeta, setMeta } from "./meta.ts";
import type { Store } from "./open.ts";

/** What a start found. */
export interface Start {
  /** This daemon's number: each start of a home has a greater one. */
  readonly epoch: number;
  /** The daemon before it ended in order. */
  readonly clean: boolean;
  /** How often in a row a daemon has ended at this place of the ledger without getting any further; 0 after a clean stop. */
  readonly recoveries: number;
}

/** Writes down that a daemon begins, before it does anything else: a crash from here on is seen by the next start. */
export function beginEpoch(store: Store): Start {
  return store.write(() => {
    const before = getMeta(store, "epoch") ?? 0;
    const clean = isCleanStop(store);
    const cursor = getMeta(store, "eval_cursor") ?? 0;
    // What was released stands before the cursor, which goes on without it.
    const released = firstReleasedSeq(store) ?? 0;
    const samePlace = getMeta(store, "recovery_cursor") === cursor || (released > 0 && getMeta(store, "recovery_released") === released);
    const recoveries = clean ? 0 : samePlace ? (getMeta(store, "recoveries") ?? 0) + 1 : 1;
    setMeta(store, "epoch", before + 1);
    setMeta(store, "clean_stop", 0);
    setMeta(store, "recoveries", recoveries);
    setMeta(store, "recovery_cursor", cursor);
    setMeta(store, "recovery_released", released);
    return { epoch: before + 1, clean, recoveries };
  });
}

/** The last daemon ended in order; true also when there never was one. */
export function isCleanStop(store: Store): boolean {
  return getMeta(store, "epoch") === undefined || getMeta(store, "clean_stop") === 1;
}

/** Whether this daemon still is the home's: no other has started since. */
export function isCurrentEpoch(store: Store, epoch: number): boolean {
  return getMeta(store, "epoch") === epoch;
}

/** The last thing an orderly stop writes. */
export function endEpoch(store: Store): void {
  store.write(() => setMeta(store, "clean_stop", 1));
}
