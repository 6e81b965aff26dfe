import { isSlot } from "../core/event.ts";
import type { Hook } from "../core/hook.ts";
import type { Failure, Job, JobEvents } from "../runtime/job.ts";
import type { LoadHeader, WireResult } from "../runtime/protocol.ts";
import type { Runtime } from "../runtime/runtime.ts";
import { decide, movedAway } from "./admission.ts";
import type { BreakerRules } from "./breaker.ts";
import { abandonTrial } from "./breaker.ts";
import { averageAfter } from "./chunk-size.ts";
import { Debouncer } from "./debouncer.ts";
import { HookQueue, breakerOf, type Begun } from "./hook-queue.ts";
import { roomOf } from "./room.ts";
import type { Answer } from "./settle.ts";

/** One terminal pair on its way to the recorder. */
export interface Pending extends Begun {
  readonly queue: HookQueue;
  readonly job: Job;
  readonly answer: Answer;
}

export interface EvaluationParts {
  readonly rules: BreakerRules;
  readonly now: () => number;
  readonly monotonic: () => number;
  readonly load: (hook: Hook) => LoadHeader;
  /** The hook as it is now, for one that no longer is among the registered. */
  readonly find: (hookId: string) => Hook | undefined;
  /** Takes what became terminal; it is recorded with the next commit. */
  readonly settle: (pending: Pending) => void;
  readonly loadFailed: (queue: HookQueue, failure: Failure) => void;
  /** A commit follows, and with it `resume`, even if nothing is to be recorded. */
  readonly commitSoon: () => void;
}

/**
 * Decides which waiting (event, hook) pair runs when, and hands it to the runtime. Holds no truth: everything here is
 * rebuilt from the database after a crash.
 */
export class Evaluation implements JobEvents {
  readonly #parts: EvaluationParts;
  readonly #queues = new Map<string, HookQueue>();
  readonly #byVersion = new Map<string, HookQueue>();
  readonly #debouncer: Debouncer;
  #ready = new Set<HookQueue>();
  #runtime: Runtime | undefined;
  #paused = false;

