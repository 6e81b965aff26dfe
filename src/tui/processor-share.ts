interface ShareParts {
  /** Processor time that this process has used, all its threads, ms. */
  readonly used: () => number;
  readonly now: () => number;
}

/** Of one core, for looking at data and drawing it. What the daemon beside it needs is not to be taken by who watches it. */
const SHARE = 0.02;
/** However dear a look was, the next comes after so long. */
const LONGEST_MS = 5_000;

/** Whether the last look at the data has been paid for: the dearer it was, the later comes the next. */
export class ProcessorShare {
  readonly #parts: ShareParts;
  #last: { readonly used: number; readonly at: number } | undefined;

  constructor(parts: ShareParts) {
    this.#parts = parts;
  }

  get free(): boolean {
    if (this.#last === undefined) return true;
    const passed = this.#parts.now() - this.#last.at;
    return passed >= LONGEST_MS || this.#parts.used() - this.#last.used <= passed * SHARE;
  }

  /** A look begins now. */
  begin(): void {
    this.#last = { used: this.#parts.used(), at: this.#parts.now() };
  }
}
