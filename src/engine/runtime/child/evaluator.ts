import { readFileSync } from "node:fs";
import type { EndedHeader, FromEvaluator, LoadHeader, ReplyHeader, RunHeader, ToEvaluator, WorkerEnd } from "../protocol.ts";
import { FrameReader, FrameWriter } from "../frames.ts";
import { startWorkerHost, type Host, type StartHost } from "./worker-host.ts";
import type { RunMessage } from "./worker-protocol.ts";

/** How often the deadlines of busy Workers are looked at, ms. */
const WATCH_MS = 10;
/** So many Workers load at the same time; the others wait, so that a crowd of hooks delays no one who is running. */
const LOADING_AT_ONCE = 8;
/** A Worker that runs nothing ends by itself; on a crowded machine its thread may have to wait for its turn. */
const IDLE_GRACE_MS = 10_000;

interface EvaluatorLimits {
  readonly warmWorkers: number;
  readonly idleMs: number;
  readonly graceMs: number;
  /** A Worker whose script is not loaded after so long never will be. */
  readonly loadMs: number;
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
  #watching: ReturnType<typeof setTimeout> | undefined;

  constructor(limits: EvaluatorLimits, send: (text: string) => void, startHost: StartHost = startWorkerHost) {
    this.#startHost = startHost;
    this.#limits = limits;
    this.#send = send;
    setInterval(() => this.#retireIdle(), Math.min(limits.idleMs, 10_000)).unref();
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
        this.#tell({ t: "pong", n: header.n });
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
    const host = this.#startHost(load, code, {
      onLoaded: () => this.#startWaiting(),
      onResults: (from, chunk, count, results) => this.#results(from, chunk, count, results),
      onCall: (from, id, method, args) => this.#tell({ t: "call", v: from.load.v, id, method, args }),
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
    host.settle(chunk, count, performance.now());
    this.#send(`{"t":"results","v":"${host.load.v}","c":${chunk},"lines":1}\n${results}\n`);
    if (host.load.fresh && !host.busy) this.#end(host, "fresh");
    if (!host.busy) this.#startWaiting();
  }

  #end(host: Host, why: WorkerEnd): void {
    host.end(why);
    this.#ending.set(host, performance.now() + IDLE_GRACE_MS);
    this.#watch();
  }

  #ended(host: Host, end: EndedHeader): void {
    this.#ending.delete(host);
    const { v } = end;
    if (this.#hosts.get(v) === host) this.#hosts.delete(v);
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
      let busy = false;
      for (const host of this.#hosts.values()) {
        if (!host.busy) continue;
        busy = true;
        if (host.watch(now, { timeoutMs: host.load.timeoutMs, loadMs: this.#limits.loadMs })) this.#ending.set(host, now + this.#limits.graceMs);
      }
      for (const [host, until] of this.#ending) if (now > until) host.giveUp();
      if (busy || this.#ending.size > 0) this.#watch();
    }, WATCH_MS);
  }

  #retireIdle(): void {
    const now = performance.now();
    for (const host of this.#hosts.values()) {
      if (!host.busy && !host.isEnding && now - host.lastUsed > this.#limits.idleMs) this.#end(host, "idle");
    }
  }

  #retire(version: string): void {
    const host = this.#hosts.get(version);
    if (host !== undefined && !host.isEnding) this.#end(host, "idle");
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
    this.#end(oldest, "idle");
    return true;
  }

  #tell(message: FromEvaluator): void {
    this.#send(`${JSON.stringify(message)}\n`);
  }
}

/** `nexus __evaluator SOCKET LIMITS`: the hidden mode in which the daemon starts its child. */
export async function runEvaluator(socketPath: string, limits: EvaluatorLimits): Promise<void> {
  // Without the daemon there is nobody to work for, and a stuck thread would keep a plain exit waiting.
  const die = (): void => void process.kill(process.pid, "SIGKILL");
  const outgoing: string[] = [];
  let writer: FrameWriter | undefined;
  const flush = (): void => {
    const text = outgoing.join("");
    outgoing.length = 0;
    writer?.write(text);
  };
  const evaluator = new Evaluator(limits, (text) => {
    if (outgoing.push(text) === 1) setImmediate(flush);
  });
  const reader = new FrameReader<ToEvaluator>((header, lines) => evaluator.receive(header, lines));
  process.on("SIGTERM", () => undefined);
  process.on("SIGINT", () => undefined);
  const ready = `${JSON.stringify({ t: "ready", pid: process.pid } satisfies FromEvaluator)}\n`;
  await Bun.connect({
    unix: socketPath,
    socket: {
      open: (socket) => {
        writer = new FrameWriter(socket);
        writer.write(ready);
      },
      data: (_, bytes) => reader.feed(bytes),
      drain: () => writer?.drained(),
      close: die,
      error: die,
    },
  });
}
