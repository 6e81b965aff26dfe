interface ShareParts {
  /** Processor time that this process has used, all its threads, ms. */
  readonly used: () => number;
  readonly now: () => number;
}

/** Of one core, for looking at data and drawing it. What the daemon beside it needs is not to be taken by who watches it. */
const SHARE = 0.02;
/** And while the daemon has more to do than it gets done. */
const SHARE_BESIDE_WORK = 0.005;
/** However dear a look was, the next comes after so long. */
const LONGEST_MS = 5_000;
const LONGEST_BESIDE_WORK_MS = 30_000;

/** Whether the last look at the data has been paid for: the dearer it was, the later comes the next. */
export class ProcessorShare {
  readonly #parts: ShareParts;
  #last: { readonly used: number; readonly at: number } | undefined;

  constructor(parts: ShareParts) {
    this.#parts = parts;
  }

  /** `busy`: the daemon needs the processor for itself. */
  free(busy: boolean): boolean {
    if (this.#last === undefined) return true;
    const [share, longest] = busy ? [SHARE_BESIDE_WORK, LONGEST_BESIDE_WORK_MS] : [SHARE, LONGEST_MS];
    const passed = this.#parts.now() - this.#last.at;
    return passed >= longest || this.#parts.used() - this.#last.used <= passed * share;
  }

  /** A look begins now. */
  begin(): void {
    this.#last = { used: this.#parts.used(), at: this.#parts.now() };
  }
}
