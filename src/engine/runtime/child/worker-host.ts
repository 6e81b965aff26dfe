import { Worker } from "node:worker_threads";
import type { EndedHeader, LoadHeader, WorkerEnd } from "../protocol.ts";
import type { FromWorker, LoadFailedMessage, ToWorker, WorkerMessage } from "./worker-protocol.ts";

/** What the evaluator needs of a Worker's host; the simulation puts its own in its place. */
export type Host = Pick<
  WorkerHost,
  "load" | "owed" | "lastUsed" | "thread" | "isLoading" | "isEnding" | "isFreeing" | "busy" | "send" | "settle" | "watch" | "isOver" | "endOver" | "rebase" | "end" | "giveUp"
>;
export type StartHost = (load: LoadHeader, code: string, events: HostEvents, now: number) => Host;

export interface HostEvents {
  onLoaded(): void;
  onResults(host: Host, chunk: number, count: number, results: string): void;
  onCall(host: Host, id: number, method: "llm" | "search", args: string): void;
  onLate(host: Host, text: string): void;
  /** It was told to end; `onEnded` follows, unless its thread is stuck. */
  onEnding(host: Host, why: WorkerEnd): void;
  onEnded(host: Host, end: EndedHeader): void;
}

/** A Worker that owes results and runs nothing for so long is broken; ms. */
const STALL_MS = 5_000;
/** A Worker that sends this many messages that are none of the protocol's is ended. */
const STRAY_MESSAGES = 100;
const MIB = 1_048_576;

interface Running {
  readonly chunk: number;
  readonly index: number;
  readonly since: number;
  /** Memory of the process when it began, bytes. */
  base: number;
}

/**
 * The evaluator's side of one Worker: its start, its running invocations with their deadlines, its end.
 *
 *   starting ─ loaded by itself, chunks wait inside ─▶ working / idle ─▶ ending ─▶ ended (exactly one `ended` report)
 */
export class WorkerHost {
  readonly load: LoadHeader;
  /** Chunks sent and not wholly answered: how many invocations each still owes. */
  readonly owed = new Map<number, number>();
  lastUsed: number;
  /** Its thread, once it is loaded and where the system tells. */
  thread: number | undefined;
  readonly #key = crypto.randomUUID();
  readonly #worker: Worker;
  readonly #slots: Int32Array;
  readonly #seen: (Running | undefined)[];
  readonly #events: HostEvents;
  #why: WorkerEnd | undefined;
  #culprits: EndedHeader["running"] = [];
  #details: Pick<EndedHeader, "message" | "stack" | "logs"> = {};
  #ended = false;
  #loading = true;
  #strays = 0;
  #lastBytes = Number.POSITIVE_INFINITY;

  constructor(load: LoadHeader, code: string, events: HostEvents, now: number) {
    this.load = load;
    this.lastUsed = now;
    this.#events = events;
    const running = new SharedArrayBuffer(load.concurrency * 2 * 4);
    this.#slots = new Int32Array(running);
    this.#seen = Array.from({ length: load.concurrency });
    // Its own copy of a scrubbed environment; the loader finds the embedded entry by this URL, compiled or not.
    this.#worker = new Worker(new URL("./worker.ts", import.meta.url), { workerData: { load, code, running, key: this.#key }, env: process.env });
    this.#worker.on("message", (message: FromWorker) => this.#receive(message));
    this.#worker.on("error", (error: unknown) => this.#note("error", error instanceof Error ? error.message : String(error)));
    this.#worker.on("exit", (code: number) => this.#finish("exit", code));
  }

  get isLoading(): boolean {
    return this.#loading && this.#why === undefined;
  }

  get busy(): boolean {
    return this.owed.size > 0;
  }

  send(message: ToWorker, size: number, now: number): void {
    this.lastUsed = now;
    if (message.t === "run") this.owed.set(message.c, size);
    this.#worker.postMessage(message);
  }

  /** `count` invocations of the chunk are answered; true when those were its last. */
  settle(chunk: number, count: number, now: number): boolean {
    this.lastUsed = now;
    const left = (this.owed.get(chunk) ?? 0) - count;
    if (left > 0) this.owed.set(chunk, left);
    else this.owed.delete(chunk);
    return !(left > 0);
  }

