import type { Job } from "../runtime/job.ts";
import type { HookQueue } from "./hook-queue.ts";

interface DebounceEvents {
  release(queue: HookQueue, job: Job): void;
  supersede(queue: HookQueue, job: Job, by: string): void;
}

/** setTimeout above 2^31-1 ms fires at once; longer waits are taken in steps of this. */
const LONGEST_WAIT_MS = 60_000;

/**
 * `debounce_ms`: the last event of a burst is handed over once it was quiet for that long, at the latest
 * `debounce_max_ms` after the first. The others become `skipped_debounced`. What is held is still pending in the
 * database, so a restart holds it anew.
 */
export class Debouncer {
  /** Monotonic ms: a wall clock that is set holds no event longer, and lets none go early. */
  readonly #now: () => number;
  readonly #events: DebounceEvents;
  readonly #held = new Set<HookQueue>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(now: () => number, events: DebounceEvents) {
    this.#now = now;
    this.#events = events;
  }

  hold(queue: HookQueue, job: Job): void {
    const { debounce_ms = 0, debounce_max_ms = Number.POSITIVE_INFINITY } = queue.hook.version.metadata.limits;
    const now = this.#now();
    const before = queue.held;
    if (before !== undefined) this.#events.supersede(queue, before.job, job.event.id);
    const since = before?.since ?? now;
    queue.held = { job, since, due: Math.min(now + debounce_ms, since + debounce_max_ms) };
    this.#held.add(queue);
    this.#plan();
  }

  /** Lets go of what is held, due or not. */
  flush(queue: HookQueue): void {
    const held = queue.held;
    queue.held = undefined;
    this.#held.delete(queue);
    if (held !== undefined) this.#events.release(queue, held.job);
  }

  dispose(): void {
    clearTimeout(this.#timer);
    this.#held.clear();
  }

  #plan(): void {
    clearTimeout(this.#timer);
    let due = Number.POSITIVE_INFINITY;
    for (const queue of this.#held) due = Math.min(due, queue.held?.due ?? due);
    if (due === Number.POSITIVE_INFINITY) return;
    const wait = Math.max(0, Math.min(due - this.#now(), LONGEST_WAIT_MS));
    this.#timer = setTimeout(() => this.#tick(), wait);
  }

  #tick(): void {
    const now = this.#now();
    for (const queue of this.#held) if ((queue.held?.due ?? now) <= now) this.flush(queue);
    this.#plan();
  }
}
