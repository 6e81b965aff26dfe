import type { StoredEvent } from "../core/event.ts";
import { countHeldEvents, endHeldEvent, holdEvent, nextHeldSeq } from "../store/held-events.ts";
import type { Store } from "../store/open.ts";
import { forgetSourceHold, sourceHolds, sourcesGeneration, type SourceHold } from "../store/source-holds.ts";

/** A source of which something is held, or on its way. */
export interface KnownHold {
  hold: SourceHold;
  /** Everything of it up to this seq was handed out by this process. */
  handed: number;
  /** Something may be there to be handed out. */
  busy: boolean;
  /** Released, and nothing is left to be handed out: its next event may go straight on without overtaking one. */
  drained: boolean;
  /** Rows of `held_events`. */
  rows: number;
  /** Events on their way to a row, and the first of them. All of them get it at once. */
  taken: number;
  takenFrom: number;
}

interface HoldsParts {
  readonly store: Store;
  /** Runs work in the next commit. */
  readonly commit: (work: () => void) => void;
}

/**
 * Which sources are held, as the daemon knows it, and what becomes of their events when their turn comes:
 *
 *   free ── hold ──▶ held ── release ──▶ draining ── all is handed out ──▶ drained ── all has its outcomes ──▶ free
 *                     ▲                     │                                │
 *                     └────── hold ─────────┴────────────────────────────────┘
 *
 * In `held` and `draining` an event of the source gets a row in `held_events` instead of going to its hooks, in the
 * transaction in which the cursor may pass it; so other sources go on, and a crash finds the row or the event behind the
 * cursor. With nothing held an event costs one look at the size of a map.
 */
export class Holds {
  readonly #parts: HoldsParts;
  readonly #known = new Map<string, KnownHold>();
  #generation = -1;
  #taken: { readonly event: StoredEvent; readonly known: KnownHold; readonly written: () => void }[] = [];

  constructor(parts: HoldsParts) {
    this.#parts = parts;
    this.refresh();
  }

  /** First in a transaction: somebody may have held or released a source. */
  refresh(): void {
    const { store } = this.#parts;
    const generation = sourcesGeneration(store);
    if (generation === this.#generation) return;
    this.#generation = generation;
    for (const hold of sourceHolds(store)) {
      const known = this.#known.get(hold.source) ?? { hold, handed: 0, busy: true, drained: false, rows: countHeldEvents(store, hold.source), taken: 0, takenFrom: 0 };
      this.#known.set(hold.source, known);
      known.hold = hold;
      known.busy = true;
      if (hold.held_at !== undefined) known.drained = false;
    }
  }

  /** Those of which something may be handed out. */
  get busy(): Iterable<KnownHold> {
    return this.#known.values().filter(({ busy }) => busy);
  }

  /** Events that are held. */
  get count(): number {
    let count = 0;
    for (const { rows, taken } of this.#known.values()) count += rows + taken;
    return count;
  }

  /** Whether events of the source wait now. */
  isHolding(source: string): boolean {
    return this.#known.get(source)?.drained === false;
  }

  /** Whether the event, whose turn has come, is to wait. */
  catches(event: StoredEvent): boolean {
    return this.#known.size > 0 && this.isHolding(event.source_adapter);
  }

  /** Makes the event wait; `written` is called in the transaction that writes it down. */
  take(event: StoredEvent, written: () => void): void {
    const known = this.#known.get(event.source_adapter);
    if (known === undefined) throw new Error(`${event.id} is not held`);
    if (known.taken === 0) known.takenFrom = event.seq;
    known.taken += 1;
    if (this.#taken.push({ event, known, written }) === 1) this.#parts.commit(() => this.#write());
  }

  /** Inside a transaction: a held event has all its outcomes. */
  end(event: StoredEvent): void {
    endHeldEvent(this.#parts.store, event);
    const known = this.#known.get(event.source_adapter);
    if (known === undefined) return;
    known.rows -= 1;
    this.#forget(known);
  }

  /** Nothing of it is left to be handed out. `routed`: how far the ledger is. */
  handedOut(known: KnownHold, routed: number): void {
    // What is to be discarded may not have come to its turn yet.
    known.busy = routed < (known.hold.discard_until_seq ?? 0);
    if (known.busy || known.hold.held_at !== undefined || known.taken > 0 || nextHeldSeq(this.#parts.store, known.hold.source, known.handed) !== undefined) return;
    known.drained = true;
    if (known.rows === 0) this.#parts.commit(() => this.#forget(known));
  }

  #write(): void {
    for (const { event, known, written } of this.#taken.splice(0)) {
      if (holdEvent(this.#parts.store, event)) known.rows += 1;
      known.taken -= 1;
      known.busy = true;
      written();
    }
  }

  #forget(known: KnownHold): void {
    if (!known.drained || known.rows > 0 || known.taken > 0) return;
    forgetSourceHold(this.#parts.store, known.hold.source);
    this.#known.delete(known.hold.source);
  }
}
