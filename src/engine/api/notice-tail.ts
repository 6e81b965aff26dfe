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
    if (signal.aborted || this.#newest() > seq) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const wake = (): void => resolve();
    const timer = setTimeout(wake, withinMs);
    this.#waiting.add(wake);
    signal.addEventListener("abort", wake, { once: true });
    await promise;
    clearTimeout(timer);
    signal.removeEventListener("abort", wake);
    this.#waiting.delete(wake);
  }

  /** 0 while the database is being reopened: the next look finds it. */
  #newest(): number {
    try {
      return this.#source.span()?.last ?? 0;
    } catch {
      return 0;
    }
  }

  #look(): void {
    const last = this.#newest();
    if (last === this.#last) return;
    this.#last = last;
    for (const wake of this.#waiting) wake();
  }
}
