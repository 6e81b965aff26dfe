import type { NoticeSource } from "./notice-source.ts";

/** How often the newest notice is looked for: one row at the end of an index, 4 µs (measured). */
const LOOK_MS = 100;

/**
 * Tells all listeners when there are new notices, whoever wrote them: this daemon, or a command beside it. One timer for
 * all, and none while nobody listens.
 */
export class NoticeTail {
  readonly #source: NoticeSource;
  readonly #waiting = new Set<() => void>();
  #timer: ReturnType<typeof setInterval> | undefined;
  #last = 0;
  #listeners = 0;

  constructor(source: NoticeSource) {
    this.#source = source;
  }

  get listeners(): number {
    return this.#listeners;
  }

  listen(): Disposable {
    this.#listeners += 1;
    this.#timer ??= setInterval(() => this.#look(), LOOK_MS);
    let over = false;
    return {
      [Symbol.dispose]: () => {
        if (over) return;
        over = true;
        this.#listeners -= 1;
        if (this.#listeners > 0) return;
        clearInterval(this.#timer);
        this.#timer = undefined;
      },
    };
  }

  /** Resolves when there is one after the seq, or the signal aborts, or the time is over. */
  async newer(seq: number, signal: AbortSignal, withinMs: number): Promise<void> {
    if (signal.aborted || (this.#source.span()?.last ?? 0) > seq) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, withinMs);
    this.#waiting.add(resolve);
    signal.addEventListener("abort", () => resolve(), { once: true });
    await promise;
    clearTimeout(timer);
    this.#waiting.delete(resolve);
  }

  #look(): void {
    let last: number;
    try {
      last = this.#source.span()?.last ?? 0;
    } catch {
      // The database is being reopened: the next look finds it.
      return;
    }
    if (last === this.#last) return;
    this.#last = last;
    for (const wake of this.#waiting) wake();
  }
}
