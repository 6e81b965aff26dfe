import { Worker } from "node:worker_threads";
import { logHolders } from "./log-holders.ts";
import type { Store } from "./open.ts";

/** The log is folded back when so many of its pages are not in the database yet: 16 MB. */
const LOG_PAGES = 4_096;
/** Longer it must not become: readers that keep it from beginning anew are ended. */
export const LOG_LIMIT_BYTES = 64 * 1_048_576;
const PAGE_BYTES = 4_096;
/** How often its length is looked at, ms. */
const LOOK_MS = 100;
/** How long a reader may hold a log of more than LOG_PAGES, and one that is over its limit, ms. */
const HELD_MS = 5_000;
const HELD_OVER_LIMIT_MS = 1_000;
/** Another process's write is in the way of a restart too, for a moment: a reader is at so many looks in a row. */
const REFUSALS = 5;
/** The file is cut off when nothing was written for so long: growing it again costs the first writes a few syncs more. */
const REST_MS = 30_000;

/** A reader's old snapshot keeps the log from beginning anew. */
export interface HeldLog {
  readonly bytes: number;
  readonly held_ms: number;
  /** Other processes that read from it; undefined where the platform does not tell. */
  readonly pids: readonly number[] | undefined;
}

interface LogState {
  /** Pages in the log; 0 once it begins anew. */
  readonly log: number;
  readonly checkpointed: number;
  readonly busy: number;
}

/**
 * Keeps the write-ahead log short without stopping the daemon for it. A checkpoint of 32 MB takes a thread 30 to 50 ms of
 * copying and syncing; so another thread does it, and this one only finishes what was written meanwhile, after which
 * the log begins anew. The thread is started when the log first grows.
 *
 * The log cannot begin anew behind a reader's snapshot. SQLite gives no way to end one, so whoever has readers is asked
 * to end them: `onHeld`, once, and again as long as it goes on.
 */
export class Checkpointer {
  readonly #store: Store;
  readonly #onHeld: (held: HeldLog) => void;
  readonly #timer: ReturnType<typeof setInterval>;
  #worker: Worker | undefined;
  #busy = false;
  #log = 0;
  /** Since when the log is too long without having begun anew. */
  #longSince: number | undefined;
  #refusals = 0;
  #changedAt = performance.now();
  #cut = true;

  constructor(store: Store, onHeld: (held: HeldLog) => void = () => undefined) {
    this.#store = store;
    this.#onHeld = onHeld;
    this.#timer = setInterval(() => this.#look(), LOOK_MS);
    this.#timer.unref();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    await this.#worker?.terminate();
  }

  #look(): void {
    const { log, checkpointed } = this.#checkpoint("NOOP");
    // A database in memory has none.
    if (log < 0) return;
    const now = performance.now();
    this.#watch(log, now);
    // Starting the thread takes as long as a busy writer needs for 10 MB: it is there before it is needed.
    if (log >= LOG_PAGES / 4) this.#started();
    // The other thread's checkpoint would be in the way of this one's, and look like a reader.
    if (this.#busy || this.#isHeld(log, now)) return;
    if (log - checkpointed >= LOG_PAGES) this.#ask("PASSIVE");
    else if (!this.#cut && now - this.#changedAt >= REST_MS) {
      this.#cut = true;
      this.#ask("TRUNCATE");
    }
  }

  #watch(log: number, now: number): void {
    if (log !== this.#log) {
      this.#changedAt = now;
      this.#cut = false;
    }
    if (log < this.#log || log < LOG_PAGES) {
      this.#longSince = undefined;
      this.#refusals = 0;
    } else this.#longSince ??= now;
    this.#log = log;
  }

  /** Tries to let the log begin anew when it has been too long for too long, and tells of the reader that is in the way. */
  #isHeld(log: number, now: number): boolean {
    if (this.#longSince === undefined) return false;
    const held_ms = Math.round(now - this.#longSince);
    const bytes = log * PAGE_BYTES;
    if (held_ms < (bytes > LOG_LIMIT_BYTES ? HELD_OVER_LIMIT_MS : HELD_MS)) return false;
    if (this.#restart().busy === 0) return false;
    this.#refusals += 1;
    if (this.#refusals < REFUSALS) return true;
    this.#refusals = 0;
    this.#longSince = now;
    this.#onHeld({ bytes, held_ms, pids: logHolders(this.#store.path) });
    return true;
  }

  /** Waits for no reader: the daemon's thread has others to serve. */
  #restart(): LogState {
    const { db } = this.#store;
    const timeout = db.query<{ timeout: number }, []>("PRAGMA busy_timeout").get()?.timeout ?? 0;
    db.run("PRAGMA busy_timeout = 0");
    try {
      return this.#checkpoint("RESTART");
    } finally {
      db.run(`PRAGMA busy_timeout = ${timeout}`);
    }
  }

  /**
   * NOOP (SQLite 3.51 and later) only counts; an older library takes it for PASSIVE, which is as right and slower. A disk that refuses is no reason to end here: the log keeps everything until a checkpoint has been synced, the next
   * one copies it all again, and what is wrong shows in the next commit.
   */
  #checkpoint(how: "NOOP" | "PASSIVE" | "RESTART"): LogState {
    const nothing = { log: 0, checkpointed: 0, busy: 0 };
    try {
      return this.#store.db.query<LogState, []>(`PRAGMA wal_checkpoint(${how})`).get() ?? nothing;
    } catch {
      return nothing;
    }
  }

  #ask(how: "PASSIVE" | "TRUNCATE"): void {
    this.#busy = true;
    this.#started().postMessage(how);
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
