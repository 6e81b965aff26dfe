import type { EvaluatorOptions, EvaluatorProcessEvents } from "./evaluator-process.ts";
import { EvaluatorProcess } from "./evaluator-process.ts";
import type { Verdict } from "./health.ts";
import { Health, LOOK_MS } from "./health.ts";
import type { FromEvaluator } from "./protocol.ts";
import { RestartPause } from "./restart-pause.ts";

/** A tired evaluator waits so long for a moment of rest; then nothing new is sent, and after as long again it is ended. */
const PATIENCE_MS = 5_000;
/** Work that has to be begun again for a recycling is begun again at most this often. */
const FORCED_EVERY_MS = 60_000;
/** A new evaluator is left alone for so long, whatever it looks like. */
const YOUNG_MS = 2_000;
/** With so much of its limit in use a death is put down to memory: a failed allocation ends in an abort or a trap. */
const NEARLY = 0.7;
const ALLOCATION_SIGNALS: readonly (string | null)[] = ["SIGABRT", "SIGTRAP", "SIGSEGV", "SIGILL", "SIGBUS", "SIGKILL"];

/** What is kept; the simulation puts its own in its place. */
export type Evaluator = Pick<EvaluatorProcess, "pid" | "vitals" | "descriptors" | "send" | "kill" | "ended">;
export type StartEvaluator = (options: EvaluatorOptions, events: EvaluatorProcessEvents) => Evaluator;

export interface EvaluatorEnd {
  readonly pid: number | undefined;
  readonly code: number | null;
  readonly signal: string | null;
  /** Ended by us, and by no fault of what ran. */
  readonly deliberate: boolean;
  /** It came up; without that nothing in it was begun. */
  readonly came: boolean;
  /** What to say of whoever caused it. */
  readonly message: string;
  readonly retryInMs: number;
}

export interface KeeperEvents {
  onMessage(message: FromEvaluator, lines: readonly string[]): void;
  onStray(text: string): void;
  onStarted(pid: number): void;
  onGone(end: EvaluatorEnd): void;
  /** Sending is possible again. */
  onFree(): void;
  /** Whether nothing is under way in it. */
  isAtRest(): boolean;
}

/**
 * Keeps one evaluator running and well: starts it when it is needed, watches it, replaces it, and pauses when it dies
 * again and again.
 *
 *   absent ─ open ─▶ running ─ tired ─▶ running, held after a while ─ at rest ─▶ absent
 *     ▲                 └── ill, dead, killed ──▶ paused, if it was not the first ──┘
 */
export class Keeper {
  readonly #options: EvaluatorOptions;
  readonly #events: KeeperEvents;
  readonly #start: StartEvaluator;
  readonly #pause = new RestartPause();
  /** Evaluators that are not gone yet with all that they started. */
  readonly #endings = new Set<Promise<void>>();
  #process: Evaluator | undefined;
  #health: Health;
  #look: ReturnType<typeof setInterval> | undefined;
  #startedAt = 0;
  #usedMb = 0;
  #deliberate = false;
  /** It is connected: what it was sent may have begun. */
  #came = false;
  #worked = false;
  #verdict: Verdict | undefined;
  #why: string | undefined;
  #tiredAt: number | undefined;
  #forcedAt = -FORCED_EVERY_MS;
  #paused: ReturnType<typeof setTimeout> | undefined;
  #closed = false;

  constructor(options: EvaluatorOptions, events: KeeperEvents, start: StartEvaluator = startProcess) {
    this.#options = options;
    this.#events = events;
    this.#start = start;
    this.#health = new Health(options);
  }

  get process(): Evaluator | undefined {
    return this.#process;
  }

  /** Nothing may be sent now; `onFree` says when. */
  get isHeld(): boolean {
    return this.#closed || this.#paused !== undefined || (this.#tiredAt !== undefined && performance.now() - this.#tiredAt > PATIENCE_MS && this.#mayForce());
  }

