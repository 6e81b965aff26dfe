/** Those who wait until there is nothing to do. */
export class IdleWaiters {
  readonly #isIdle: () => boolean;
  #waiting: (() => void)[] = [];

  constructor(isIdle: () => boolean) {
    this.#isIdle = isIdle;
  }

  wait(): Promise<void> {
    return new Promise((resolve) => void this.#waiting.push(resolve));
  }

  /** Something has come to its end. */
  look(): void {
    if (this.#waiting.length > 0 && this.#isIdle()) this.wake();
  }

  wake(): void {
    for (const wake of this.#waiting.splice(0)) wake();
  }
}
