import { NexusError } from "../core/errors.ts";

/** So many at once; so many more may wait for their turn, in order. */
export class Places {
  readonly #waiting: (() => void)[] = [];
  readonly #most: number;
  readonly #mostWaiting: number;
  #taken = 0;

  constructor(most: number, mostWaiting: number) {
    this.#most = most;
    this.#mostWaiting = mostWaiting;
  }

  /** Resolves with what gives the place back. Throws QUEUE_FULL, or the signal's reason. */
  async take(signal: AbortSignal): Promise<Disposable> {
    signal.throwIfAborted();
    if (this.#taken >= this.#most) await this.#wait(signal);
    else this.#taken += 1;
    return { [Symbol.dispose]: () => this.#giveBack() };
  }

  async #wait(signal: AbortSignal): Promise<void> {
    if (this.#waiting.length >= this.#mostWaiting) throw new NexusError("QUEUE_FULL", `${this.#most} are under way and ${this.#mostWaiting} wait`, { hint: "try again" });
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const onAbort = (): void => {
      const at = this.#waiting.indexOf(resolve);
      // It has just been given a place, which it gives back as soon as it looks at its signal.
      if (at === -1) return;
      this.#waiting.splice(at, 1);
      reject(signal.reason);
    };
    this.#waiting.push(resolve);
    signal.addEventListener("abort", onAbort, { once: true });
    await promise.finally(() => signal.removeEventListener("abort", onAbort));
  }

  /** To the next who waits; it stays taken. */
  #giveBack(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#taken -= 1;
    else next();
  }
}
