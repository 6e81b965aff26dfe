import type { EvaluatorOptions } from "./evaluator-process.ts";
import type { Submission } from "./job.ts";
import type { LaneEvents } from "./lane.ts";
import { LaneSet } from "./lane-set.ts";
import type { Isolation } from "./sandbox/isolation.ts";

/** What the pipeline needs of a runtime; the simulation and the tests put their own in its place. */
export interface Runtime {
  submit(submission: Submission, solo: boolean): void;
  flush(): void;
  retire(version: string): void;
  /** Replaces evaluators (those of `pids`; all, where it is undefined) at their next moment of rest, or soon without one. */
  recycle(why: string, pids?: readonly number[]): void;
  /** Whether the solo lane takes another job now. */
  readonly soloFree: boolean;
  readonly inFlight: number;
  readonly pids: readonly number[];
  [Symbol.asyncDispose](): Promise<void>;
}

/** What evaluators report. */
export type RuntimeEvents = LaneEvents;

export interface RuntimeOptions extends Omit<EvaluatorOptions, "sandbox"> {
  /** Evaluators for permissions other than none. */
  readonly permissionSets: number;
  /** Undefined until it is chosen, when the engine starts; no evaluator is started before. */
  readonly isolation: () => Isolation | undefined;
}

/**
 * All hooks without permissions share one evaluator; those with the same permissions share another. A hook that may have
 * killed its evaluator runs alone, one job at a time, in a solo one with its own permissions, so the next death has one
 * possible cause and no other victim.
 */
export function createRuntime(options: RuntimeOptions, events: LaneEvents, clockOffset: () => number): Runtime {
  const lanes = new LaneSet(options, events, clockOffset);
  return {
    submit: (submission, alone) => lanes.submit(submission, alone),
    flush: () => lanes.flush(),
    retire: (version) => lanes.retire(version),
    recycle: (why, pids) => lanes.recycle(why, pids),
    get soloFree() {
      return lanes.soloFree;
    },
    get inFlight() {
      return lanes.inFlight;
    },
    get pids() {
      return lanes.pids;
    },
    [Symbol.asyncDispose]: () => lanes[Symbol.asyncDispose](),
  };
}
