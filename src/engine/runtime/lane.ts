import type { EndedHeader, FromEvaluator, ReplyHeader, ToEvaluator, WireResult } from "./protocol.ts";
import type { EvaluatorOptions, EvaluatorProcessEvents } from "./evaluator-process.ts";
import { EvaluatorProcess } from "./evaluator-process.ts";
import type { Failure, Job, JobEvents, Submission } from "./job.ts";

/** A batch of events larger than this travels in several frames, bytes. */
const FRAME_BYTES = 1_048_576;

export interface LaneEvents extends JobEvents {
  onCall(version: string, method: "llm" | "search", args: readonly unknown[]): Promise<unknown>;
  onStray(text: string): void;
  onStarted(pid: number): void;
  onGone(details: { pid: number; code: number | null; signal: string | null; deliberate: boolean }): void;
}

/** What a lane needs of its evaluator process; the simulation puts its own in its place. */
export type Evaluator = Pick<EvaluatorProcess, "pid" | "send" | "kill" | typeof Symbol.asyncDispose>;
export type StartEvaluator = (options: EvaluatorOptions, events: EvaluatorProcessEvents) => Evaluator;

interface ChunkInFlight {
  readonly submission: Submission;
  /** Undefined where the job is settled. */
  readonly jobs: (Job | undefined)[];
  left: number;
}

/**
 * One evaluator and everything it owes. When it dies, every job in it is settled here before a new one is started.
 *
 *   absent ─ first frame ─▶ running ─ died, or killed because a thread was stuck ─▶ absent
 */
export class Lane {
  readonly #options: EvaluatorOptions;
  readonly #events: LaneEvents;
  readonly #clockOffset: () => number;
  readonly #chunks = new Map<number, ChunkInFlight>();
  /** Versions this evaluator has been told of; it asks for them again when it needs them. */
  readonly #introduced = new Set<string>();
  /** By version: chunks before this one were sent behind some that came back. */
  readonly #overtaking = new Map<string, number>();
  readonly #start: StartEvaluator;
  #process: Evaluator | undefined;
  #deliberate = false;
  #nextChunk = 1;
  #outgoing: [number, ChunkInFlight][] = [];

  constructor(options: EvaluatorOptions, events: LaneEvents, clockOffset: () => number, start: StartEvaluator = startProcess) {
    this.#start = start;
    this.#options = options;
    this.#events = events;
    this.#clockOffset = clockOffset;
  }

  get inFlight(): number {
    return this.#chunks.size;
  }

  get pid(): number | undefined {
    return this.#process?.pid;
  }

  /** Takes a chunk; it leaves with the next `flush`. */
  submit(submission: Submission): void {
    const chunk = { submission, jobs: [...submission.jobs], left: submission.jobs.length };
    const id = this.#nextChunk++;
    this.#chunks.set(id, chunk);
    this.#outgoing.push([id, chunk]);
  }

