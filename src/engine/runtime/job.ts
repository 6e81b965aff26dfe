import type { StoredEvent } from "../core/event.ts";
import type { HookPermissions } from "../core/hook-permissions.ts";
import type { HookStage } from "../core/hook.ts";
import type { Invocation, LogLine } from "../core/invocation.ts";
import type { LoadHeader, WireResult } from "./protocol.ts";

/** One invocation to be made: an event for a hook version, and the line of the frame it travels in. */
export interface Job {
  readonly event: StoredEvent;
  /** RunEvent as JSON; the same text for every hook that sees the event. */
  readonly line: string;
  /** 1 for the first try; grows when a process around it died or it was handed back by no fault of its own. */
  attempt: number;
  /** Of a stage hook only. */
  readonly stage?: StageJob;
}

/** What a stage hook is asked about. */
export interface StageJob {
  readonly name: HookStage;
  readonly requestId: string;
  /** Called after the commit that recorded what came of it. */
  readonly recorded: (invocation: Invocation) => void;
}

/** A chunk of jobs of one version, as the pipeline hands it over. */
export interface Submission {
  readonly version: string;
  /** What its script may reach: it runs only beside hooks that may reach the same. */
  readonly permissions?: HookPermissions | undefined;
  /** Asked for only when a Worker has to be started, so that it begins with the state as it is then. */
  readonly load: () => LoadHeader;
  readonly jobs: readonly Job[];
  readonly triggerCount: number;
  readonly lastTriggered: number | null;
  readonly failed: number;
  readonly threshold: number;
  readonly haltOnFire: boolean;
  readonly epoch: number;
}

export interface Failure {
  readonly outcome: "error" | "timeout" | "crashed";
  readonly message: string;
  readonly stack?: string;
  readonly ranForMs: number;
  /** It cost the evaluator its life: the hook runs alone from now on. */
  readonly stuck?: true;
  readonly logs: readonly LogLine[];
}

/** What becomes of submitted jobs. Each job ends in exactly one of these. */
export interface JobEvents {
  /** The Worker answered, in its order. */
  onResults(version: string, results: readonly (readonly [Job, WireResult])[]): void;
  /** It was begun and did not come back: its own fault. */
  onFailed(version: string, job: Job, failure: Failure): void;
  /**
   * It was not begun, or not by its own fault lost: to be tried again. `suspect` when its hook may be the one that
   * took the evaluator with it; `failure` then says how, for when it was alone. `unsent` never left the daemon.
   */
  onReturned(version: string, jobs: readonly Job[], why: "halted" | "unsent" | "innocent" | "suspect", failure?: Failure): void;
  /** The version cannot be loaded at all; its jobs have been returned before. */
  onLoadFailed(version: string, failure: Failure): void;
}
