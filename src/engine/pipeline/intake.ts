import type { NewEvent, StoredEvent } from "../core/event.ts";
import type { Hook } from "../core/hook.ts";
import { eventsAfter, lastSeq } from "../store/event-queries.ts";
import { insertEvents } from "../store/events.ts";
import { hookIdsEvaluated } from "../store/invocation-queries.ts";
import type { Store } from "../store/open.ts";
import type { TriggerIndex } from "../registry/trigger-index.ts";
import type { Evaluation } from "./evaluation.ts";
import type { EraIndex } from "./era-index.ts";
import { route } from "./router.ts";
import type { Watermark } from "./watermark.ts";

/** Events read from the ledger at a time when evaluation is behind. */
const PAGE = 500;

export interface Accepted {
  readonly event: StoredEvent;
  /** It was there already: stored once, evaluated once. */
  readonly duplicate: boolean;
}

export interface IntakeParts {
  readonly store: Store;
  readonly index: TriggerIndex;
  readonly eras: EraIndex;
  readonly evaluation: Evaluation;
  readonly watermark: Watermark;
  readonly persona: string;
  readonly maxDepth: number;
  /** (event, hook) pairs held in memory; what is beyond stays in the ledger until there is room. */
  readonly maxPairs: number;
}

/**
 * Brings stored events to evaluation, each once and in the order of the ledger. What this process stores itself goes
 * straight on from memory; what others stored, what a crash left, and what did not fit is read from the ledger.
 */
export class Intake {
  readonly #parts: IntakeParts;
  /** Everything up to here has been routed. */
  #routed: number;
  /** The highest seq known to exist. */
  #last: number;
  /** Events up to here may have been evaluated before a crash. */
  readonly #recovering: number;
  #fresh: StoredEvent[] = [];

  constructor(parts: IntakeParts) {
    this.#parts = parts;
    this.#routed = parts.watermark.cursor;
    this.#last = lastSeq(parts.store);
    this.#recovering = this.#last;
  }

  get behind(): number {
    return this.#last - this.#routed;
  }

  /** Inside a transaction: another process has written; see how far the ledger goes now. */
  refresh(): void {
    this.#last = lastSeq(this.#parts.store);
  }

  /** Inside a transaction: stores events. They are routed by `feed`, after the commit. */
  accept(events: readonly NewEvent[]): Accepted[] {
    // Only what follows directly on what is routed, or waits to be, may skip the way through the ledger.
    const inOrder = (this.#fresh.at(-1)?.seq ?? this.#routed) === this.#last;
    const accepted = insertEvents(this.#parts.store, events, { maxDepth: this.#parts.maxDepth });
    for (const { event, duplicate } of accepted) {
      if (duplicate) continue;
      this.#last = event.seq;
      if (inOrder) this.#fresh.push(event);
    }
    return accepted;
  }

  /** After a commit: routes what is new, from memory where it can, from the ledger where it must. */
  feed(): void {
    const { watermark, maxPairs, evaluation } = this.#parts;
    const fresh = this.#fresh;
    this.#fresh = [];
    for (const event of fresh) {
      if (watermark.pairs >= maxPairs) break;
      this.#route(event, this.#indexFor(event));
    }
    while (this.#routed < this.#last && watermark.pairs < maxPairs) {
      const page = eventsAfter(this.#parts.store, this.#routed, PAGE);
      for (const event of page) this.#route(event, this.#indexFor(event));
      if (page.length === 0) this.#routed = this.#last;
    }
    evaluation.pump();
  }

  #indexFor(event: StoredEvent): TriggerIndex {
    return this.#parts.eras.indexFor(event.seq) ?? this.#parts.index;
  }

  #route(event: StoredEvent, index: TriggerIndex): void {
    const { hooks, job } = route(event, index, this.#parts.persona);
    const wanted = event.seq > this.#recovering ? hooks : this.#notYet(event, hooks);
    this.#routed = event.seq;
    this.#parts.watermark.add(event.seq, wanted.length);
    for (const hook of wanted) this.#parts.evaluation.enqueue(hook.id, job());
  }

  #notYet(event: StoredEvent, hooks: readonly Hook[]): Hook[] {
    if (hooks.length === 0) return [];
    const done = hookIdsEvaluated(this.#parts.store, event.id);
    return hooks.filter((hook) => !done.has(hook.id));
  }
}