  constructor(parts: EvaluationParts) {
    this.#parts = parts;
    this.#debouncer = new Debouncer(parts.monotonic, {
      release: (queue, job) => {
        queue.waiting.push(job);
        this.#ready.add(queue);
        this.pump();
      },
      supersede: (queue, job, by) => {
        this.#skip(queue, job, { from: "skip", outcome: "skipped_debounced", reason: `debounced: ${by} came within debounce_ms` });
      },
    });
  }

  /** The runtime reports to this object, so it comes after it. */
  attach(runtime: Runtime): void {
    this.#runtime = runtime;
  }

  get hooks(): Iterable<HookQueue> {
    return this.#queues.values();
  }

  queueOf(hook: Hook): HookQueue {
    let queue = this.#queues.get(hook.id);
    if (queue === undefined) {
      queue = new HookQueue(hook);
      this.#queues.set(hook.id, queue);
      this.#byVersion.set(hook.version.id, queue);
    }
    return queue;
  }

  /** Takes a hook as another process left it: a new version, a breaker that was closed by hand, a new status. */
  replace(hook: Hook): void {
    const queue = this.queueOf(hook);
    const before = queue.hook;
    queue.hook = hook;
    if (before.version.id !== hook.version.id) {
      this.#runtime?.retire(before.version.id);
      this.#byVersion.set(hook.version.id, queue);
      queue.averageUs = undefined;
      queue.halts = false;
      queue.draining = true;
      queue.solo = "no";
      this.#renewBreaker(queue);
    } else if (before.circuit_generation !== hook.circuit_generation) this.#renewBreaker(queue);
    if (!queue.isActive) {
      this.#runtime?.retire(hook.version.id);
      this.#debouncer.flush(queue);
    }
    this.#ready.add(queue);
  }

  /** As it is stored, in a generation that nothing under way was begun in: a trial moves on in memory alone. */
  #renewBreaker(queue: HookQueue): void {
    const { generation } = queue.breaker;
    queue.epoch += 1;
    queue.breaker = breakerOf(queue.hook);
    queue.breaker = { ...queue.breaker, generation: Math.max(generation, queue.breaker.generation) + 1 };
  }

  /** Whether the hook sees events, as far as this transaction has come. */
  isActive(hookId: string): boolean {
    return this.#queues.get(hookId)?.isActive === true;
  }

  /** A matched event; it waits for its turn. */
  enqueue(hookId: string, job: Job): void {
    const queue = this.#queues.get(hookId) ?? this.queueOf(this.#find(hookId));
    // A slot is one appointment, not a burst: it is never debounced.
    if (queue.hook.version.metadata.limits.debounce_ms !== undefined && !isSlot(job.event) && job.stage === undefined) {
      this.#debouncer.hold(queue, job);
      return;
    }
    queue.waiting.push(job);
    this.#ready.add(queue);
  }

  #find(hookId: string): Hook {
    const hook = this.#parts.find(hookId);
    if (hook === undefined) throw new Error(`an activation names the hook ${hookId}, which does not exist`);
    return hook;
  }

  /** What came back is recorded: the hooks that halted are decided on by what they are now. */
  resume(): void {
    for (const queue of this.#ready) queue.halted = false;
  }

  /** Starts whatever may start now. Costs the hooks that have something waiting. */
  pump(): void {
    const runtime = this.#runtime;
    if (runtime === undefined || this.#ready.size === 0) return;
    const now = this.#parts.now();
    const ready = this.#ready;
    this.#ready = new Set();
    for (const queue of ready) {
      // A turn that is to end before the daemon does may still have to ask its stage hooks.
      if (!this.#paused || queue.stage !== "runAutomations") this.#fill(queue, runtime, now);
      if (queue.waiting.length > 0) this.#ready.add(queue);
    }
    runtime.flush();
  }

  /** Gives a pair up that took the daemon with it each time. */
  bury(hookId: string, job: Job): void {
    const queue = this.#queues.get(hookId) ?? this.queueOf(this.#find(hookId));
    this.#skip(queue, job, { from: "skip", outcome: "dead", reason: `the daemon ended ${job.attempt} times while this was under way` });
  }

  /** Gives a pair up because an operator said so. */
  discard(hookId: string, job: Job, reason: string): void {
    this.#skip(this.#queues.get(hookId) ?? this.queueOf(this.#find(hookId)), job, { from: "skip", outcome: "skipped_discarded", reason });
  }

  /** The version's next Worker begins with the state that is committed; until then nothing more is handed over. */
  forget({ queue, version }: Pending): void {
    this.#runtime?.retire(version.id);
    queue.draining = true;
  }

  get isPaused(): boolean {
    return this.#paused;
  }

  /** Lets held events go now instead of after their quiet time (`serve --once`). */
  releaseHeld(): void {
    for (const queue of this.#queues.values()) this.#debouncer.flush(queue);
  }

  /** Starts nothing more but what turns under way still ask; what is under way comes back. */
  pause(): void {
    this.#paused = true;
  }

  /** Starts nothing more, and waits for nothing. */
  dispose(): void {
    this.#runtime = undefined;
    this.#debouncer.dispose();
  }

  readonly onResults = (version: string, results: readonly (readonly [Job, WireResult])[]): void => {
    const queue = this.#byVersion.get(version);
    if (queue === undefined) return;
    for (const [job, wire] of results) {
      queue.averageUs = averageAfter(queue.averageUs, wire[3]);
      this.#settle(queue, job, { from: "worker", wire });
    }
    if (queue.solo === "suspect") {
      queue.solo = "no";
      // Its Worker there would keep a state that soon is not the newest any more, for the next time it is suspected.
      this.#runtime?.retire(version);
    }
    if (queue.waiting.length > 0) this.#ready.add(queue);
  };

  readonly onFailed = (version: string, job: Job, failure: Failure): void => {
    const queue = this.#byVersion.get(version);
    if (queue === undefined) return;
    if (failure.stuck === true) queue.solo = "proven";
    this.#settle(queue, job, { from: "runtime", failure });
  };

  readonly onReturned = (version: string, jobs: readonly Job[], why: "halted" | "unsent" | "innocent" | "suspect"): void => {
    const queue = this.#byVersion.get(version);
    if (queue === undefined) return;
    let trial = false;
    for (const job of jobs) {
      trial ||= queue.inFlight.get(job)?.generation === queue.breaker.generation;
      queue.inFlight.delete(job);
      if (why === "innocent" || why === "suspect") job.attempt += 1;
    }
    if (why === "suspect" && queue.solo === "no") queue.solo = "suspect";
    if (trial) queue.breaker = abandonTrial(queue.breaker);
    // What came back before it is recorded first: the next Worker begins with the state that this left.
    queue.halted = true;
    queue.halts ||= why === "halted";
    queue.epoch += 1;
    queue.waiting.unshift(jobs);
    this.#ready.add(queue);
    this.#parts.commitSoon();
  };

  readonly onLoadFailed = (version: string, failure: Failure): void => {
    const queue = this.#byVersion.get(version);
    if (queue === undefined || queue.hook.version.id !== version) return;
    queue.halted = true;
    const job = queue.waiting.shift();
    if (job !== undefined) this.#settle(queue, job, { from: "runtime", failure });
    this.#parts.loadFailed(queue, failure);
  };

  #fill(queue: HookQueue, runtime: Runtime, now: number): void {
    const jobs: Job[] = [];
    const room = roomOf(queue, runtime, now);
    // With an open breaker all that waits is decided at once: one may be the trial, the others are skipped.
    while (jobs.length < room || (queue.breaker.state !== "closed" && queue.solo === "no" && !queue.halted)) {
      const job = queue.waiting.first;
      if (job === undefined) break;
      const verdict = (job.stage?.name ?? "runAutomations") === queue.stage ? decide(queue, this.#parts.rules, now) : movedAway(queue);
      if (verdict.run === "no") {
        queue.waiting.shift();
        this.#skip(queue, job, { from: "skip", outcome: verdict.outcome, reason: verdict.reason });
        continue;
      }
      queue.waiting.shift();
      if (queue.hook.version.metadata.limits.throttle !== undefined) queue.admitted.push(now);
      jobs.push(job);
      if (verdict.run === "trial") queue.epoch += 1;
    }
    if (jobs.length > 0) this.#submit(queue, jobs, runtime);
  }

  #submit(queue: HookQueue, jobs: readonly Job[], runtime: Runtime): void {
    const { hook, breaker } = queue;
    const begun: Begun = { generation: breaker.generation, version: hook.version };
    for (const job of jobs) queue.inFlight.set(job, begun);
    const trial = breaker.state === "half-open";
    runtime.submit(
      {
        version: hook.version.id,
        permissions: hook.version.metadata.permissions,
        load: () => this.#parts.load(hook),
        jobs,
        triggerCount: hook.trigger_count,
        lastTriggered: hook.last_triggered ?? null,
        failed: trial ? 0 : breaker.failures,
        threshold: trial ? 1 : this.#parts.rules.failures,
        haltOnFire: hook.version.metadata.mode === "one-shot",
        epoch: queue.epoch,
      },
      queue.solo !== "no",
    );
  }

  #skip(queue: HookQueue, job: Job, answer: Answer & { from: "skip" }): void {
    this.#parts.settle({ queue, job, generation: queue.breaker.generation, version: queue.hook.version, answer });
  }

  #settle(queue: HookQueue, job: Job, answer: Answer): void {
    const { generation, version } = queue.inFlight.get(job) ?? { generation: queue.breaker.generation, version: queue.hook.version };
    queue.inFlight.delete(job);
    this.#parts.settle({ queue, job, generation, version, answer });
  }
}
