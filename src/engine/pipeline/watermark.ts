/**
 * How far evaluation has come without a gap: every event up to `cursor` has a terminal outcome for every hook that
 * matched it. Stored with each commit; after a crash evaluation goes on behind it.
 */
export class Watermark {
  #cursor: number;
  #order: number[] = [];
  #head = 0;
  readonly #open = new Map<number, number>();
  #pairs = 0;
  readonly #watched = new Map<number, () => void>();
  readonly #asides = new Map<number, () => void>();

  constructor(cursor: number) {
    this.#cursor = cursor;
  }

  get cursor(): number {
    return this.#cursor;
  }

  /** (event, hook) pairs that are not terminal yet. */
  get pairs(): number {
    return this.#pairs;
  }

  /** Pairs that wait for all others of their event. */
  get watched(): number {
    return this.#watched.size;
  }

  /** One pair of the event, which is not added yet, waits for all the others: `reached` is called when they are terminal. */
  watch(seq: number, reached: () => void): void {
    this.#watched.set(seq, reached);
  }

  /** An event was routed to `pairs` hooks. Events come in the order of their seq. */
  add(seq: number, pairs: number): void {
    this.ahead(seq, pairs);
    this.place(seq);
  }

  /** An event was routed before its turn; `place` follows when its turn comes. */
  ahead(seq: number, pairs: number): void {
    if (pairs > 0) this.#open.set(seq, pairs);
    this.#pairs += pairs;
    if (pairs === 1 && this.#watched.size > 0) this.#reached(seq);
  }

  /** An event that the cursor has passed was routed to `pairs` hooks: `ended` is called when they are terminal. */
  aside(seq: number, pairs: number, ended: () => void): void {
    this.#asides.set(seq, ended);
    this.ahead(seq, pairs);
  }

  /** Its turn has come: from now on the cursor may pass it once it is settled. */
  place(seq: number): void {
    this.#order.push(seq);
    this.#advance();
  }

  /** One pair of the event became terminal. */
  settle(seq: number): void {
    const left = (this.#open.get(seq) ?? 0) - 1;
    this.#pairs -= 1;
    if (left > 0) {
      this.#open.set(seq, left);
      if (left === 1 && this.#watched.size > 0) this.#reached(seq);
      return;
    }
    this.#open.delete(seq);
    if (this.#asides.size > 0) this.#endAside(seq);
    this.#advance();
  }

  #endAside(seq: number): void {
    const ended = this.#asides.get(seq);
    this.#asides.delete(seq);
    ended?.();
  }

  #reached(seq: number): void {
    const reached = this.#watched.get(seq);
    this.#watched.delete(seq);
    reached?.();
  }

  #advance(): void {
    while (this.#head < this.#order.length) {
      const seq = this.#order[this.#head];
      if (seq === undefined || this.#open.has(seq)) break;
      this.#cursor = seq;
      this.#head += 1;
    }
    if (this.#head > 4_096 && this.#head * 2 > this.#order.length) {
      this.#order = this.#order.slice(this.#head);
      this.#head = 0;
    }
  }
}
