import { NexusError } from "../core/errors.ts";
import { heldFull } from "../store/waiting.ts";
import type { Holds } from "./holds.ts";

/** Settings of `[events]`. */
interface GateLimits {
  /** Events, and their bytes, that may wait to be committed. */
  readonly max_uncommitted: number;
  readonly max_uncommitted_bytes: number;
  /** Events that may wait for evaluation. */
  readonly max_waiting: number;
}

type Held = Pick<Holds, "count" | "isHolding">;
const NOTHING_HELD: Held = { count: 0, isHolding: () => false };

/** So many of the newest calls say who makes the noise. */
const NEWEST = 1_024;

/**
 * Decides whether new events may come in, so that no queue grows without bound and no source takes the place of the
 * others. Who is over a limit is told so, and nothing of it is stored. The timer is never refused.
 *
 * - Of what waits to be committed, one source may have half.
 * - Once half of `max_waiting` wait for evaluation, a source that made more than half of the newest 1 024 calls is
 *   refused, until it is quieter or the queue shorter; at `max_waiting` every source is.
 * - Held events are not among those: at `max_waiting` of them, only sources that are held are refused.
 */
export class Gate {
  readonly #limits: GateLimits;
  readonly #waiting: () => number;
  readonly #held: Held;
  readonly #uncommitted = new Map<string, number>();
  #count = 0;
  #bytes = 0;
  readonly #newest: string[] = [];
  #next = 0;
  readonly #shares = new Map<string, number>();

  /** `waiting`: how many stored events are not evaluated yet. `held`: what is held, which has a room of its own. */
  constructor(limits: GateLimits, waiting: () => number, held: Held = NOTHING_HELD) {
    this.#limits = limits;
    this.#waiting = waiting;
    this.#held = held;
  }

  /** Stores events, all of one source. Throws QUEUE_FULL, and stores nothing, when they may not come in. */
  async through<T>(events: readonly { readonly source_adapter: string }[], bytes: number, store: () => Promise<T>): Promise<T> {
    const source = events[0]?.source_adapter ?? "";
    this.enter(source, events.length, bytes);
    try {
      return await store();
    } finally {
      this.leave(source, events.length, bytes);
    }
  }

  /** Takes events of one source in; `leave` follows once they are committed, or were not. Throws QUEUE_FULL. */
  enter(source: string, count: number, bytes: number): void {
    const { max_uncommitted: maxUncommitted, max_uncommitted_bytes: maxBytes } = this.#limits;
    const own = (this.#uncommitted.get(source) ?? 0) + count;
    // One call is always let in when nothing waits: a limit must not make a large batch impossible.
    if (this.#count > 0) {
      if (this.#count + count > maxUncommitted) throw full(`${this.#count} events wait to be committed; events.max_uncommitted is ${maxUncommitted}`);
      if (own > maxUncommitted / 2) throw full(`${own - count} events of ${source} wait to be committed; one source may have half of events.max_uncommitted = ${maxUncommitted}`);
      if (this.#bytes + bytes > maxBytes) throw full(`${this.#bytes} bytes of events wait to be committed; events.max_uncommitted_bytes is ${maxBytes}`);
    }
    this.#checkWaiting(source);
    this.#uncommitted.set(source, own);
    this.#count += count;
    this.#bytes += bytes;
    this.#remember(source);
  }

  leave(source: string, count: number, bytes: number): void {
    const left = (this.#uncommitted.get(source) ?? 0) - count;
    if (left > 0) this.#uncommitted.set(source, left);
    else this.#uncommitted.delete(source);
    this.#count -= count;
    this.#bytes -= bytes;
  }

  #checkWaiting(source: string): void {
    const { max_waiting: maxWaiting } = this.#limits;
    if (this.#held.isHolding(source) && this.#held.count >= maxWaiting) throw heldFull(source, this.#held.count, maxWaiting);
    const waiting = this.#waiting();
    if (waiting < maxWaiting / 2) return;
    if (waiting >= maxWaiting) throw full(`${waiting} events wait for evaluation; events.max_waiting is ${maxWaiting}`);
    const share = this.#shares.get(source) ?? 0;
    if (share > NEWEST / 2) throw full(`${waiting} events wait for evaluation, and ${source} made ${share} of the newest ${NEWEST} calls; it is let in again once it makes fewer, or fewer than ${maxWaiting / 2} wait`);
  }

  /** One call counts once, however many events it brings: it is one turn at the gate. */
  #remember(source: string): void {
    const old = this.#newest[this.#next];
    if (old !== undefined) {
      const left = (this.#shares.get(old) ?? 1) - 1;
      if (left > 0) this.#shares.set(old, left);
      else this.#shares.delete(old);
    }
    this.#newest[this.#next] = source;
    this.#next = (this.#next + 1) % NEWEST;
    this.#shares.set(source, (this.#shares.get(source) ?? 0) + 1);
  }
}

function full(message: string): NexusError {
  return new NexusError("QUEUE_FULL", message, { hint: "nothing was stored; try again later" });
}
