import type { LogLine } from "../core/invocation.ts";
import type { RefOverlay } from "../core/ref.ts";
import type { NexusRequest } from "../core/request.ts";
import type { Event, Permissions, Principal, Session } from "../core/event.ts";

/**
 * What passes between the daemon, its evaluator child and the Workers in it.
 *
 * Daemon and evaluator speak over a Unix stream socket in frames: one header line of JSON, then `lines` further lines
 * that the evaluator passes on unread (events to a Worker, results to the daemon), so a big batch is serialised and
 * parsed once at each end and never in the middle.
 *
 *   daemon                      evaluator                     Worker (one per hook version)
 *   load {v, path, hash, ...} ─▶ keeps it
 *            wanted {v}      ◀── for the next Worker, when the last one is gone
 *   run {v, c} + events ───────▶ starts a Worker on need ────▶ runs them in order
 *            results {v, c} ◀─── passes on ◀────────────────── results, flushed early when a hook is slow
 *            ended {v, why}  ◀── Worker gone: timeout, exit, idle; the daemon knows what it still owed
 *            call {v, id}    ◀── ctx.llm, ctx.search ◀────────
 *   reply {v, id} ─────────────▶ ─────────────────────────────▶
 */

/** One line of a `run` frame: an event and what belongs to it, the same for every automation that sees it. */
export interface RunEvent {
  readonly event: Event;
  readonly principal: Principal;
  readonly permissions: Permissions;
  readonly session: Session;
  /** Unix ms: `ctx.now` of a replay, which is evaluated as of then. */
  readonly now?: number;
  /** At a stage hook: the request so far. */
  readonly request?: NexusRequest;
  /** Of a script that runs for a ref's update or for a run: laid over the context. */
  readonly given?: Readonly<Record<string, unknown>>;
  /** What that update has done so far. */
  readonly overlay?: RefOverlay;
}

/** What a Worker needs to know about its version, sent once per Worker. */
export interface LoadedHook {
  readonly id: string;
  readonly name: string;
  readonly slug: string;
  readonly version: number;
  readonly mode: string;
  readonly config: Readonly<Record<string, unknown>>;
  readonly created_at: number;
  readonly created_by: string | null;
}

export interface LoadHeader {
  readonly t: "load";
  readonly v: string;
  readonly path: string;
  readonly hash: string;
  readonly dbPath: string;
  readonly hook: LoadedHook;
  readonly timeoutMs: number;
  readonly concurrency: number;
  readonly fresh: boolean;
  readonly llmCalls: number;
  readonly memoryMb: number;
  readonly state: Readonly<Record<string, unknown>>;
  /** Chunks of the version before this one are not to be run: they were returned. */
  readonly from?: number;
}

export interface RunHeader {
  readonly t: "run";
  readonly lines: number;
  /** Evaluation clock minus system clock, ms: 0 but for a replay or a test. */
  readonly clockOffset: number;
  readonly chunks: readonly Chunk[];
}

/** Invocations of one version, in order. `e` are indices of the frame's event lines. */
export interface Chunk {
  readonly v: string;
  readonly c: number;
  readonly e: readonly number[];
  readonly triggerCount: number;
  readonly lastTriggered: number | null;
  /**
   * After `threshold` consecutive failures, or (`haltOnFire`) after a fire, or after a result that disables the hook, the
   * Worker runs nothing more of the epoch and hands the rest back unrun: breaker and one-shot are exact although
   * events travel in batches. `failed` is the count of consecutive failures when the epoch begins.
   */
  readonly failed: number;
  readonly threshold: number;
  readonly haltOnFire: boolean;
  readonly epoch: number;
}

export interface ReplyHeader {
  readonly t: "reply";
  readonly v: string;
  readonly id: number;
  readonly ok: boolean;
  readonly value: unknown;
}

export type ToEvaluator = LoadHeader | RunHeader | ReplyHeader | { readonly t: "retire"; readonly v: string } | { readonly t: "ping"; readonly n: number };

/** Why a Worker is no more. */
export type WorkerEnd = "timeout" | "exit" | "error" | "memory" | "load" | "protocol" | "fresh" | "idle" | "grown" | "restless";

export interface ResultsHeader {
  readonly t: "results";
  readonly v: string;
  readonly c: number;
  /** The Worker has no more to say of this chunk. */
  readonly done: boolean;
  readonly lines: 1;
}

export interface EndedHeader {
  readonly t: "ended";
  readonly v: string;
  readonly why: WorkerEnd;
  /** Chunks it has not wholly answered. */
  readonly owed: readonly number[];
  /** What was running: chunk and index, for a culprit. */
  readonly running: readonly (readonly [chunk: number, index: number, ranForMs: number])[];
  readonly message?: string;
  readonly stack?: string;
  /** The thread could not be ended: only killing the evaluator frees it. */
  readonly stuck?: boolean;
  /** What it wrote before it ended. */
  readonly logs?: readonly LogLine[];
}

export interface CallHeader {
  readonly t: "call";
  readonly v: string;
  readonly id: number;
  readonly method: "llm" | "search";
  /** As JSON, of a bounded size. */
  readonly args: string;
}

/** What came of a hook while none of its invocations ran: an error, a line of output. */
export interface LateHeader {
  readonly t: "late";
  readonly v: string;
  readonly text: string;
}

/** The answer to a ping, and what the evaluator knows of itself. */
export interface PongHeader {
  readonly t: "pong";
  readonly n: number;
  readonly workers: number;
  /** Children that are there although a Worker ended and none works. */
  readonly leftBehind: number;
}

export type FromEvaluator =
  | { readonly t: "ready"; readonly pid: number }
  | ResultsHeader
  | EndedHeader
  | CallHeader
  /** Chunks of the version wait for its introduction: its Worker has ended, and everything it had to say was said before this. */
  | { readonly t: "wanted"; readonly v: string }
  | LateHeader
  | PongHeader;

/** 0 no fire and nothing else to say; 1 a HookResult; 2 the hook failed; 3 not run (halted before it). */
export type ResultKind = 0 | 1 | 2 | 3;

/**
 * One invocation's outcome in a results line, which is a JSON array of these: index in the chunk, kind, start (Unix
 * ms), duration (µs), and an object only where there is more to say.
 */
export type WireResult = readonly [index: number, kind: ResultKind, startedAt: number, durationUs: number, extra?: WireExtra];

export interface WireExtra {
  readonly result?: unknown;
  readonly error?: { readonly message: string; readonly stack?: string };
  readonly logs?: readonly LogLine[];
  readonly dropped?: number;
  /** State writes in order; a missing value deletes. Committed with the invocation, dropped when it failed. */
  readonly state?: readonly (readonly [key: string, value?: unknown])[];
  readonly llm?: readonly [calls: number, tokensIn: number, tokensOut: number];
  readonly search?: number;
}
