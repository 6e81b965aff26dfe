import type { EndedHeader, FromEvaluator, ReplyHeader, ToEvaluator, WireResult } from "./protocol.ts";
import { culpritsOf, failureOf } from "./ended-failure.ts";
import type { EvaluatorOptions } from "./evaluator-process.ts";
import type { Failure, Job, JobEvents, Submission } from "./job.ts";
import type { Evaluator, EvaluatorEnd, KeeperEvents, StartEvaluator } from "./keeper.ts";
import { Keeper } from "./keeper.ts";
import { isWireResult } from "./wire-check.ts";

/** A batch of events larger than this travels in several frames, bytes. */
const FRAME_BYTES = 1_048_576;

export interface LaneEvents extends JobEvents {
  onCall(version: string, method: "llm" | "search", args: readonly unknown[]): Promise<unknown>;
  onStray(text: string): void;
  onStarted(pid: number): void;
  onGone(end: EvaluatorEnd): void;
  /** A Worker was ended between invocations, for what it is rather than for what it did. */
  onWorkerEnded(details: { readonly version: string; readonly why: string; readonly message: string }): void;
}

interface ChunkInFlight {
  readonly submission: Submission;
  /** Undefined where the job is settled. */
  readonly jobs: (Job | undefined)[];
  left: number;
}

type Chunks = (ToEvaluator & { t: "run" })["chunks"];

/** One evaluator and everything it owes. When it dies, every job in it is settled here before a new one is started. */
export class Lane {
  readonly #events: LaneEvents;
  readonly #clockOffset: () => number;
  readonly #chunks = new Map<number, ChunkInFlight>();
  /** Versions this evaluator has been told of; it asks for them again when it needs them. */
  readonly #introduced = new Set<string>();
  /** By version: chunks before this one were sent behind some that came back. */
  readonly #overtaking = new Map<string, number>();
  readonly #keeper: Keeper;
  #nextChunk = 1;
  #outgoing: [number, ChunkInFlight][] = [];

  constructor(options: EvaluatorOptions, events: LaneEvents, clockOffset: () => number, start?: StartEvaluator) {
    this.#events = events;
    this.#clockOffset = clockOffset;
    const kept: KeeperEvents = {
      onMessage: (message, lines) => this.#receive(message, lines),
      onStray: (text) => events.onStray(text),
      onStarted: (pid) => events.onStarted(pid),
      onGone: (end) => this.#gone(end),
      onFree: () => this.flush(),
      isAtRest: () => this.#chunks.size === this.#outgoing.length,
    };
    this.#keeper = new Keeper(options, kept, start);
  }

  get inFlight(): number {
    return this.#chunks.size;
  }

