import { readFileSync } from "node:fs";
import type { EndedHeader, FromEvaluator, LoadHeader, ReplyHeader, RunHeader, ToEvaluator, WorkerEnd } from "../protocol.ts";
import { ownChildren } from "./left-behind.ts";
import { MemoryWatch } from "./memory-watch.ts";
import { Restless, RESTLESS_MS } from "./restless.ts";
import { startWorkerHost, type Host, type StartHost } from "./worker-host.ts";
import type { RunMessage } from "./worker-protocol.ts";

/** How often the deadlines of busy Workers are looked at, ms. */
const WATCH_MS = 10;
/** So many Workers load at the same time; the others wait, so that a crowd of hooks delays no one who is running. */
const LOADING_AT_ONCE = 8;
/** A Worker that runs nothing ends by itself; on a crowded machine its thread may have to wait for its turn. */
const IDLE_GRACE_MS = 10_000;
/** Ends for which the thread is given only the short grace: it is known to be at work. */
const URGENT: readonly WorkerEnd[] = ["timeout", "memory", "protocol"];

export interface EvaluatorLimits {
  readonly warmWorkers: number;
  readonly idleMs: number;
  readonly graceMs: number;
  /** A Worker whose script is not loaded after so long never will be. */
  readonly loadMs: number;
  readonly memoryMb: number;
}

/** What an evaluator watches in its own process; the simulation has none to watch. */
export interface OwnProcess {
  readonly memory: MemoryWatch;
  readonly restless: Restless;
  readonly children: () => number;
}

/** The child process between daemon and Workers: it passes text on, watches deadlines, and holds no state worth keeping. */
export class Evaluator {
  readonly #limits: EvaluatorLimits;
  readonly #send: (text: string) => void;
  readonly #loads = new Map<string, LoadHeader>();
  readonly #startHost: StartHost;
  readonly #hosts = new Map<string, Host>();
  /** Workers that were told to end, and when they are given up for stuck. */
  readonly #ending = new Map<Host, number>();
  /** Versions whose Worker cannot be started yet (no place, no introduction, the last one still ends), in the order in which they were first asked for. */
  readonly #waiting = new Map<string, { readonly message: RunMessage; readonly size: number }[]>();
  readonly #memory: MemoryWatch;
  readonly #restless: Restless;
  readonly #countChildren: () => number;
  /** A Worker ended since children were last counted and there were none. */
  #hasEnded = false;
  #watching: ReturnType<typeof setTimeout> | undefined;

