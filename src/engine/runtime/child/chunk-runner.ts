import { heapSize } from "bun:jsc";
import type * as AsyncHooks from "node:async_hooks";
import type { AsyncLocalStorage } from "node:async_hooks";
import type { LogLine } from "../../core/invocation.ts";
import type { LoadHeader, RunEvent } from "../protocol.ts";
import { buildContext } from "./context.ts";
import type { Ledger } from "./ledger.ts";
import type { Refs } from "./refs.ts";
import { Run } from "./run.ts";
import type { ServiceCalls } from "./service-calls.ts";
import type { HookState } from "./state.ts";
import type { RunMessage } from "./worker-protocol.ts";

/** Results that are ready are sent at the latest after so long, so that a slow invocation holds back no earlier one. */
const FLUSH_MS = 1;

/** Kept from before the hook was loaded: what it patches is its own affair. */
const { parse } = JSON;
const clock = performance.now.bind(performance);
const collect = Bun.gc;
/** Its own heap is looked at so often, ms: 1.3 µs each time (measured). */
const HEAP_MS = 500;
const MIB = 1_048_576;

interface RunnerParts {
  readonly load: LoadHeader;
  readonly handler: (context: object) => unknown;
  readonly state: HookState;
  readonly services: ServiceCalls;
  readonly ledger: Ledger;
  readonly refs: Refs;
  readonly running: Int32Array;
  readonly post: (results: string) => void;
  /** Its memory stays over the limit between invocations; everything it was given has been handed back. */
  readonly grown: (message: string) => void;
  /** The loop itself failed, which only a hook that changed a built-in can bring about. */
  readonly broken: (error: unknown) => void;
}

/** Runs the chunks of one hook version: in order, `concurrency` at a time, and not beyond a halt. */
export class ChunkRunner {
  readonly #parts: RunnerParts;
  readonly #queue: RunMessage[] = [];
  readonly #active = new Set<Run>();
  readonly #inside: AsyncLocalStorage<Run> | undefined;
  readonly #pending = new Set<Promise<void>>();
  #draining = false;
  #epoch = -1;
  #failed = 0;
  #halted = false;
  #heapLookedAt = 0;
  #grown = false;
  /** Lines that wait to be sent, by chunk. */
  readonly #ready = new Map<number, string[]>();
  #flushedAt = 0;
  #flushPlanned = false;

  constructor(parts: RunnerParts) {
    this.#parts = parts;
    this.#inside = parts.load.concurrency > 1 ? runStorage() : undefined;
  }

