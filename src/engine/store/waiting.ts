import { NexusError } from "../core/errors.ts";
import { lastSeq } from "./event-queries.ts";
import { getMeta } from "./meta.ts";
import type { Store } from "./open.ts";

/** Stored events that are not evaluated yet. */
export function countWaiting(store: Store): number {
  return Math.max(0, lastSeq(store) - (getMeta(store, "eval_cursor") ?? 0));
}

/** Inside the transaction that is about to store events. Throws QUEUE_FULL when too many wait already, or would with all of `more`. */
export function refuseWhenFull(store: Store, maxWaiting: number, more = 1): void {
  const waiting = countWaiting(store);
  if (waiting + more <= maxWaiting) return;
  throw new NexusError("QUEUE_FULL", `${waiting} events wait for evaluation${more === 1 ? "" : `, and ${more} would come to them`}; events.max_waiting is ${maxWaiting}`, {
    hint: "nothing was stored; start `nexus serve` if it is not running, or try again later",
  });
}
