import type { AccessPolicy } from "../core/access-policy.ts";
import type { NewEvent, StoredEvent } from "../core/event.ts";
import type { Hook } from "../core/hook.ts";
import type { Job } from "../runtime/job.ts";
import { eventsAfter, lastSeq } from "../store/event-queries.ts";
import { insertEvents } from "../store/events.ts";
import { hookIdsEvaluated } from "../store/invocation-queries.ts";
import type { Store } from "../store/open.ts";
import type { TriggerIndex } from "../registry/trigger-index.ts";
import type { Evaluation } from "./evaluation.ts";
import type { EraIndex } from "./era-index.ts";
import type { Holds } from "./holds.ts";
import { Identity } from "./identity.ts";
import type { Recovery } from "./recovery.ts";
import type { Release } from "./release.ts";
import { route } from "./router.ts";
import type { RunWatcher } from "./run-watcher.ts";
import type { StageGate } from "./stage-gate.ts";
import type { Watermark } from "./watermark.ts";

/** Events read from the ledger at a time when evaluation is behind. */
const PAGE = 500;
/**
 * Past so many times `max_waiting`, held events are given up, with a row that says so. What comes from outside is refused
 * at `max_waiting`; only what hooks, agents and refs make, which nobody can be refused, comes so far.
 */
const OWN_SHARE = 4;

export interface Accepted {
  readonly event: StoredEvent;
  /** It was there already: stored once, evaluated once. */
  readonly duplicate: boolean;
}

/** Settings of `[events]`; `queue_pairs` are held in memory, what is beyond stays in the ledger until there is room. */
export interface IntakeLimits {
  readonly max_depth: number;
  readonly max_chain: number;
  readonly queue_pairs: number;
  readonly max_waiting: number;
}

export interface IntakeParts {
  readonly store: Store;
  readonly index: TriggerIndex;
  readonly eras: EraIndex;
  readonly evaluation: Evaluation;
  readonly watermark: Watermark;
  readonly recovery: Recovery;
  readonly gate: StageGate;
  readonly watcher: RunWatcher;
  readonly holds: Holds;
  readonly release: Release;
  readonly persona: string;
  /** Settings `[[access]]`. */
  readonly access: readonly AccessPolicy[];
  readonly limits: IntakeLimits;
}

/**
 * Brings stored events to evaluation, each once and in the order of the ledger. What this process stores itself goes
 * straight on from memory; what others stored, what a crash left, and what did not fit is read from the ledger.
 *
 * Events of a held source are put aside instead, and the stream goes on. When the source is released they are handed out
 * beside it.
 *
 * The timer's events do not wait behind such a backlog: a source that floods the ledger must not make a schedule late.
 */
export class Intake {
  readonly #parts: IntakeParts;
  readonly #identity: Identity;
  /** Everything up to here has been routed. */
  #routed: number;
  #last: number;
  #fresh: StoredEvent[] = [];
  /** Timer events to be routed before their turn, and the seqs of those that were. */
  #timers: StoredEvent[] = [];
  readonly #ahead = new Set<number>();

  constructor(parts: IntakeParts) {
    this.#parts = parts;
    this.#identity = new Identity({ store: parts.store, policies: parts.access, persona: parts.persona });
    this.#routed = parts.watermark.cursor;
    this.#last = lastSeq(parts.store);
  }

  get holds(): Holds {
    return this.#parts.holds;
  }

  /** The highest seq known to exist. */
  get last(): number {
    return this.#last;
  }

  get behind(): number {
    return this.#last - this.#routed;
  }

  /** Of released events; held ones are no work. */
  get isIdle(): boolean {
    return this.behind === 0 && this.#parts.release.isIdle;
  }

  /** First in a transaction: sees what others decided about persons and sources, and, where they have written, how far the ledger goes. */
  refresh(written: boolean): void {
    if (written) this.#last = lastSeq(this.#parts.store);
    this.#identity.refresh();
    this.#parts.holds.refresh();
  }

