import type { Services } from "../clients/services.ts";
import type { Config } from "../config.ts";
import { systemClock, type Clock } from "../core/clock.ts";
import { ALL_PERMISSIONS, principalOf, sessionOf, type StoredEvent } from "../core/event.ts";
import type { EventInput } from "../core/event-input.ts";
import type { HookMetadata } from "../core/hook.ts";
import type { LogLine } from "../core/invocation.ts";
import type { RefOverlay } from "../core/ref.ts";
import type { Failure, Job, JobEvents } from "../runtime/job.ts";
import type { LoadHeader, RunEvent, WireResult } from "../runtime/protocol.ts";
import type { Runtime } from "../runtime/runtime.ts";
import type { Isolation } from "../runtime/sandbox/isolation.ts";
import { evaluatorEvents, startEvaluators } from "../start-evaluators.ts";
import type { Store } from "../store/open.ts";
import { publicEvent } from "../pipeline/router.ts";
import { parseHandlerResult } from "./handler-result.ts";

/** A script that runs for a ref's update, or for a run. */
export interface HandlerScript {
  readonly name: string;
  /** Changes with the script. */
  readonly version: string;
  readonly path: string;
  /** SHA-256 of what stands there, hex. */
  readonly hash: string;
  readonly metadata: HookMetadata;
  /** What `ctx.state` begins with; it cannot be written. */
  readonly state?: Readonly<Record<string, unknown>>;
}

export interface HandlerJob {
  readonly script: HandlerScript;
  /** Becomes ctx.event. */
  readonly event: StoredEvent;
  /** Laid over the context: `passage`, `ref_hook`, `hook`, `run`. */
  readonly given: Readonly<Record<string, unknown>>;
  readonly overlay: RefOverlay;
}

export interface HandlerOutcome {
  readonly outcome: "done" | "failed" | "timeout" | "crashed";
  /** Unix ms. */
  readonly started_at: number;
  readonly latency_us: number;
  readonly error?: string;
  readonly stack_trace?: string;
  readonly logs: readonly LogLine[];
  readonly emit: readonly EventInput[];
  readonly result?: unknown;
}

export interface HandlerParts {
  readonly config: Config;
  readonly store: Store;
  readonly isolation: () => Isolation | undefined;
  readonly services: Services;
  readonly clock?: Clock;
}

/** Evaluators of its own without work for so long are ended. */
const IDLE_MS = 60_000;
/** A job that came back by no fault of its own is submitted so often. */
const TRIES = 3;
/** More failures in a row than a single job can have: no job is held back for those before it. */
const NO_THRESHOLD = 1_000_000;

type Ended = { readonly wire: WireResult } | { readonly failure: Failure };

/**
 * Runs scripts that belong to refs, in evaluators of their own: what they do to their process, they do to no hook's. One
 * job is one call of the script; it never rejects for what the script does.
 */
export class Handlers implements AsyncDisposable {
  readonly #parts: HandlerParts;
  readonly #waiting = new Map<Job, { readonly given: HandlerJob; readonly settle: (ended: Ended) => void; readonly suspect: boolean }>();
  #suspects: Job[] = [];
  #runtime: Runtime | undefined;
  #epoch = 0;
  #idle: ReturnType<typeof setTimeout> | undefined;

  constructor(parts: HandlerParts) {
    this.#parts = parts;
  }

