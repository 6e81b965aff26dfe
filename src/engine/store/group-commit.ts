import { NexusError } from "../core/errors.ts";
import type { Store } from "./open.ts";

/** A group gathers for no longer than this, however long the last commit took. */
const LONGEST_PAUSE_MS = 5;

interface Entry {
  /** It must be on disk before anyone hears of it. Work that a crash would only have done again need not be. */
  readonly durable: boolean;
  readonly work: () => void;
  readonly committed: () => void;
  readonly failed: (error: unknown) => void;
}

export interface GroupEvents {
  /** Runs first in each transaction. */
  before(): void;
  /** It is committed, and all its members were told. */
  after(): void;
  /** Runs a callback in a later turn of the event loop. */
  later(callback: () => void): void;
}

/**
 * Group commit: everything that is asked for in one turn of the event loop is one transaction, and nobody hears "done"
 * before it is committed. While a commit waits for the disk the next group gathers by itself.
 *
 * Work must not throw for a reason of its own (validate before): what throws takes its whole group with it.
 */
export class GroupCommit {
  readonly #store: Store;
  readonly #events: GroupEvents;
  #group: Entry[] = [];
  #planned = false;
  #closed = false;
  #notBefore = 0;

  constructor(store: Store, events: GroupEvents) {
    this.#store = store;
    this.#events = events;
  }

  /** Resolves with what `work` returned, after the commit. Rejects, and stores nothing, once this was closed. */
  run<T>(work: () => T): Promise<T> {
    if (this.#closed) return Promise.reject(new NexusError("INTERRUPTED", "the engine has ended; nothing was stored"));
    return new Promise<T>((resolve, reject) => {
      let value: T;
      this.#add({
        durable: true,
        work: () => {
          value = work();
        },
        committed: () => resolve(value),
        failed: reject,
      });
    });
  }

  /** As `run`, with calls instead of a promise: `committed` runs in the order of the group, synchronously. */
  add(entry: Entry): void {
    this.#add(entry);
  }

  /** Commits what has gathered and takes nothing more: what comes later was never acknowledged. */
  close(): void {
    this.flush();
    this.#closed = true;
  }

  #add(entry: Entry): void {
    if (this.#closed) return;
    this.#group.push(entry);
    if (this.#planned) return;
    this.#planned = true;
    this.#plan();
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
    if (group.length === 0) return;
    this.#group = [];
    const begun = performance.now();
    try {
      this.#store.write(() => {
        this.#events.before();
        for (const entry of group) entry.work();
      }, group.some(({ durable }) => durable));
    } catch (error) {
      for (const entry of group) entry.failed(error);
      return;
    }
    const ended = performance.now();
    this.#notBefore = ended + Math.min((ended - begun) / 2, LONGEST_PAUSE_MS);
    for (const entry of group) entry.committed();
    this.#events.after();
  }
}