  constructor(limits: EvaluatorLimits, send: (text: string) => void, startHost: StartHost = startWorkerHost, process = ownProcess()) {
    this.#memory = process.memory;
    this.#restless = process.restless;
    this.#countChildren = process.children;
    this.#startHost = startHost;
    this.#limits = limits;
    this.#send = send;
    setInterval(() => this.#retireIdle(), Math.min(limits.idleMs, 10_000)).unref();
    setInterval(() => this.#calm(), RESTLESS_MS).unref();
  }

  receive(header: ToEvaluator, lines: readonly string[]): void {
    switch (header.t) {
      case "load":
        this.#introduce(header);
        return;
      case "run":
        this.#run(header, lines);
        return;
      case "reply":
        this.#reply(header);
        return;
      case "retire":
        this.#retire(header.v);
        return;
      case "ping":
        this.#tell({ t: "pong", n: header.n, workers: this.#hosts.size, leftBehind: this.#leftBehind() });
        return;
    }
  }

  /** For the next Worker. Asked for, it says which of the chunks that wait are no longer to be run. */
  #introduce({ from = 0, ...load }: LoadHeader): void {
    if (this.#hosts.has(load.v)) return;
    const waiting = this.#waiting.get(load.v)?.filter(({ message }) => message.c >= from);
    if (waiting?.length === 0) {
      this.#waiting.delete(load.v);
      return;
    }
    this.#loads.set(load.v, load);
    if (waiting === undefined) return;
    this.#waiting.set(load.v, waiting);
    this.#startWaiting();
  }

  #run(header: RunHeader, lines: readonly string[]): void {
    const all = `[${lines.join(",")}]`;
    const now = performance.now();
    for (const chunk of header.chunks) {
      const whole = chunk.e.length === lines.length && chunk.e.every((line, place) => line === place);
      const events = whole ? all : `[${chunk.e.map((index) => lines[index]).join(",")}]`;
      const { c, triggerCount, lastTriggered, failed, threshold, haltOnFire, epoch } = chunk;
      const message: RunMessage = { t: "run", c, clockOffset: header.clockOffset, triggerCount, lastTriggered, failed, threshold, haltOnFire, epoch, events };
      this.#hand(chunk.v, message, chunk.e.length, now);
    }
    this.#startWaiting();
    this.#watch();
  }

  /** To the version's Worker; or to the line of those that wait for one, with a word to the daemon when it must introduce the version anew. */
  #hand(version: string, message: RunMessage, size: number, now: number): void {
    const host = this.#hosts.get(version);
    const waiting = this.#waiting.get(version);
    if (host !== undefined && !host.isEnding) host.send(message, size, now);
    else if (waiting !== undefined) waiting.push({ message, size });
    else {
      this.#waiting.set(version, [{ message, size }]);
      if (host === undefined && !this.#loads.has(version)) this.#tell({ t: "wanted", v: version });
    }
  }

  /** Starts Workers for those that wait, as many as may load at once and find a place. */
  #startWaiting(): void {
    if (this.#waiting.size === 0) return;
    const now = performance.now();
    let loading = 0;
    for (const host of this.#hosts.values()) if (host.isLoading) loading += 1;
    for (const [version, messages] of this.#waiting) {
      if (!this.#loads.has(version)) continue;
      if (loading >= LOADING_AT_ONCE || !this.#hasPlace()) return;
      this.#waiting.delete(version);
      const host = this.#start(version, now);
      for (const { message, size } of messages) host?.send(message, size, now);
      loading += 1;
    }
    this.#watch();
  }

  #reply(header: ReplyHeader): void {
    const { v, id, ok, value } = header;
    this.#hosts.get(v)?.send({ t: "reply", id, ok, value }, 0, performance.now());
  }

  #start(version: string, now: number): Host | undefined {
    const load = this.#loads.get(version);
    if (load === undefined) return undefined;
    // One introduction is one Worker: the daemon sends the then valid state with the next.
    this.#loads.delete(version);
    const code = this.#read(load);
    this.#memory.workerStarted();
    const host = this.#startHost(load, code, {
      onLoaded: () => this.#startWaiting(),
      onResults: (from, chunk, count, results) => this.#results(from, chunk, count, results),
      onCall: (from, id, method, args) => this.#tell({ t: "call", v: from.load.v, id, method, args }),
      onLate: (from, text) => this.#tell({ t: "late", v: from.load.v, text }),
      onEnding: (from, why) => this.#endingFrom(from, why),
      onEnded: (from, end) => this.#ended(from, end),
    }, now);
    this.#hosts.set(version, host);
    return host;
  }