  add(chunk: RunMessage): void {
    this.#queue.push(chunk);
    if (!this.#draining) this.#drain().catch(this.#parts.broken);
  }

  /** A line from `console` belongs to the invocation that runs; false when none does. */
  log(level: LogLine["level"], text: string): boolean {
    const run = this.#inside === undefined ? this.#active.values().next().value : this.#inside.getStore();
    if (run === undefined || run.done) return false;
    run.log(level, text);
    return true;
  }

  /** An error that no promise of the handler carried. Only while exactly one runs is it clear whose it is. */
  stray(error: unknown): boolean {
    if (this.#active.size !== 1) return false;
    for (const run of this.#active) run.failed?.(error);
    return true;
  }

  async #drain(): Promise<void> {
    this.#draining = true;
    for (let chunk = this.#queue.shift(); chunk !== undefined; chunk = this.#queue.shift()) await this.#chunk(chunk);
    this.#draining = false;
  }

  async #chunk(chunk: RunMessage): Promise<void> {
    if (chunk.epoch !== this.#epoch) {
      this.#epoch = chunk.epoch;
      this.#failed = chunk.failed;
      this.#halted = false;
    }
    const events = parse(chunk.events) as RunEvent[];
    const { concurrency } = this.#parts.load;
    for (const [index, seen] of events.entries()) {
      if (this.#halted || this.#grown) {
        this.#push(chunk.c, `[${index},3,0,0]`);
        continue;
      }
      if (this.#ready.size > 0 && clock() - this.#flushedAt > FLUSH_MS) this.#flush();
      const outcome = this.#invoke(chunk, index, seen);
      if (outcome === undefined) continue;
      if (concurrency === 1) {
        await outcome;
        continue;
      }
      const tracked = outcome.finally(() => this.#pending.delete(tracked));
      this.#pending.add(tracked);
      // The next chunk need not wait for the slowest of this one: only a free place counts.
      if (this.#pending.size >= concurrency) await Promise.race(this.#pending);
    }
    this.#flush();
    if (this.#grown) this.#parts.grown(`its heap stays over memory_mb = ${this.#parts.load.memoryMb} between invocations`);
    else if (clock() - this.#heapLookedAt > HEAP_MS) this.#lookAtHeap();
  }

  /** A hook that keeps more and more is given up between two invocations; what it has still to do is handed back unrun. */
  #lookAtHeap(): void {
    this.#heapLookedAt = clock();
    const limit = this.#parts.load.memoryMb * MIB;
    if (this.#active.size > 0 || heapSize() <= limit) return;
    // Garbage is no leak.
    collect(true);
    this.#grown = heapSize() > limit;
    if (this.#grown && this.#queue.length === 0) this.#parts.grown(`its heap stays over memory_mb = ${this.#parts.load.memoryMb} between invocations`);
  }

  /** Runs one; returns a promise only when the handler did, so that a synchronous hook costs no turn of the loop. */
  #invoke(chunk: RunMessage, index: number, seen: RunEvent): Promise<void> | undefined {
    const { load, handler, state, services, ledger, refs } = this.#parts;
    const run = new Run(index, state, load.timeoutMs, chunk.clockOffset);
    run.atStage = seen.request !== undefined;
    const slot = this.#claim(chunk.c, index);
    this.#active.add(run);
    const { triggerCount, lastTriggered } = chunk;
    try {
      const context = buildContext(seen, { load, run, services, ledger, refs, triggerCount, lastTriggered });
      const value = this.#inside === undefined ? handler(context) : this.#inside.run(run, () => handler(context));
      if (!isThenable(value)) {
        this.#settle(run, slot, chunk, value);
        return undefined;
      }
      return this.#settleLater(run, slot, chunk, value);
    } catch (error) {
      this.#fail(run, slot, chunk, error);
      return undefined;
    }
  }

  async #settleLater(run: Run, slot: number, chunk: RunMessage, value: PromiseLike<unknown>): Promise<void> {
    // Runs only if the loop turns, which it does when this invocation really waits for something.
    if (this.#ready.size > 0) this.#planFlush();
    try {
      const settled = await new Promise((resolve, reject) => {
        run.failed = reject;
        value.then(resolve, reject);
      });
      this.#settle(run, slot, chunk, settled);
    } catch (error) {
      this.#fail(run, slot, chunk, error);
    }
  }

  #settle(run: Run, slot: number, chunk: RunMessage, value: unknown): void {
    const { line, ok, fired, disables, doubtful } = run.succeed(value);
    this.#release(run, slot);
    this.#count(ok, chunk);
    if (disables || doubtful || (fired && chunk.haltOnFire)) this.#halted = true;
    this.#push(chunk.c, line);
  }

  #fail(run: Run, slot: number, chunk: RunMessage, error: unknown): void {
    const line = run.fail(error);
    this.#release(run, slot);
    this.#count(false, chunk);
    this.#push(chunk.c, line);
  }

  #count(ok: boolean, chunk: RunMessage): void {
    this.#failed = ok ? 0 : this.#failed + 1;
    if (this.#failed >= chunk.threshold) this.#halted = true;
  }

  #claim(chunk: number, index: number): number {
    const { running } = this.#parts;
    let slot = 0;
    while (running[slot + 1] !== 0) slot += 2;
    running[slot] = chunk;
    running[slot + 1] = index + 1;
    return slot;
  }

  #release(run: Run, slot: number): void {
    this.#parts.running[slot + 1] = 0;
    this.#active.delete(run);
  }

  #push(chunk: number, line: string): void {
    const lines = this.#ready.get(chunk);
    if (lines === undefined) this.#ready.set(chunk, [line]);
    else lines.push(line);
    if (this.#pending.size > 0) this.#planFlush();
  }

  #planFlush(): void {
    if (this.#flushPlanned) return;
    this.#flushPlanned = true;
    setImmediate(() => {
      this.#flushPlanned = false;
      this.#flush();
    });
  }

  #flush(): void {
    this.#flushedAt = clock();
    for (const [chunk, lines] of this.#ready) this.#parts.post(`${chunk} ${lines.length}\n[${lines.join(",")}]`);
    this.#ready.clear();
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null && typeof Reflect.get(value, "then") === "function";
}

/** Loaded only where invocations of one Worker overlap: the module costs every Worker memory. */
function runStorage(): AsyncLocalStorage<Run> {
  const { AsyncLocalStorage: Storage } = require("node:async_hooks") as typeof AsyncHooks;
  return new Storage<Run>();
}