  get pid(): number | undefined {
    return this.#keeper.process?.pid;
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
    if (this.#outgoing.length === 0 || this.#keeper.isHeld) return;
    const process = this.#keeper.open();
    if (process === undefined) return;
    const lines: string[] = [];
    const lineOf = new Map<string | Job, number>();
    const chunks: Chunks[number][] = [];
    let bytes = 0;
    const outgoing = this.#outgoing;
    this.#outgoing = [];
    for (const [id, { submission }] of outgoing) {
      // It waited while the evaluator was held, and was taken back meanwhile.
      if (!this.#chunks.has(id)) continue;
      this.#introduce(process, submission);
      const e = submission.jobs.map((job) => {
        // What a stage hook is told is told to no other.
        const key = job.stage === undefined ? job.event.id : job;
        let line = lineOf.get(key);
        if (line === undefined) {
          line = lines.push(job.line) - 1;
          bytes += job.line.length;
          lineOf.set(key, line);
        }
        return line;
      });
      const { version, triggerCount, lastTriggered, failed, threshold, haltOnFire, epoch } = submission;
      chunks.push({ v: version, c: id, e, triggerCount, lastTriggered, failed, threshold, haltOnFire, epoch });
      if (bytes < FRAME_BYTES) continue;
      this.#sendRun(process, chunks.splice(0), lines.splice(0));
      lineOf.clear();
      bytes = 0;
    }
    if (chunks.length > 0) this.#sendRun(process, chunks, lines);
  }

  /** The version's Worker is no longer wanted (replaced, disabled). What it still owes is answered first. */
  retire(version: string): void {
    if (this.#introduced.has(version)) this.#keeper.process?.send({ t: "retire", v: version });
  }

  recycle(why: string): void {
    this.#keeper.tire(why);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#keeper[Symbol.asyncDispose]();
  }

  #sendRun(process: Evaluator, chunks: Chunks, lines: readonly string[]): void {
    process.send({ t: "run", lines: lines.length, clockOffset: this.#clockOffset(), chunks }, lines);
  }

  #introduce(process: Evaluator, submission: Submission): void {
    const { version } = submission;
    if (this.#introduced.has(version)) return;
    this.#introduced.add(version);
    process.send(submission.load());
  }

  #receive(message: FromEvaluator, lines: readonly string[]): void {
    switch (message.t) {
      case "results":
        this.#results(message.v, message.c, lines[0] ?? "[]", message.done);
        break;
      case "ended":
        this.#ended(message);
        break;
      case "wanted":
        this.#introduceAgain(message.v);
        return;
      case "call":
        void this.#call(message.v, message.id, message.method, message.args);
        return;
      case "late":
        this.#events.onStray(`hook version ${message.v}, outside an invocation: ${message.text}`);
        return;
      case "ready":
      case "pong":
        return;
    }
    if (this.#chunks.size === this.#outgoing.length) this.#keeper.rested();
  }

  #results(version: string, id: number, text: string, done: boolean): void {
    const chunk = this.#chunks.get(id);
    // Only what that version was given: no hook answers for another.
    if (chunk === undefined || chunk.submission.version !== version) return;
    const results: (readonly [Job, WireResult])[] = [];
    const halted: Job[] = [];
    const wires = parsed(text);
    let sound = wires !== undefined;
    for (const wire of wires ?? []) {
      if (!isWireResult(wire)) {
        sound = false;
        continue;
      }
      const job = this.#take(chunk, wire[0]);
      if (job === undefined) continue;
      if (wire[1] === 3) halted.push(job);
      else results.push([job, wire]);
    }
    if (chunk.left === 0) this.#chunks.delete(id);
    if (results.length > 0) this.#events.onResults(version, results);
    if (chunk.left > 0 && (done || !sound)) this.#garbled(version, id, chunk);
    if (halted.length > 0) this.#events.onReturned(version, halted, "halted");
  }

  /** What it sent for a chunk is not what was to come: the first that is missing pays for it, in a new Worker the rest. */
  #garbled(version: string, id: number, chunk: ChunkInFlight): void {
    const job = this.#take(chunk, chunk.jobs.findIndex((one) => one !== undefined));
    if (job !== undefined) this.#events.onFailed(version, job, garbled);
    this.#returnAll((other) => other === id, "innocent");
    this.retire(version);
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
    const suspects: Job[] = [];
    if (failure !== undefined && end.why !== "load") {
      for (const [id, index, ranForMs] of culpritsOf(end)) {
        const chunk = this.#chunks.get(id);
        const job = chunk?.submission.version === end.v ? this.#take(chunk, index ?? chunk.jobs.findIndex((one) => one !== undefined)) : undefined;
        if (job === undefined) continue;
        // Who fills the memory of a shared process is found out for certain only alone.
        if (end.why === "memory" && end.stuck !== true) suspects.push(job);
        else this.#events.onFailed(end.v, job, { ...failure, ranForMs });
      }
    }
    // Only what that Worker owed: a newer chunk of the version may be on its way to the next one.
    if (end.owed.length > 0) this.#overtaking.set(end.v, this.#nextChunk);
    this.#returnAll((id) => end.owed.includes(id), "innocent");
    if (suspects.length > 0) this.#events.onReturned(end.v, suspects, "suspect", failure);
    if (failure !== undefined && end.why === "load") this.#events.onLoadFailed(end.v, failure);
    if (end.why === "grown" || end.why === "restless") this.#events.onWorkerEnded({ version: end.v, why: end.why, message: end.message ?? end.why });
    if (end.stuck === true) this.#keeper.kill(`a Worker did not end: ${failure?.message ?? end.why} (hook version ${end.v})`);
  }

  /**
   * The version's Worker is gone, and all its results are here: the next begins with the state as it is now. What was on
   * its way when others of the version came back is taken back, too, and goes again behind them.
   */
  #introduceAgain(version: string): void {
    const from = this.#overtaking.get(version) ?? 0;
    for (const [, { submission }] of this.#chunks) {
      if (submission.version !== version) continue;
      this.#returnAll((id, chunk) => id < from && chunk.submission.version === version, "unsent");
      this.#keeper.process?.send({ ...submission.load(), from });
      return;
    }
  }

  #gone(end: EvaluatorEnd): void {
    this.#introduced.clear();
    this.#overtaking.clear();
    const unsent = new Set(this.#outgoing.map(([id]) => id));
    this.#outgoing = [];
    this.#events.onGone(end);
    this.#returnAll((id) => !end.came || unsent.has(id), "unsent");
    const failure: Failure = { outcome: "crashed", message: `${end.message} while it ran this hook alone`, ranForMs: 0, logs: [], stuck: true };
    this.#returnAll(() => true, end.deliberate ? "innocent" : "suspect", failure);
  }

  #returnAll(wanted: (id: number, chunk: ChunkInFlight) => boolean, why: "unsent" | "innocent" | "suspect", failure?: Failure): void {
    const byVersion = new Map<string, Job[]>();
    for (const [id, chunk] of this.#chunks) {
      if (!wanted(id, chunk)) continue;
      this.#chunks.delete(id);
      const jobs = chunk.jobs.filter((job) => job !== undefined);
      const { version } = chunk.submission;
      byVersion.set(version, [...(byVersion.get(version) ?? []), ...jobs]);
    }
    for (const [version, jobs] of byVersion) if (jobs.length > 0) this.#events.onReturned(version, jobs, why, failure);
  }

  async #call(version: string, id: number, method: "llm" | "search", args: string): Promise<void> {
    const asked = this.#keeper.process;
    const reply = (ok: boolean, value: unknown): ReplyHeader => ({ t: "reply", v: version, id, ok, value });
    try {
      asked?.send(reply(true, await this.#events.onCall(version, method, JSON.parse(args) as readonly unknown[])));
    } catch (error) {
      asked?.send(reply(false, error));
    }
  }
}

/** Undefined when it is no JSON array; deep nesting ends in a RangeError. */
function parsed(text: string): readonly unknown[] | undefined {
  try {
    const value = JSON.parse(text) as unknown;
    return Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

const garbled: Failure = { outcome: "crashed", message: "the hook broke what carries its results: it changed a built-in that nexus stands on", ranForMs: 0, logs: [] };
