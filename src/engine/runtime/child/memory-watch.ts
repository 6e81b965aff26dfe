import { threadUse } from "../vitals.ts";
import type { Host } from "./worker-host.ts";

/** Starting a Worker and loading its hook takes about so much, which is nobody's fault who runs meanwhile. */
const WORKER_BYTES = 8 * 1_048_576;
/** Less than this between two looks (10 ms) is no thread that fills memory; pages. */
const FILLING_PAGES = 64;

/**
 * Finds who fills the memory that all Workers share. The process only shows a sum: one invocation over its limit is
 * the culprit, of several the one whose thread is being given the pages. Ended as a suspect it is judged alone.
 */
export class MemoryWatch {
  readonly #rss: () => number;
  readonly #faultsOf: (thread: number) => number;
  #started = 0;
  #faults = new Map<Host, number>();

  constructor(rss: () => number = () => process.memoryUsage.rss(), faultsOf: (thread: number) => number = (thread) => threadUse(thread)?.faults ?? 0) {
    this.#rss = rss;
    this.#faultsOf = faultsOf;
  }

  workerStarted(): void {
    this.#started += 1;
  }

  /** Bytes, without what the start of Workers took. */
  measure(): number {
    return this.#rss() - this.#started * WORKER_BYTES;
  }

  /** Whom to end now, of all that are over their limits. */
  culprits(over: readonly Host[]): readonly Host[] {
    if (over.length < 2) {
      this.#faults.clear();
      return over;
    }
    const before = this.#faults;
    this.#faults = new Map(over.map((host) => [host, host.thread === undefined ? 0 : this.#faultsOf(host.thread)]));
    // Two looks are needed to see who moves.
    if (before.size === 0) return [];
    const after = this.#faults;
    this.#faults = new Map();
    const grown = (host: Host): number => (after.get(host) ?? 0) - (before.get(host) ?? 0);
    const most = over.reduce((one, other) => (grown(other) > grown(one) ? other : one));
    return grown(most) < FILLING_PAGES ? over : [most];
  }
}
