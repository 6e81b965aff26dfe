import { drainMicrotasks } from "bun:jsc";
import type { Clock } from "../../src/engine/core/clock.ts";
import type { Random } from "./random.ts";

interface Timer {
  readonly id: number;
  readonly callback: () => void;
  due: number;
  /** Set for an interval. */
  readonly every: number | undefined;
}

/**
 * The event loop of one simulated process: turns, timers and what arrives from outside, one task at a time, in an order
 * that the seed chooses. Of one source tasks come in their order; between sources every order is possible.
 */
export class SimLoop implements Clock {
  readonly #random: Random;
  readonly #sources = new Map<string, (() => void)[]>();
  readonly #turns: (() => void)[] = [];
  readonly #timers = new Map<number, Timer>();
  #nextTimer = 1;
  #mono = 0;
  #offset: number;
  /** A process that was killed does nothing more, whatever its objects still ask for. */
  #alive = true;
  /** Tasks that were run. */
  steps = 0;

  constructor(random: Random, wall: number) {
    this.#random = random;
    this.#offset = wall;
  }

  now(): number {
    return this.#offset + this.#mono;
  }

  monotonic(): number {
    return this.#mono;
  }

  /** Time passes; a wall clock that is set (`jump`) moves no timer. */
  advance(ms: number): void {
    this.#mono += ms;
  }

  jump(ms: number): void {
    this.#offset += ms;
  }

  readonly later = (callback: () => void): void => {
    if (this.#alive) this.#turns.push(callback);
  };

  /** Something arrives, behind what the same source sent before. */
  post(source: string, task: () => void): void {
    if (!this.#alive) return;
    const waiting = this.#sources.get(source);
    if (waiting === undefined) this.#sources.set(source, [task]);
    else waiting.push(task);
  }

  /** What the source sent and nobody has taken yet is lost, from a place the seed chooses on. */
  cut(source: string): void {
    const waiting = this.#sources.get(source);
    if (waiting !== undefined) waiting.length = this.#random.between(0, waiting.length);
  }

  setTimer(callback: () => void, ms: number, repeats: boolean): number {
    const id = this.#nextTimer++;
    if (this.#alive) this.#timers.set(id, { id, callback, due: this.#mono + ms, every: repeats ? Math.max(1, ms) : undefined });
    return id;
  }

  clearTimer(id: number): void {
    this.#timers.delete(id);
  }

  /** ms until the next timer. */
  get untilTimer(): number | undefined {
    let due: number | undefined;
    for (const timer of this.#timers.values()) if (due === undefined || timer.due < due) due = timer.due;
    return due === undefined ? undefined : Math.max(0, due - this.#mono);
  }

  /** Whether there is anything to do without time passing. */
  get busy(): boolean {
    return this.#turns.length > 0 || this.#sources.size > 0;
  }

  /** SIGKILL: nothing of what waits will ever run. */
  kill(): void {
    this.#alive = false;
    this.#turns.length = 0;
    this.#sources.clear();
    this.#timers.clear();
  }

  /** The next process begins. */
  revive(): void {
    this.#alive = true;
  }

  /** Runs one task and everything it settles; false when there is none. */
  step(): boolean {
    const task = this.#next();
    if (task === undefined) return false;
    this.steps += 1;
    task();
    drainMicrotasks();
    return true;
  }

  #next(): (() => void) | undefined {
    const sources = [...this.#sources.keys()];
    const due = this.#due();
    const choices = sources.length + (this.#turns.length > 0 ? 1 : 0) + (due === undefined ? 0 : 1);
    if (choices === 0) return undefined;
    const choice = this.#random.below(choices);
    const source = sources[choice];
    if (source !== undefined) return this.#take(source);
    if (choice === sources.length && this.#turns.length > 0) return this.#turns.shift();
    return due === undefined ? undefined : () => this.#fire(due);
  }

  #take(source: string): (() => void) | undefined {
    const waiting = this.#sources.get(source);
    const task = waiting?.shift();
    if (waiting === undefined || waiting.length === 0) this.#sources.delete(source);
    return task ?? (() => undefined);
  }

  #due(): Timer | undefined {
    let first: Timer | undefined;
    for (const timer of this.#timers.values()) if (timer.due <= this.#mono && (first === undefined || timer.due < first.due)) first = timer;
    return first;
  }

  #fire(timer: Timer): void {
    // An interval that was held up fires once, not once for each time it missed.
    if (timer.every === undefined) this.#timers.delete(timer.id);
    else timer.due = this.#mono + timer.every;
    timer.callback();
  }
}
