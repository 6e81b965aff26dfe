import type { StoredEvent } from "../core/event.ts";
import type { Hook } from "../core/hook.ts";
import type { Job } from "../runtime/job.ts";
import { heldEvents } from "../store/held-events.ts";
import type { Store } from "../store/open.ts";
import type { Evaluation } from "./evaluation.ts";
import type { Holds, KnownHold } from "./holds.ts";
import type { Recovery } from "./recovery.ts";
import type { RunWatcher } from "./run-watcher.ts";
import type { StageGate } from "./stage-gate.ts";
import type { Watermark } from "./watermark.ts";

/** So many released pairs are under way at once: enough for full speed, and what comes meanwhile waits for no more of them. */
const MOST_PAIRS = 1_000;
const PAGE = 100;

interface ReleaseParts {
  readonly store: Store;
  readonly holds: Holds;
  readonly evaluation: Evaluation;
  readonly watermark: Watermark;
  readonly recovery: Recovery;
  /** One of its own: what was released waits for its stage hooks beside the ledger's stream. */
  readonly gate: StageGate;
  readonly watcher: RunWatcher;
  /** Runs work in the next commit. */
  readonly commit: (work: () => void) => void;
}

/** The hooks that were active when the event was accepted and have no outcome for it, and the job each of them gets. */
export type Unfinished = (event: StoredEvent) => { readonly hooks: readonly Hook[]; readonly job: () => Job };

/**
 * Hands out what was held, once its source is released: in the order of the ledger, beside the ledger's stream, by the
 * activations of the time when it was accepted. An event's row goes in the transaction of its last outcome, so after a
 * crash the rows that are left say what is to be done, and the outcomes that are there what is not.
 */
export class Release {
  readonly #parts: ReleaseParts;
  #pairs = 0;

  constructor(parts: ReleaseParts) {
    this.#parts = parts;
  }

  /** Nothing waits to be handed out but what is held. */
  get isIdle(): boolean {
    return [...this.#parts.holds.busy].length === 0;
  }

  /** Hands out what there is room for; never what the ledger's stream has not come to, so that nothing overtakes it. */
  feed(routed: number, unfinished: Unfinished): void {
    for (const known of this.#parts.holds.busy) this.#drain(known, routed, unfinished);
  }

  /** Hands out one event, each pair to wait for its lease. `waiting`: a commit comes before the next. */
  feedOne(routed: number, unfinished: Unfinished): "given" | "waiting" | "nothing" {
    for (const known of this.#parts.holds.busy) {
      const [event] = this.#next(known, routed, 1);
      if (event !== undefined) return this.#give(known, event, unfinished, true) && event.seq > (known.hold.discard_until_seq ?? 0) ? "given" : "waiting";
      if (known.taken > 0) return "waiting";
      this.#parts.holds.handedOut(known, routed);
    }
    return "nothing";
  }

  #drain(known: KnownHold, routed: number, unfinished: Unfinished): void {
    for (;;) {
      const page = this.#next(known, routed, PAGE);
      for (const event of page) {
        if (this.#pairs >= MOST_PAIRS || !this.#give(known, event, unfinished, false)) return;
      }
      if (page.length < PAGE) return this.#parts.holds.handedOut(known, routed);
    }
  }

  #next({ hold, handed, taken, takenFrom }: KnownHold, routed: number, limit: number): StoredEvent[] {
    // After a restart the ledger's stream comes to events that have their row already: it must be through with them first.
    const settled = taken === 0 ? routed : Math.min(routed, takenFrom - 1);
    const until = hold.held_at === undefined ? settled : Math.min(settled, hold.discard_until_seq ?? 0);
    return until <= handed ? [] : heldEvents(this.#parts.store, hold.source, { after: handed, until, limit });
  }

  /** False when it has to wait for stage hooks. */
  #give(known: KnownHold, stored: StoredEvent, unfinished: Unfinished, single: boolean): boolean {
    const { gate, watcher, evaluation, recovery } = this.#parts;
    const { discard_until_seq: until = 0, discard_reason: reason = "discarded" } = known.hold;
    const discarded = stored.seq <= until;
    if (!discarded && gate.isWaiting) return false;
    const event = discarded ? stored : gate.pass(stored, true);
    if (event === undefined) return false;
    known.handed = event.seq;
    const { hooks, job } = unfinished(event);
    this.#begin(event, hooks.length + (discarded ? 0 : watcher.watch(event)));
    for (const hook of hooks) {
      if (discarded) evaluation.discard(hook.id, job(), reason);
      else if (single) recovery.add(hook.id, job());
      else evaluation.enqueue(hook.id, job());
    }
    return true;
  }

  #begin(event: StoredEvent, pairs: number): void {
    const { watermark, holds, commit } = this.#parts;
    // One that nobody sees is work, too: a row that goes.
    const weight = Math.max(1, pairs);
    this.#pairs += weight;
    const ended = (): void => {
      this.#pairs -= weight;
      holds.end(event);
    };
    // Called in the transaction of the last outcome.
    if (pairs > 0) watermark.aside(event.seq, pairs, ended);
    else commit(ended);
  }
}