  /** The running evaluator, started if there is none; undefined when that is not possible now. */
  open(): Evaluator | undefined {
    if (this.#process !== undefined) return this.#process;
    try {
      const started: Evaluator = this.#start(this.#options, {
        onMessage: (message, lines) => this.#receive(message, lines),
        onStray: (text) => this.#events.onStray(text),
        onGone: (details) => this.#gone(started, details),
      });
      this.#begin(started);
      return started;
    } catch (error) {
      // No process, no descriptor, no room in the temporary folder: what waits waits on.
      this.#ended({ pid: undefined, code: null, signal: null, came: false, message: `EVALUATOR_UNAVAILABLE: ${String(error)}` });
      return undefined;
    }
  }

  /** To be called when the last that was under way came back. */
  rested(): void {
    if (this.#tiredAt !== undefined) this.kill(`recycled: ${this.#verdict?.message}`);
  }

  /** Has it replaced: at the next moment of rest, or after a while without one. */
  tire(message: string): void {
    if (this.#process === undefined) return;
    this.#verdict ??= { state: "tired", message };
    this.#tiredAt ??= performance.now();
  }

  /** Ends it by no fault of what runs in it now. */
  kill(why: string): void {
    this.#deliberate = true;
    this.#why = why;
    this.#process?.kill();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    this.#deliberate = true;
    clearTimeout(this.#paused);
    clearInterval(this.#look);
    this.#process?.kill();
    await Promise.all(this.#endings);
  }

  #begin(process: Evaluator): void {
    this.#process = process;
    const ending = process.ended.finally(() => this.#endings.delete(ending));
    this.#endings.add(ending);
    this.#health = new Health(this.#options);
    this.#deliberate = false;
    this.#came = false;
    this.#worked = false;
    this.#verdict = undefined;
    this.#why = undefined;
    this.#tiredAt = undefined;
    this.#usedMb = 0;
    this.#startedAt = performance.now();
    this.#look = setInterval(() => this.#step(process, performance.now()), LOOK_MS);
    this.#events.onStarted(process.pid);
  }

  #receive(message: FromEvaluator, lines: readonly string[]): void {
    if (message.t === "pong") this.#health.answered(message.n, message);
    else if (message.t === "ready") this.#came = true;
    else this.#events.onMessage(message, lines);
    if (this.#worked || message.t !== "results") return;
    this.#worked = true;
    this.#pause.worked();
  }

  #step(process: Evaluator, now: number): void {
    const ping = this.#health.beat();
    if (ping !== undefined) process.send({ t: "ping", n: ping });
    const { vitals } = process;
    if (vitals !== undefined) this.#usedMb = vitals.rssBytes / 1_048_576;
    const atRest = this.#events.isAtRest();
    const descriptors = this.#health.countsDescriptors ? process.descriptors : undefined;
    const verdict = this.#health.judge(now, { vitals, descriptors, atRest });
    if (verdict?.state === "ill" && !this.#deliberate) {
      this.#verdict = verdict;
      process.kill();
      return;
    }
    if (verdict !== undefined && now - this.#startedAt > YOUNG_MS) this.tire(verdict.message);
    this.#recycle(now, atRest);
  }

  #recycle(now: number, atRest: boolean): void {
    if (this.#tiredAt === undefined) return;
    if (atRest) this.rested();
    else if (now - this.#tiredAt > PATIENCE_MS * 2 && this.#mayForce()) {
      this.#forcedAt = now;
      this.rested();
    }
  }

  #mayForce(): boolean {
    return performance.now() - this.#forcedAt > FORCED_EVERY_MS;
  }

  #gone(process: Evaluator, { code, signal }: { code: number | null; signal: string | null }): void {
    if (this.#process !== process) return;
    clearInterval(this.#look);
    this.#process = undefined;
    this.#ended({ pid: process.pid, code, signal, came: this.#came, message: this.#messageOf(code, signal) });
  }

  #messageOf(code: number | null, signal: string | null): string {
    if (this.#why !== undefined) return this.#why;
    if (this.#verdict?.state === "ill") return this.#verdict.message;
    const { memoryMb } = this.#options;
    const nearly = this.#usedMb > memoryMb * NEARLY;
    if (nearly && !this.#deliberate && ALLOCATION_SIGNALS.includes(signal)) return `MEMORY: the evaluator died (${signal}) with ${Math.round(this.#usedMb)} MiB of evaluator.memory_mb = ${memoryMb} in use`;
    return `the evaluator process died (${signal ?? `code ${code}`})`;
  }

  #ended(end: Omit<EvaluatorEnd, "deliberate" | "retryInMs">): void {
    const deliberate = this.#deliberate;
    const retryInMs = deliberate ? 0 : this.#pause.died(end.came);
    this.#tiredAt = undefined;
    if (retryInMs > 0 && !this.#closed) {
      this.#paused = setTimeout(() => {
        this.#paused = undefined;
        this.#events.onFree();
      }, retryInMs);
    }
    this.#events.onGone({ ...end, deliberate, retryInMs });
    if (retryInMs === 0 && !this.#closed) this.#events.onFree();
  }
}

function startProcess(options: EvaluatorOptions, events: EvaluatorProcessEvents): Evaluator {
  return new EvaluatorProcess(options, events);
}
