/** So many deaths in a row cost no pause: a hook that kills its evaluator is found out by then. */
const FREE = 5;
const FIRST_MS = 50;
const LONGEST_MS = 30_000;

/** How long to wait before an evaluator is started again: it doubles with each that died before it did any work. */
export class RestartPause {
  #deaths = 0;

  /** An invocation came back from it. */
  worked(): void {
    this.#deaths = 0;
  }

  /** It is gone, or could not be started; ms to wait. `came` is false when it never came up. */
  died(came: boolean): number {
    this.#deaths += 1;
    const counted = came ? this.#deaths - FREE : this.#deaths;
    return counted <= 0 ? 0 : Math.min(LONGEST_MS, FIRST_MS * 2 ** (counted - 1));
  }
}
