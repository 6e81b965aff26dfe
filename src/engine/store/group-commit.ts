import { NexusError } from "../core/errors.ts";
import type { Store } from "./open.ts";

/** A group gathers for no longer than this, however long the last commit took. */
const LONGEST_PAUSE_MS = 5;
/** So often in a row the write lock may be somebody else's; then those who wait for an answer hear DATABASE_BUSY. */
const BUSY_TRIES = 20;

interface Entry {
  /** It must be on disk before anyone hears of it. Work that a crash would only have done again need not be. */
  readonly durable: boolean;
  readonly work: () => void;
  readonly committed: () => void;
  /** For one who waits for an answer: it was not stored. Without it, the work is kept until it can be. */
  readonly refused?: (error: unknown) => void;
}

export interface GroupEvents {
  /** Runs first in each transaction. */
  before(): void;
  /** It is committed, and all its members were told. */
  after(): void;
  /** A commit failed, and this object takes nothing more: what is in memory may no longer be what is stored. */
  failed(error: unknown): void;
  /** Runs a callback in a later turn of the event loop. */
  later(callback: () => void): void;
}

/**
 * Group commit: everything that is asked for in one turn of the event loop is one transaction, and nobody hears "done"
 * before it is committed. While a commit waits for the disk the next group gathers by itself.
 *
 *   gathering ── turn of the loop ──▶ committing ── done ──────────────────▶ gathering
 *                                        ├─ lock is another process's ─────▶ gathering, with the same group
 *                                        └─ anything else ─────────────────▶ failed: everyone is told, nothing more is taken
 *
 * A failed commit is never tried again on the same handle: after a failed fsync the kernel's cache may say what the disk
 * does not hold.
 */
export class GroupCommit {
  readonly #store: Store;
  readonly #events: GroupEvents;
  #group: Entry[] = [];
  #planned = false;
  #closed: NexusError | undefined;
  #notBefore = 0;
  #busy = 0;

  constructor(store: Store, events: GroupEvents) {
    this.#store = store;
    this.#events = events;
  }

  /** Resolves with what `work` returned, after the commit. Rejects, and stores nothing, when it could not be stored. */
  run<T>(work: () => T): Promise<T> {
    if (this.#closed !== undefined) return Promise.reject(this.#closed);
    return new Promise<T>((resolve, reject) => {
      let outcome: () => void = () => undefined;
      this.add({
        durable: true,
        work: () => {
          try {
            const value = work();
            outcome = () => resolve(value);
          } catch (error) {
            // Refused before it changed anything: its own affair, and not the group's.
            if (!(error instanceof NexusError && error.code === "LOOP_STOPPED")) throw error;
            outcome = () => reject(error);
          }
        },
        committed: () => outcome(),
        refused: reject,
      });
    });
  }

  /**
   * All of `work` in a transaction of its own, at once, behind what has gathered: for work that may refuse. What it throws
   * undoes it and is thrown; only a failure of the database is this object's affair, too.
   */
  alone<T>(work: () => T): T {
    this.flush();
    if (this.#closed !== undefined) throw this.#closed;
    let value: T;
    try {
      value = this.#store.write(() => {
        this.#events.before();
        return work();
      });
    } catch (error) {
      if (error instanceof NexusError && error.code.startsWith("DATABASE_") && error.code !== "DATABASE_BUSY") this.#failed([], error);
      throw error;
    }
    this.#events.after();
    return value;
  }

  /** As `run`, with calls instead of a promise: `committed` runs in the order of the group, synchronously. */
  add(entry: Entry): void {
    if (this.#closed !== undefined) {
      entry.refused?.(this.#closed);
      return;
    }
    this.#group.push(entry);
    if (this.#planned) return;
    this.#planned = true;
    this.#plan();
  }

  /** Commits what has gathered and takes nothing more: what comes later was never acknowledged. */
  close(): void {
    this.flush();
    this.abandon();
  }

  /** Takes nothing more, and stores nothing of what has gathered. */
  abandon(error = new NexusError("INTERRUPTED", "the engine has ended; nothing was stored")): void {
    this.#closed ??= error;
    const group = this.#group;
    this.#group = [];
    for (const entry of group) entry.refused?.(error);
  }

  /**
   * The next turn of the loop; but right after a commit only once as much time has passed as half of that commit took.
   * Under load the groups grow, so the cost of a commit is shared; a lone event waits for nothing.
   */
  #plan(): void {
    this.#events.later(() => {
      if (!this.#planned) return;
      if (performance.now() < this.#notBefore) this.#plan();
      else this.flush();
    });
  }

  /** Commits what has gathered, now. */
  flush(): void {
    this.#planned = false;
    const group = this.#group;
    if (group.length === 0 || this.#closed !== undefined) return;
    this.#group = [];
    const begun = performance.now();
    try {
      this.#store.write(() => {
        this.#events.before();
        for (const entry of group) entry.work();
      }, group.some(({ durable }) => durable));
    } catch (error) {
      this.#failed(group, error);
      return;
    }
    this.#busy = 0;
    const ended = performance.now();
    this.#notBefore = ended + Math.min((ended - begun) / 2, LONGEST_PAUSE_MS);
    for (const entry of group) entry.committed();
    this.#events.after();
  }

  #failed(group: readonly Entry[], error: unknown): void {
    if (error instanceof NexusError && error.code === "DATABASE_BUSY") {
      // Nothing of the group has run: the lock was not to be had.
      this.#busy += 1;
      this.#group = [...this.#keep(group, error), ...this.#group];
      if (this.#group.length > 0 && !this.#planned) {
        this.#planned = true;
        this.#plan();
      }
      return;
    }
    const known = error instanceof NexusError ? error : new NexusError("BUG", `a commit failed: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
    this.#group = [...group, ...this.#group];
    this.abandon(known);
    this.#events.failed(error);
  }

  /** What is tried again: all of it at first; in the end only what nobody waits for. */
  #keep(group: readonly Entry[], error: unknown): readonly Entry[] {
    if (this.#busy < BUSY_TRIES) return group;
    for (const entry of group) entry.refused?.(error);
    return group.filter(({ refused }) => refused === undefined);
  }
}
