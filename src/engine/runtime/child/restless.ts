import { threadUse } from "../vitals.ts";
import type { Host } from "./worker-host.ts";

/** How often it is looked whether a Worker works although it has nothing to do, ms. */
export const RESTLESS_MS = 1_000;
/** So much of the time: timers that do little are a hook's right. */
const PART = 0.5;
/** With less than this of one core in use by the whole process nobody burns anything. */
const WORTH_A_LOOK = 0.25;
const TICK_MS = 10;

/** Finds Workers that use CPU between invocations: an interval or a loop that a hook left running. */
export class Restless {
  readonly #cpuUsedMs: () => number;
  #cpuMs = 0;
  #lookedAt = 0;
  #before = new Map<Host, number>();

  /** `cpuUsedMs`: CPU time of the whole process so far. */
  constructor(cpuUsedMs: () => number = ownCpuMs) {
    this.#cpuUsedMs = cpuUsedMs;
  }

  /** Idle Workers that ran for most of the time since the last look. `now` is monotonic, ms. */
  look(hosts: Iterable<Host>, now: number): Host[] {
    const cpuMs = this.#cpuUsedMs();
    const passed = now - this.#lookedAt;
    const used = cpuMs - this.#cpuMs;
    this.#cpuMs = cpuMs;
    this.#lookedAt = now;
    const before = this.#before;
    this.#before = new Map();
    if (used < passed * WORTH_A_LOOK) return [];
    const found: Host[] = [];
    for (const host of hosts) {
      if (host.busy || host.isEnding || host.thread === undefined || now - host.lastUsed < passed) continue;
      const ticks = threadUse(host.thread)?.ticks;
      if (ticks === undefined) continue;
      this.#before.set(host, ticks);
      const last = before.get(host);
      if (last !== undefined && (ticks - last) * TICK_MS > passed * PART) found.push(host);
    }
    return found;
  }
}

function ownCpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}
