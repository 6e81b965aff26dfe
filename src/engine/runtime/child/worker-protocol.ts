import type { LogLine } from "../../core/invocation.ts";
import type { LoadHeader } from "../protocol.ts";

/** What the evaluator's main thread and a Worker say to each other. Results travel as text: the Worker's key, chunk, space, count, newline, JSON. */
export interface WorkerBoot {
  readonly load: LoadHeader;
  readonly code: string;
  /** Begins whatever the boot code posts; taken away before the hook is loaded, which can post as well. */
  readonly key: string;
  /** Two Int32 for each running invocation: chunk, index + 1; 0 when free. The main thread's watchdog reads it. */
  readonly running: SharedArrayBuffer;
}

export interface RunMessage {
  readonly t: "run";
  readonly c: number;
  readonly clockOffset: number;
  readonly triggerCount: number;
  readonly lastTriggered: number | null;
  readonly failed: number;
  readonly threshold: number;
  readonly haltOnFire: boolean;
  readonly epoch: number;
  /** A JSON array of RunEvent. */
  readonly events: string;
}

export interface ReplyMessage {
  readonly t: "reply";
  readonly id: number;
  readonly ok: boolean;
  readonly value: unknown;
}

export type ToWorker = RunMessage | ReplyMessage;

export interface CallMessage {
  readonly t: "call";
  readonly id: number;
  readonly method: "llm" | "search";
  /** As JSON. */
  readonly args: string;
}

export interface LoadFailedMessage {
  readonly t: "load_failed";
  readonly message: string;
  readonly stack?: string;
  readonly logs: readonly LogLine[];
}

/** What carries the results no longer works: the hook changed something it stands on. */
export interface BrokenMessage {
  readonly t: "broken";
  readonly message: string;
}

/** The script is loaded; from now on what it was sent runs. */
export interface LoadedMessage {
  readonly t: "loaded";
  /** Its thread, where the system tells. */
  readonly thread?: number;
}

/** What came of the hook while nothing of it ran. */
export interface LateMessage {
  readonly t: "late";
  readonly text: string;
}

/** Its heap is over its limit after an invocation: it has handed back what it was given and wants to be ended. */
export interface GrownMessage {
  readonly t: "grown";
  readonly message: string;
}

export type WorkerMessage = CallMessage | LoadedMessage | LoadFailedMessage | BrokenMessage | LateMessage | GrownMessage;
export type FromWorker = string | (WorkerMessage & { readonly key: string });
