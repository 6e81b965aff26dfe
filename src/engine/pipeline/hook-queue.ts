import type { Hook, HookStage, HookVersion } from "../core/hook.ts";
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

  /**
   * Puts jobs back where they came from: before everything that waits, and among what was put back before them in the
   * order of the ledger. What is returned does not come in one piece, nor in its order.
   */
  unshift(jobs: readonly Job[]): void {
    const waiting = this.#jobs.slice(this.#head);
    const last = jobs.reduce((seq, { event }) => Math.max(seq, event.seq), 0);
    const behind = waiting.findIndex(({ event }) => event.seq > last);
    const before = behind === -1 ? waiting : waiting.slice(0, behind);
    const sorted = [...jobs, ...before].sort((one, other) => one.event.seq - other.event.seq);
    this.#jobs = behind === -1 ? sorted : [...sorted, ...waiting.slice(behind)];
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

/** How a job was begun: the breaker's generation then, and the version, which an update may replace meanwhile. */
export interface Begun {
  readonly generation: number;
  readonly version: HookVersion;
}

/** What the daemon knows of one hook while it runs: its place in the ledger's stream, and what bounds it. */
export class HookQueue {
  hook: Hook;
  breaker: Breaker;
  readonly waiting = new JobList();
  /** Jobs at the runtime. */
  readonly inFlight = new Map<Job, Begun>();
  /** The one event a debounced hook holds back. */
  held: { job: Job; since: number; due: number } | undefined;
  /** Its Worker halted; nothing more is handed over before what made it halt is recorded. */
  halted = false;
  /** Its Worker has halted before: a second chunk on its way could reach another Worker, and overtake what is handed back. */
  halts = false;
  /** What is under way is with a Worker that was told to end, and may come back: until then nothing is sent behind it. */
  draining = false;
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

  get stage(): HookStage {
    return this.hook.version.metadata.stage;
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
