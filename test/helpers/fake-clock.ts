import type { Clock } from "../../src/engine/core/clock.ts";

/** A clock that stands until it is moved. */
export class FakeClock implements Clock {
  #now: number;

  constructor(start: string | number) {
    this.#now = typeof start === "number" ? start : Date.parse(start);
  }

  now(): number {
    return this.#now;
  }

  monotonic(): number {
    return this.#now;
  }

  advance(ms: number): void {
    this.#now += ms;
  }
}