  /** The bytes are read once, checked against the registered hash, and handed to the Worker as they are. */
  #read(load: LoadHeader): string {
    try {
      const bytes = readFileSync(load.path);
      const hash = new Bun.CryptoHasher("sha256").update(bytes).digest("hex");
      if (hash === load.hash) return bytes.toString("utf8");
      return `throw new Error("INTEGRITY: the stored script of this version was changed: ${hash} instead of ${load.hash}")`;
    } catch (error) {
      return `throw new Error(${JSON.stringify(`INTEGRITY: the stored script of this version cannot be read: ${String(error)}`)})`;
    }
  }

  #results(host: Host, chunk: number, count: number, results: string): void {
    const done = host.settle(chunk, count, performance.now());
    this.#send(`{"t":"results","v":"${host.load.v}","c":${chunk},"done":${done},"lines":1}\n${results}\n`);
    if (host.load.fresh && !host.busy) host.end("fresh");
    if (!host.busy) this.#startWaiting();
  }

  #endingFrom(host: Host, why: WorkerEnd): void {
    this.#ending.set(host, performance.now() + (URGENT.includes(why) ? this.#limits.graceMs : IDLE_GRACE_MS));
    this.#watch();
  }

  #ended(host: Host, end: EndedHeader): void {
    this.#ending.delete(host);
    this.#hasEnded = true;
    const { v } = end;
    if (this.#hosts.get(v) === host) this.#hosts.delete(v);
    if (end.why === "memory") for (const other of this.#hosts.values()) other.rebase(this.#memory.measure());
    const behind = this.#waiting.get(v) ?? [];
    if (end.owed.length === 0) {
      this.#tell(end);
      if (behind.length > 0) this.#tell({ t: "wanted", v });
    } else {
      // What came behind what it owes goes back with it: run now, it would overtake.
      this.#waiting.delete(v);
      this.#tell({ ...end, owed: [...end.owed, ...behind.map(({ message }) => message.c)] });
    }
    this.#startWaiting();
  }

  #watch(): void {
    if (this.#watching !== undefined) return;
    this.#watching = setTimeout(() => {
      this.#watching = undefined;
      const now = performance.now();
      const bytes = this.#memory.measure();
      const busy = [...this.#hosts.values()].filter((host) => host.busy);
      for (const host of busy) host.watch(now, bytes, this.#limits.loadMs);
      // While one that filled the memory is being ended, nobody else is blamed for what is there.
      if (!this.#isFreeing) for (const host of busy.filter((one) => one.isOver(bytes))) host.endOver(now, bytes);
      for (const [host, until] of this.#ending) if (now > until) host.giveUp();
      if (busy.length > 0 || this.#ending.size > 0) this.#watch();
    }, WATCH_MS);
  }

  get #isFreeing(): boolean {
    for (const host of this.#ending.keys()) if (host.isFreeing) return true;
    return false;
  }

  /** Ends Workers that use CPU although they have nothing to do. */
  #calm(): void {
    for (const host of this.#restless.look(this.#hosts.values(), performance.now())) {
      host.end("restless", "it used CPU for more than half of a second in which it had nothing to do");
    }
  }

  /** Counted only after a Worker ended and while none works: what a hook itself waits for is its own affair. */
  #leftBehind(): number {
    if (!this.#hasEnded) return 0;
    for (const host of this.#hosts.values()) if (host.busy) return 0;
    const children = this.#countChildren();
    this.#hasEnded = children > 0;
    return children;
  }

  #retireIdle(): void {
    const now = performance.now();
    for (const host of this.#hosts.values()) {
      if (!host.busy && !host.isEnding && now - host.lastUsed > this.#limits.idleMs) host.end("idle");
    }
  }

  #retire(version: string): void {
    const host = this.#hosts.get(version);
    if (host !== undefined && !host.isEnding) host.end("idle");
  }

  /** Whether one more Worker may be; past the limit the least recently used idle one makes room. */
  #hasPlace(): boolean {
    let live = 0;
    let oldest: Host | undefined;
    for (const host of this.#hosts.values()) {
      if (host.isEnding) continue;
      live += 1;
      if (!host.busy && (oldest === undefined || host.lastUsed < oldest.lastUsed)) oldest = host;
    }
    if (live < this.#limits.warmWorkers) return true;
    if (oldest === undefined) return false;
    oldest.end("idle");
    return true;
  }

  #tell(message: FromEvaluator): void {
    this.#send(`${JSON.stringify(message)}\n`);
  }
}

function ownProcess(): OwnProcess {
  return { memory: new MemoryWatch(), restless: new Restless(), children: ownChildren };
}
