import { Worker } from "node:worker_threads";
import type { Store } from "./open.ts";

/** The log is folded back when so many of its pages are not in the database yet: 16 MB. */
const LOG_PAGES = 4_096;
/** How often its length is looked at, ms. */
const LOOK_MS = 100;

/**
 * Keeps the write-ahead log short without stopping the daemon for it. A checkpoint of 32 MB takes a thread 30 to 50 ms of
 * copying and syncing; so another thread does it, and this one only finishes what was written meanwhile, after which
 * the log begins anew. The thread is started when it is first needed.
 */
export class Checkpointer {
  readonly #store: Store;
  readonly #timer: ReturnType<typeof setInterval>;
  #worker: Worker | undefined;
  #busy = false;

  constructor(store: Store) {
    this.#store = store;
    this.#timer = setInterval(() => this.#look(), LOOK_MS);
    this.#timer.unref();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    await this.#worker?.terminate();
  }

  #look(): void {
    if (this.#busy || this.#waiting() < LOG_PAGES) return;
    this.#busy = true;
    this.#started().postMessage("checkpoint");
  }

  /** NOOP (SQLite 3.51 and later) only counts; an older library takes it for PASSIVE, which is as right and slower. */
  #waiting(): number {
    const { log, checkpointed } = this.#checkpoint("NOOP");
    return log - checkpointed;
  }

  /**
   * A disk that refuses is no reason to end here: the log keeps everything until a checkpoint has been synced, the next
   * one copies it all again, and what is wrong shows in the next commit.
   */
  #checkpoint(how: "NOOP" | "PASSIVE"): { readonly log: number; readonly checkpointed: number } {
    const nothing = { log: 0, checkpointed: 0 };
    try {
      return this.#store.db.query<typeof nothing, []>(`PRAGMA wal_checkpoint(${how})`).get() ?? nothing;
    } catch {
      return nothing;
    }
  }

  #started(): Worker {
    if (this.#worker === undefined) {
      this.#worker = new Worker(new URL("./checkpoint-worker.ts", import.meta.url), { workerData: { path: this.#store.path } });
      this.#worker.on("message", () => this.#finish());
      // Without it the log is folded back by the database's own limit, on this thread: slower, and right.
      this.#worker.on("error", () => {
        this.#worker = undefined;
        this.#busy = false;
      });
      this.#worker.unref();
    }
    return this.#worker;
  }

  #finish(): void {
    this.#busy = false;
    this.#checkpoint("PASSIVE");
  }
}