  /** Inside a transaction: stores events. They are routed by `feed`, after the commit. */
  accept(events: readonly NewEvent[]): Accepted[] {
    // Only what follows directly on what is routed, or waits to be, may skip the way through the ledger.
    const inOrder = (this.#fresh.at(-1)?.seq ?? this.#routed) === this.#last;
    const { store, limits } = this.#parts;
    const accepted = insertEvents(store, events, { maxDepth: limits.max_depth, maxChain: limits.max_chain, standingOf: this.#identity.standingOf });
    for (const { event, duplicate } of accepted) {
      if (duplicate) continue;
      this.#last = event.seq;
      // What waits behind stage hooks waits in the ledger.
      if (inOrder && !(this.#parts.gate.isWaiting && this.#fresh.length >= PAGE)) this.#fresh.push(event);
      else if (event.channel === "timer" && !this.#parts.gate.isOn) this.#timers.push(event);
    }
    return accepted;
  }

  /** After a commit: routes what is new, from memory where it can, from the ledger where it must. */
  feed(): void {
    const { watermark, evaluation, recovery, gate, holds } = this.#parts;
    const maxPairs = this.#parts.limits.queue_pairs;
    for (const event of this.#timers.splice(0)) if (!holds.catches(event)) this.#routeAhead(event);
    if (evaluation.isPaused && gate.isOn) return evaluation.pump();
    if (gate.isWaiting) return this.#pump();
    const fresh = this.#fresh;
    this.#fresh = [];
    if (recovery.careful && this.#feedOne()) {
      evaluation.pump();
      return;
    }
    for (const event of fresh) {
      if (watermark.pairs >= maxPairs) break;
      if (event.seq > this.#routed && !this.#route(event)) return this.#hold(fresh);
    }
    while (this.#routed < this.#last && watermark.pairs < maxPairs) {
      // What others have stored since that transaction may stand behind a change of a hook that nobody here has read yet.
      const page = eventsAfter(this.#parts.store, this.#routed, PAGE).filter(({ seq }) => seq <= this.#last);
      for (const event of page) if (!this.#route(event)) return this.#hold(page);
      if (page.length === 0) this.#routed = this.#last;
    }
    this.#pump();
  }

  #pump(): void {
    const { release, recovery, evaluation } = this.#parts;
    if (!recovery.careful) release.feed(this.#routed, this.#unfinished);
    evaluation.pump();
  }

  /** Stage hooks are asked about the first of these that is not routed: what is behind it waits with it. */
  #hold(events: readonly StoredEvent[]): void {
    this.#fresh = events.filter(({ seq }) => seq > this.#routed);
    this.#pump();
  }

  /** Gives out one pair from before the start, when none is under way; false when there are no more of them. */
  #feedOne(): boolean {
    const { store, watermark, evaluation, recovery, release } = this.#parts;
    if (watermark.pairs - watermark.watched > recovery.waiting) return true;
    for (;;) {
      const given = recovery.next((hookId, job, dead) => {
        if (dead) evaluation.bury(hookId, job);
        else evaluation.enqueue(hookId, job);
      });
      if (given) return true;
      const [event] = recovery.enough ? [] : eventsAfter(store, this.#routed, 1);
      if (event !== undefined && event.seq <= recovery.until) {
        if (!this.#route(event)) return true;
        continue;
      }
      const released = recovery.enough ? "nothing" : release.feedOne(this.#routed, this.#unfinished);
      if (released === "nothing") break;
      if (released === "waiting") return true;
    }
    recovery.finish();
    return false;
  }

  /** False when it has to wait. */
  #route(stored: StoredEvent): boolean {
    const { watermark, evaluation, recovery, gate, watcher, holds } = this.#parts;
    if (this.#ahead.delete(stored.seq)) {
      this.#routed = stored.seq;
      watermark.place(stored.seq);
      return true;
    }
    if (holds.catches(stored)) {
      this.#putAside(stored);
      return true;
    }
    const event = gate.pass(stored, stored.seq <= recovery.until);
    if (event === undefined) return false;
    this.#routed = event.seq;
    const { hooks, job } = this.#matching(event);
    watermark.add(event.seq, hooks.length + watcher.watch(event));
    const single = recovery.careful && event.seq <= recovery.until;
    for (const hook of hooks) {
      if (single) recovery.add(hook.id, job());
      else evaluation.enqueue(hook.id, job());
    }
    return true;
  }

  /** Its source is held: its row, and then the cursor, may pass it. */
  #putAside(event: StoredEvent): void {
    const { watermark, holds, evaluation, limits } = this.#parts;
    this.#routed = event.seq;
    if (holds.count < limits.max_waiting * OWN_SHARE) {
      watermark.add(event.seq, 1);
      holds.take(event, () => watermark.settle(event.seq));
      return;
    }
    const { hooks, job } = this.#unfinished(event);
    watermark.add(event.seq, hooks.length);
    for (const hook of hooks) evaluation.discard(hook.id, job(), `${event.source_adapter} is held, and ${OWN_SHARE} times events.max_waiting held events wait`);
  }

  #routeAhead(event: StoredEvent): void {
    if (event.seq <= this.#routed) return;
    this.#ahead.add(event.seq);
    const { hooks, job } = this.#matching(event);
    this.#parts.watermark.ahead(event.seq, hooks.length + this.#parts.watcher.watch(event));
    for (const hook of hooks) this.#parts.evaluation.enqueue(hook.id, job());
  }

  #matching(event: StoredEvent): { readonly hooks: readonly Hook[]; readonly job: () => Job } {
    const { eras, index, persona, recovery } = this.#parts;
    const { hooks, job } = route(event, eras.indexFor(event.seq) ?? index, persona, recovery.attemptOf(event));
    return { hooks: event.seq > recovery.until ? hooks : this.#notYet(event, hooks), job };
  }

  /** Of an event that may have been begun before: in an earlier life of the daemon, or before its source was held. */
  readonly #unfinished = (event: StoredEvent): { readonly hooks: readonly Hook[]; readonly job: () => Job } => {
    const { hooks, job } = this.#matching(event);
    return { hooks: this.#notYet(event, hooks), job };
  };

  #notYet(event: StoredEvent, hooks: readonly Hook[]): Hook[] {
    if (hooks.length === 0) return [];
    const done = hookIdsEvaluated(this.#parts.store, event.id);
    return hooks.filter((hook) => !done.has(hook.id));
  }
}
