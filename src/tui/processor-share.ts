interface ShareParts {
  /** Processor time that this process has used, all its threads, ms. */
  readonly used: () => number;
  readonly now: () => number;
}

/** Of one core, for looking at data and drawing it. What the daemon beside it needs is not to be taken by who watches it. */
const SHARE = 0.03;
/** However dear a look was, the next comes after so long. */
const LONGEST_MS = 5_000;

/** Whether the last look at the data has been paid for: the dearer it was, the later comes the next. */
export class ProcessorShare {
  readonly #parts: ShareParts;
  #usedBefore: number;
  #at: number;

  constructor(parts: ShareParts) {
    this.#parts = parts;
    this.#usedBefore = parts.used();
    this.#at = parts.now();
  }

  get free(): boolean {
    const passed = this.#parts.now() - this.#at;
    return passed >= LONGEST_MS || this.#parts.used() - this.#usedBefore <= passed * SHARE;
  }

  /** A look begins now. */
  begin(): void {
    this.#usedBefore = this.#parts.used();
    this.#at = this.#parts.now();
  }
}