  async run(given: HandlerJob): Promise<HandlerOutcome> {
    clearTimeout(this.#idle);
    const begun = (this.#parts.clock ?? systemClock).now();
    const job: Job = { event: given.event, line: this.#lineOf(given), attempt: 1 };
    const ended = await new Promise<Ended>((settle) => {
      this.#waiting.set(job, { given, settle, suspect: false });
      this.#submit({ given, job, alone: false });
    });
    if (this.#waiting.size === 0) this.#idle = setTimeout(() => void this.#stop(), IDLE_MS).unref();
    return outcomeOf(ended, begun, this.#timeoutOf(given));
  }

  /** What still runs is ended, and answers that it crashed. */
  async [Symbol.asyncDispose](): Promise<void> {
    clearTimeout(this.#idle);
    await this.#stop();
  }

  async #stop(): Promise<void> {
    const runtime = this.#runtime;
    this.#runtime = undefined;
    await runtime?.[Symbol.asyncDispose]();
    for (const job of this.#waiting.keys()) this.#crashed(job, "nexus ended");
  }

  #lineOf({ event, given, overlay }: HandlerJob): string {
    return JSON.stringify({ event: publicEvent(event), principal: principalOf(event), permissions: ALL_PERMISSIONS, session: sessionOf(event, this.#parts.config.persona), given, overlay } satisfies RunEvent);
  }

  #timeoutOf({ script: { metadata } }: HandlerJob): number {
    return Math.min(metadata.limits.timeout_ms, this.#parts.config.refs.timeout_ms);
  }

  #submit({ given, job, alone }: { readonly given: HandlerJob; readonly job: Job; readonly alone: boolean }): void {
    const { script } = given;
    const { permissions } = script.metadata;
    this.#runtime ??= this.#start();
    this.#runtime.submit(
      { version: script.version, permissions, load: () => this.#load(given), jobs: [job], triggerCount: 0, lastTriggered: null, failed: 0, threshold: NO_THRESHOLD, haltOnFire: false, epoch: (this.#epoch += 1) },
      alone,
    );
    this.#runtime.flush();
  }

  /** One at a time: of those that ran when an evaluator died, only the one to blame takes its own with it. */
  #tryAlone(): void {
    while (this.#suspects.length > 0 && this.#runtime?.soloFree !== false) {
      const job = this.#suspects.shift();
      const given = job === undefined ? undefined : this.#waiting.get(job)?.given;
      if (job !== undefined && given !== undefined) this.#submit({ given, job, alone: true });
    }
  }

  #start(): Runtime {
    const { config, store, isolation, services, clock = systemClock } = this.#parts;
    const jobs: JobEvents = {
      onResults: (_, results) => results.forEach(([job, wire]) => this.#settle(job, { wire })),
      onFailed: (_, job, failure) => this.#settle(job, { failure }),
      // Why it was returned follows at once, where there is more to say.
      onReturned: (_, returned, why, failure) => setImmediate(() => returned.forEach((job) => this.#returned(job, why, failure))),
      onLoadFailed: (version, failure) => this.#loadFailed(version, failure),
    };
    return startEvaluators({ config, clock, database: store.path, isolation }, evaluatorEvents(jobs, services, () => undefined, () => undefined));
  }

  #returned(job: Job, why: string, failure: Failure | undefined): void {
    const waiting = this.#waiting.get(job);
    if (waiting === undefined) return;
    const { given, suspect } = waiting;
    if (suspect && failure !== undefined) return this.#settle(job, { failure });
    if (job.attempt >= TRIES) return this.#crashed(job, `the evaluator ended (${why})`);
    job.attempt += 1;
    if (why !== "suspect") return this.#submit({ given, job, alone: suspect });
    this.#waiting.set(job, { ...waiting, suspect: true });
    this.#suspects.push(job);
    this.#tryAlone();
  }

  #loadFailed(version: string, failure: Failure): void {
    for (const [job, { given }] of this.#waiting) if (given.script.version === version) this.#settle(job, { failure });
  }

  #crashed(job: Job, message: string): void {
    this.#settle(job, { failure: { outcome: "crashed", message, ranForMs: 0, logs: [] } });
  }

  #settle(job: Job, ended: Ended): void {
    const waiting = this.#waiting.get(job);
    this.#waiting.delete(job);
    waiting?.settle(ended);
    this.#tryAlone();
  }

  #load(given: HandlerJob): LoadHeader {
    const { script } = given;
    const { metadata } = script;
    return {
      t: "load",
      v: script.version,
      path: script.path,
      hash: script.hash,
      dbPath: this.#parts.store.path,
      hook: { id: script.version, name: metadata.name, slug: script.name, version: 1, mode: metadata.mode, config: metadata.config, created_at: 0, created_by: null },
      timeoutMs: this.#timeoutOf(given),
      concurrency: 1,
      fresh: metadata.isolation === "fresh",
      llmCalls: metadata.limits.llm_calls,
      memoryMb: metadata.limits.memory_mb,
      state: script.state ?? {},
    };
  }
}

function outcomeOf(ended: Ended, begun: number, timeoutMs: number): HandlerOutcome {
  if ("failure" in ended) {
    const { outcome, message, stack, ranForMs, logs } = ended.failure;
    const error = outcome === "timeout" ? `${message} after ${timeoutMs} ms` : message;
    return { outcome: outcome === "error" ? "failed" : outcome, started_at: begun, latency_us: ranForMs * 1_000, error, logs, emit: [], ...(stack === undefined ? {} : { stack_trace: stack }) };
  }
  const [, kind, started_at, latency_us, extra] = ended.wire;
  const answered = { started_at, latency_us, logs: extra?.logs ?? [], emit: [] };
  // It answered in the moment before its Worker was ended: too late is too late.
  if (latency_us > timeoutMs * 1_000) return { ...answered, outcome: "timeout", error: `timed out after ${timeoutMs} ms` };
  if (kind === 2) {
    const { message = "the script failed", stack } = extra?.error ?? {};
    return { ...answered, outcome: "failed", error: message, ...(stack === undefined ? {} : { stack_trace: stack }) };
  }
  if (extra?.state !== undefined) return { ...answered, outcome: "failed", error: "it wrote ctx.state, which a script on a ref cannot keep: put it into a passage, or into metadata" };
  const parsed = parseHandlerResult(extra?.result);
  if (!parsed.ok) return { ...answered, outcome: "failed", error: parsed.error };
  const { emit, result, ignored } = parsed;
  const warned = ignored.map((field): LogLine => ({ at: Math.round(latency_us / 1_000), level: "warn", text: `the field \`${field}\` of the returned value was ignored` }));
  return { ...answered, outcome: "done", emit, logs: [...answered.logs, ...warned], ...(result === undefined ? {} : { result }) };
}
