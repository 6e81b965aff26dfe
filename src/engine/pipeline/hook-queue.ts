import type { Hook } from "../core/hook.ts";
import type { Job } from "../runtime/job.ts";
import type { Breaker } from "./breaker.ts";

/** Jobs in order, cheap at both ends. */
class JobList {
  #jobs: Job[] = [];
  #head = 0;

  get length(): number {
    return this.#jobs.length - this.#head;
  }

  get first(): Job | undefined {
    return this.#jobs[this.#head];
  }

  push(job: Job): void {
    this.#jobs.push(job);
  }

  /** Puts jobs back where they came from: before everything that waits, in their own order. */
  unshift(jobs: readonly Job[]): void {
    this.#jobs = [...jobs, ...this.#jobs.slice(this.#head)];
    this.#head = 0;
  }

  shift(): Job | undefined {
    const job = this.#jobs[this.#head];
    if (job === undefined) return undefined;
    this.#head += 1;
    if (this.#head > 1_024 && this.#head * 2 > this.#jobs.length) {
      this.#jobs = this.#jobs.slice(this.#head);
      this.#head = 0;
    }
    return job;
  }
}

/** What the daemon knows of one hook while it runs: its place in the ledger's stream, and what bounds it. */
export class HookQueue {
  hook: Hook;
  breaker: Breaker;
  readonly waiting = new JobList();
  /** Jobs at the runtime, with the breaker's generation in which they were begun. */
  readonly inFlight = new Map<Job, number>();
  /** The one event a debounced hook holds back. */
  held: { job: Job; since: number; due: number } | undefined;
  /** Its Worker halted; nothing more is handed over before what made it halt is recorded. */
  halted = false;
  /** Grows whenever what a Worker counts for itself (failures, halt) starts anew. */
  epoch = 1;
  /** Mean µs of an invocation; undefined until the first came back. */
  averageUs: number | undefined;
  /** Runs alone in the second evaluator: `suspect` until it answers there, `proven` for as long as the version lives. */
  solo: "no" | "suspect" | "proven" = "no";
  /** Times of the last fires (Unix ms, oldest first); kept only for a hook with max_fires_per_hour. */
  fires: number[] = [];
  /** Times of the last admitted evaluations; kept only for a hook with `throttle`. */
  admitted: number[] = [];

  constructor(hook: Hook) {
    this.hook = hook;
    this.breaker = breakerOf(hook);
  }

  /** It may see events: neither disabled, deleted nor errored. A paused one may; its breaker decides. */
  get isActive(): boolean {
    return this.hook.deleted_at === undefined && (this.hook.status === "active" || this.hook.status === "paused");
  }
}

/** A trial that was under way when the daemon ended got no answer: the breaker is open, and its time still runs. */
export function breakerOf(hook: Hook): Breaker {
  const state = hook.circuit_state === "half-open" ? "open" : hook.circuit_state;
  return { state, failures: hook.consecutive_errors, openedAt: hook.circuit_opened_at, generation: hook.circuit_generation };
}
