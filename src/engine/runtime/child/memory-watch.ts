/** Starting a Worker and loading its hook takes about so much, which is nobody's fault who runs meanwhile. */
const WORKER_BYTES = 8 * 1_048_576;

/**
 * Measures the memory that all Workers share. The process only shows a sum, so whoever is over its limit meanwhile is a
 * suspect, and judged alone. Whose thread is given the pages says less: a hook may fill memory from a thread of its own
 * (tried with test/zoo/hooks/nested-workers.ts, which then went unseen).
 */
export class MemoryWatch {
  readonly #rss: () => number;
  #started = 0;

  constructor(rss: () => number = () => process.memoryUsage.rss()) {
    this.#rss = rss;
  }

  workerStarted(): void {
    this.#started += 1;
  }

  /** Bytes, without what the start of Workers took. */
  measure(): number {
    return this.#rss() - this.#started * WORKER_BYTES;
  }
}
