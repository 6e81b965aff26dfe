import type { EvaluatorOptions } from "./evaluator-process.ts";
import type { Failure, Submission } from "./job.ts";
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

/** What evaluators report. */
export type RuntimeEvents = LaneEvents;

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
    onReturned: (version, jobs, why) => {
      if (why !== "suspect") return events.onReturned(version, jobs, why);
      for (const job of jobs) events.onFailed(version, job, crashedAlone);
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

const crashedAlone: Failure = { outcome: "crashed", message: "the evaluator process died while it ran this hook alone", ranForMs: 0, logs: [], stuck: true };