  /** Sends what was submitted, each event once however many hooks see it. */
  flush(): void {
    if (this.#outgoing.length === 0) return;
    const lines: string[] = [];
    const lineOf = new Map<string, number>();
    const chunks: (ToEvaluator & { t: "run" })["chunks"][number][] = [];
    let bytes = 0;
    const outgoing = this.#outgoing;
    this.#outgoing = [];
    for (const [id, { submission }] of outgoing) {
      this.#introduce(submission);
      const e = submission.jobs.map((job) => {
        let line = lineOf.get(job.event.id);
        if (line === undefined) {
          line = lines.push(job.line) - 1;
          bytes += job.line.length;
          lineOf.set(job.event.id, line);
        }
        return line;
      });
      const { version, triggerCount, lastTriggered, failed, threshold, haltOnFire, epoch } = submission;
      chunks.push({ v: version, c: id, e, triggerCount, lastTriggered, failed, threshold, haltOnFire, epoch });
      if (bytes < FRAME_BYTES) continue;
      this.#sendRun(chunks.splice(0), lines.splice(0));
      lineOf.clear();
      bytes = 0;
    }
    if (chunks.length > 0) this.#sendRun(chunks, lines);
  }

  /** The version's Worker is no longer wanted (replaced, disabled). What it still owes is answered first. */
  retire(version: string): void {
    if (this.#introduced.has(version)) this.#process?.send({ t: "retire", v: version });
  }

  kill(): void {
    this.#deliberate = true;
    this.#process?.kill();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#deliberate = true;
    await this.#process?.[Symbol.asyncDispose]();
  }

  #sendRun(chunks: (ToEvaluator & { t: "run" })["chunks"], lines: readonly string[]): void {
    this.#running().send({ t: "run", lines: lines.length, clockOffset: this.#clockOffset(), chunks }, lines);
  }

  #running(): Evaluator {
    if (this.#process === undefined) {
      this.#deliberate = false;
      const started: Evaluator = this.#start(this.#options, {
        onMessage: (message, lines) => this.#receive(message, lines),
        onStray: (text) => this.#events.onStray(text),
        onGone: (details) => this.#gone(started, details),
      });
      this.#process = started;
      this.#events.onStarted(started.pid);
    }
    return this.#process;
  }

  #introduce(submission: Submission): void {
    const { version } = submission;
    const process = this.#running();
    if (this.#introduced.has(version)) return;
    this.#introduced.add(version);
    process.send(submission.load());
  }

  #receive(message: FromEvaluator, lines: readonly string[]): void {
    switch (message.t) {
      case "results":
        this.#results(message.v, message.c, lines[0] ?? "[]");
        return;
      case "ended":
        this.#ended(message);
        return;
      case "wanted":
        this.#introduceAgain(message.v);
        return;
      case "call":
        void this.#call(message.v, message.id, message.method, message.args);
        return;
      case "ready":
      case "pong":
        return;
    }
  }

  #results(version: string, id: number, text: string): void {
    const chunk = this.#chunks.get(id);
    if (chunk === undefined) return;
    const results: (readonly [Job, WireResult])[] = [];
    const halted: Job[] = [];
    for (const wire of JSON.parse(text) as WireResult[]) {
      const job = this.#take(chunk, wire[0]);
      if (job === undefined) continue;
      if (wire[1] === 3) halted.push(job);
      else results.push([job, wire]);
    }
    if (chunk.left === 0) this.#chunks.delete(id);
    if (results.length > 0) this.#events.onResults(version, results);
    if (halted.length > 0) this.#events.onReturned(version, halted, "halted");
  }

  #take(chunk: ChunkInFlight, index: number): Job | undefined {
    const job = chunk.jobs[index];
    if (job === undefined) return undefined;
    chunk.jobs[index] = undefined;
    chunk.left -= 1;
    return job;
  }

  #ended(end: EndedHeader): void {
    const failure = failureOf(end);
    if (failure !== undefined && end.why !== "load") {
      for (const [id, index, ranForMs] of culpritsOf(end)) {
        const chunk = this.#chunks.get(id);
        const job = chunk === undefined ? undefined : this.#take(chunk, index ?? chunk.jobs.findIndex((one) => one !== undefined));
        if (job !== undefined) this.#events.onFailed(end.v, job, { ...failure, ranForMs });
      }
    }
    // Only what that Worker owed: a newer chunk of the version may be on its way to the next one.
    if (end.owed.length > 0) this.#overtaking.set(end.v, this.#nextChunk);
    this.#returnAll((id) => end.owed.includes(id), "innocent");
    if (failure !== undefined && end.why === "load") this.#events.onLoadFailed(end.v, failure);
    if (end.stuck === true) this.kill();
  }

  /**
   * The version's Worker is gone, and all its results are here: the next begins with the state as it is now. What was on
   * its way when others of the version came back is taken back, too, and goes again behind them.
   */
  #introduceAgain(version: string): void {
    const from = this.#overtaking.get(version) ?? 0;
    for (const [, { submission }] of this.#chunks) {
      if (submission.version !== version) continue;
      this.#returnAll((id, chunk) => id < from && chunk.submission.version === version, "innocent");
      this.#process?.send({ ...submission.load(), from });
      return;
    }
  }

  #gone(process: Evaluator, details: { code: number | null; signal: string | null }): void {
    if (this.#process !== process) return;
    this.#process = undefined;
    this.#introduced.clear();
    this.#overtaking.clear();
    this.#outgoing = [];
    this.#events.onGone({ pid: process.pid, ...details, deliberate: this.#deliberate });
    this.#returnAll(() => true, this.#deliberate ? "innocent" : "suspect");
  }

  #returnAll(wanted: (id: number, chunk: ChunkInFlight) => boolean, why: "innocent" | "suspect"): void {
    const byVersion = new Map<string, Job[]>();
    for (const [id, chunk] of this.#chunks) {
      if (!wanted(id, chunk)) continue;
      this.#chunks.delete(id);
      const jobs = chunk.jobs.filter((job) => job !== undefined);
      const { version } = chunk.submission;
      byVersion.set(version, [...(byVersion.get(version) ?? []), ...jobs]);
    }
    for (const [version, jobs] of byVersion) if (jobs.length > 0) this.#events.onReturned(version, jobs, why);
  }

  async #call(version: string, id: number, method: "llm" | "search", args: readonly unknown[]): Promise<void> {
    const asked = this.#process;
    const reply = (ok: boolean, value: unknown): ReplyHeader => ({ t: "reply", v: version, id, ok, value });
    try {
      asked?.send(reply(true, await this.#events.onCall(version, method, args)));
    } catch (error) {
      asked?.send(reply(false, error));
    }
  }
}

function startProcess(options: EvaluatorOptions, events: EvaluatorProcessEvents): Evaluator {
  return new EvaluatorProcess(options, events);
}

/** What was running; when nothing was, the first thing owed: something has to end, or it would be tried for ever. */
function culpritsOf(end: EndedHeader): readonly (readonly [chunk: number, index: number | undefined, ranForMs: number])[] {
  if (end.running.length > 0) return end.running;
  const [first] = end.owed;
  return first === undefined ? [] : [[first, undefined, 0]];
}

function failureOf(end: EndedHeader): Failure | undefined {
  const base = {
    ranForMs: 0,
    logs: end.logs ?? [],
    ...(end.stack === undefined ? {} : { stack: end.stack }),
    ...(end.stuck === undefined ? {} : { stuck: true as const }),
  };
  switch (end.why) {
    case "timeout":
      return { ...base, outcome: "timeout", message: end.stuck === true ? "timed out in a call that only killing the evaluator could end" : "timed out" };
    case "exit":
      return { ...base, outcome: "error", message: end.message ?? "hook exited before it returned a result" };
    case "error":
    case "load":
      return { ...base, outcome: "error", message: end.message ?? "the Worker ended with an error" };
    case "memory":
      return { ...base, outcome: "crashed", message: end.message ?? "out of memory" };
    case "protocol":
      return { ...base, outcome: "crashed", message: end.message ?? "the hook broke the protocol" };
    case "fresh":
    case "idle":
      return undefined;
  }
}