  /** Called every few ms while busy. Ends the Worker when an invocation is past its time. `bytes` is the memory of all. */
  watch(now: number, bytes: number, loadMs: number): void {
    const { timeoutMs } = this.load;
    const base = Math.min(this.#lastBytes, bytes);
    this.#lastBytes = bytes;
    let late = false;
    for (let slot = 0; slot < this.#seen.length; slot += 1) {
      const chunk = this.#slots[slot * 2] ?? 0;
      const index = (this.#slots[slot * 2 + 1] ?? 0) - 1;
      const seen = this.#seen[slot];
      if (index < 0) this.#seen[slot] = undefined;
      else if (seen === undefined || seen.chunk !== chunk || seen.index !== index) this.#seen[slot] = { chunk, index, since: now, base };
      else if (now - seen.since >= timeoutMs) late = true;
      else seen.base = Math.min(seen.base, bytes);
    }
    if (this.#why !== undefined) return;
    if (!late) return this.#watchStall(now, loadMs);
    const pastLimit = (entry: Running | undefined): entry is Running => entry !== undefined && now - entry.since >= timeoutMs;
    this.#culprits = this.#seen.filter(pastLimit).map((entry) => [entry.chunk, entry.index, Math.round(now - entry.since)] as const);
    this.end("timeout");
  }

  /** Whether the process has grown by more than its limit since one of its running invocations began. */
  isOver(bytes: number): boolean {
    return this.#why === undefined && this.#seen.some((running) => running !== undefined && bytes - running.base > this.load.memoryMb * MIB);
  }

  /** What grew was someone else's: measured from here. */
  rebase(bytes: number): void {
    for (const running of this.#seen) if (running !== undefined) running.base = bytes;
  }

  endOver(now: number, bytes: number): void {
    const { memoryMb } = this.load;
    const entries = this.#seen.filter((running) => running !== undefined);
    this.#culprits = entries.filter(({ base }) => bytes - base > memoryMb * MIB).map(({ chunk, index, since }) => [chunk, index, Math.round(now - since)] as const);
    this.#details = { message: `MEMORY: used more than memory_mb = ${memoryMb}` };
    this.end("memory");
  }

  #watchStall(now: number, loadMs: number): void {
    if (this.#seen.some((running) => running !== undefined)) this.lastUsed = now;
    const limit = this.#loading ? loadMs : STALL_MS;
    if (now - this.lastUsed < limit) return;
    this.#note(this.#loading ? "load" : "protocol", `the hook's Worker ${this.#loading ? "was not loaded" : "did nothing"} for ${limit} ms although events wait for it`);
  }

  /** Asks the thread to end; `ended` follows when it has. */
  end(why: WorkerEnd, message?: string): void {
    if (this.#why !== undefined) return;
    this.#why = why;
    if (message !== undefined) this.#details = { message };
    this.#events.onEnding(this, why);
    void this.#worker.terminate();
  }

  /** For a thread that terminate() does not stop (a native call, a WASM loop): reports it and gives it up for lost. */
  giveUp(): void {
    this.#report({ stuck: true });
  }

  /** It is being ended for its memory, which is not yet free. */
  get isFreeing(): boolean {
    return this.#why === "memory" && !this.#ended;
  }

  get isEnding(): boolean {
    return this.#why !== undefined;
  }

  #receive(message: FromWorker): void {
    if (this.#ended || this.#why !== undefined) return;
    if (typeof message === "string" && message.startsWith(this.#key)) {
      const end = message.indexOf("\n");
      const space = message.indexOf(" ");
      this.#events.onResults(this, Number(message.slice(this.#key.length, space)), Number(message.slice(space + 1, end)), message.slice(end + 1));
    } else if (typeof message === "object" && message !== null && message.key === this.#key) this.#understand(message);
    else {
      // Posted by the hook itself, whatever it looks like.
      this.#strays += 1;
      if (this.#strays > STRAY_MESSAGES) this.#note("protocol", `the hook sent ${this.#strays} messages of its own to the evaluator`);
    }
  }

  #understand(message: WorkerMessage): void {
    switch (message.t) {
      case "call":
        this.#events.onCall(this, message.id, message.method, message.args);
        return;
      case "loaded":
        this.#loading = false;
        this.thread = message.thread;
        this.#events.onLoaded();
        return;
      case "load_failed":
        this.#loadFailed(message);
        return;
      case "broken":
        this.#note("protocol", `the hook broke its own Worker: ${message.message}`);
        return;
      case "late":
        this.#events.onLate(this, message.text);
        return;
      case "grown":
        this.end("grown", message.message);
        return;
    }
  }

  #loadFailed(message: LoadFailedMessage): void {
    const { message: text, stack, logs } = message;
    this.#details = stack === undefined ? { message: text, logs } : { message: text, stack, logs };
    this.end("load");
  }

  #note(why: WorkerEnd, message: string): void {
    if (this.#why !== undefined) return;
    this.#details = { message: message.slice(0, 2_048) };
    this.#culprits = this.#current();
    this.end(why);
  }

  #finish(why: WorkerEnd, code: number): void {
    if (this.#why === undefined) {
      this.#why = why;
      this.#culprits = this.#current();
      this.#details = { message: `hook exited (code ${code})` };
    }
    this.#report({});
  }

  #current(): EndedHeader["running"] {
    const current: (readonly [number, number, number])[] = [];
    for (let slot = 0; slot < this.#seen.length; slot += 1) {
      const index = (this.#slots[slot * 2 + 1] ?? 0) - 1;
      if (index >= 0) current.push([this.#slots[slot * 2] ?? 0, index, 0]);
    }
    return current;
  }

  #report(extra: { stuck?: true }): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#events.onEnded(this, { t: "ended", v: this.load.v, why: this.#why ?? "exit", owed: [...this.owed.keys()], running: this.#culprits, ...this.#details, ...extra });
  }
}

export function startWorkerHost(...parts: Parameters<StartHost>): Host {
  return new WorkerHost(...parts);
}
