import type { Store } from "./open.ts";

interface Entry {
  readonly work: () => void;
  readonly committed: () => void;
  readonly failed: (error: unknown) => void;
}

/**
 * Group commit: everything that is asked for in one turn of the event loop is one transaction, and nobody hears "done"
 * before it is committed. While a commit waits for the disk the next group gathers by itself.
 *
 * Work must not throw for a reason of its own (validate before): what throws takes its whole group with it.
 */
export class GroupCommit {
  readonly #store: Store;
  readonly #before: () => void;
  readonly #after: () => void;
  #group: Entry[] = [];
  #planned = false;
  #closed = false;

  /** `before` runs first in each transaction, `after` once it is committed and all its members were told. */
  constructor(store: Store, before: () => void, after: () => void) {
    this.#store = store;
    this.#before = before;
    this.#after = after;
  }

  /** Resolves with what `work` returned, after the commit. */
  run<T>(work: () => T): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      let value: T;
      this.#add({
        work: () => {
          value = work();
        },
        committed: () => resolve(value),
        failed: reject,
      });
    });
  }

  /** As `run`, with a call instead of a promise: `committed` runs in the order of the group, synchronously. */
  add(work: () => void, committed: () => void, failed: (error: unknown) => void): void {
    this.#add({ work, committed, failed });
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
    setImmediate(() => this.flush());
  }

  /** Commits what has gathered, now. */
  flush(): void {
    this.#planned = false;
    const group = this.#group;
    if (group.length === 0) return;
    this.#group = [];
    try {
      this.#store.write(() => {
        this.#before();
        for (const entry of group) entry.work();
      });
    } catch (error) {
      for (const entry of group) entry.failed(error);
      return;
    }
    for (const entry of group) entry.committed();
    this.#after();
  }
}
