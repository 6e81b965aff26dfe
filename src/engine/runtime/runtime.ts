import type { EvaluatorOptions } from "./evaluator-process.ts";
import type { Submission } from "./job.ts";
import type { LaneEvents } from "./lane.ts";
import { Lane } from "./lane.ts";

/** What the pipeline needs of a runtime; the simulation and the tests put their own in its place. */
export interface Runtime {
  submit(submission: Submission, solo: boolean): void;
  flush(): void;
  retire(version: string): void;
  /** Whether the solo lane takes another job now. */
  readonly soloFree: boolean;
  readonly inFlight: number;
  readonly pids: readonly number[];
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Two evaluators: all hooks share one; a hook that may have killed it runs alone, one job at a time, in the second,
 * so the next death has one possible cause and no other victim.
 */
export function createRuntime(options: EvaluatorOptions, events: LaneEvents, clockOffset: () => number): Runtime {
  const shared = new Lane(options, events, clockOffset);
  const solo = new Lane(options, {
    onResults: events.onResults,
    onFailed: events.onFailed,
    onLoadFailed: events.onLoadFailed,
    onCall: events.onCall,
    onStray: events.onStray,
    onStarted: events.onStarted,
    onGone: events.onGone,
    onWorkerEnded: events.onWorkerEnded,
    onReturned: (version, jobs, why, failure) => {
      if (why !== "suspect" || failure === undefined) return events.onReturned(version, jobs, why);
      for (const job of jobs) events.onFailed(version, job, failure);
    },
  }, clockOffset);
  return {
    submit: (submission, alone) => (alone ? solo : shared).submit(submission),
    flush: () => {
      shared.flush();
      solo.flush();
    },
    retire: (version) => {
      shared.retire(version);
      solo.retire(version);
    },
    get soloFree() {
      return solo.inFlight === 0;
    },
    get inFlight() {
      return shared.inFlight + solo.inFlight;
    },
    get pids() {
      return [shared.pid, solo.pid].filter((pid) => pid !== undefined);
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([shared[Symbol.asyncDispose](), solo[Symbol.asyncDispose]()]);
    },
  };
}
