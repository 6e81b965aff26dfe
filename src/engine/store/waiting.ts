import { NexusError } from "../core/errors.ts";
import type { NewEvent } from "../core/event.ts";
import { lastSeq } from "./event-queries.ts";
import { countHeldEvents } from "./held-events.ts";
import { getMeta } from "./meta.ts";
import type { Store } from "./open.ts";
import { sourceHold } from "./source-holds.ts";

/** Stored events that are not evaluated yet. */
export function countWaiting(store: Store): number {
  return Math.max(0, lastSeq(store) - (getMeta(store, "eval_cursor") ?? 0));
}

/**
 * Inside the transaction that is about to store events. Throws QUEUE_FULL when too many wait already, or would with all of `more`. What is held has a
 * room of its own, as large: a held source takes nobody else's, and only its own events are refused when it is full.
 */
export function refuseWhenFull(store: Store, maxWaiting: number, events: readonly Pick<NewEvent, "source_adapter">[], more = 1): void {
  const source = [...new Set(events.map(({ source_adapter }) => source_adapter))].find((name) => sourceHold(store, name) !== undefined);
  const held = source === undefined ? 0 : countHeldEvents(store);
  if (source !== undefined && held >= maxWaiting) throw heldFull(source, held, maxWaiting);
  const waiting = countWaiting(store);
  if (waiting + more <= maxWaiting) return;
  throw new NexusError("QUEUE_FULL", `${waiting} events wait for evaluation${more === 1 ? "" : `, and ${more} would come to them`}; events.max_waiting is ${maxWaiting}`, {
    hint: "nothing was stored; start `nexus serve` if it is not running, or try again later",
  });
}

/** A source is held, and the room for what is held is full. */
export function heldFull(source: string, held: number, maxWaiting: number): NexusError {
  return new NexusError("QUEUE_FULL", `${source} is held, and ${held} held events wait; events.max_waiting is ${maxWaiting}`, {
    hint: `nothing was stored; \`nexus sources release ${source}\` lets them go, with --discard without evaluating them`,
    next: ["nexus sources list"],
  });
}
