/** A timer sleeps no longer than this; what is further away is looked at again. */
const LONGEST_SLEEP_MS = 60_000;

interface DueParts<Item> {
  /** Begun at the same time. */
  readonly most: number;
  /** Unix ms. */
  readonly now: () => number;
  /** What is due, the first `limit` of it; what is under way may be among it. */
  readonly due: (now: number, limit: number) => readonly Item[];
  /** When something that is not due yet will be, Unix ms. */
  readonly nextAt: (now: number) => number | undefined;
  /** Does it, and calls `settled` once what came of it is stored, or will not be. */
  readonly begin: (item: Item, signal: AbortSignal, settled: () => void) => void;
  /** Nothing is under way any more. */
  readonly rested?: () => void;
}

/** Work whose truth stands in the database: begins what is due, as much as may be at once, and sleeps until something is. */
export class DueWork<Item extends { readonly id: string }> {
  readonly #parts: DueParts<Item>;
  readonly #busy = new Map<string, AbortController>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #started = false;
  /** Something was stored since the last look. */
  #unseen = true;

  constructor(parts: DueParts<Item>) {
    this.#parts = parts;
  }

  get count(): number {
    return this.#busy.size;
  }

  /** Nothing is under way, and nothing is due; what waits for a later attempt does not count. */
  get isIdle(): boolean {
    return !this.#started || (this.#busy.size === 0 && !this.#unseen);
  }

  start(): void {
    this.#started = true;
    this.look();
  }

  /** What is under way is begun again after the next start. */
  stop(): void {
    this.#started = false;
    clearTimeout(this.#timer);
    for (const controller of this.#busy.values()) controller.abort();
  }

  /** There may be something new to do. */
  changed(): void {
    this.#unseen = true;
  }

  /** Asks the database only where something may have changed. */
  look(): void {
    if (!this.#started || !this.#unseen) return;
    const { most, now, due, nextAt } = this.#parts;
    const room = most - this.#busy.size;
    const items = room <= 0 ? [] : due(now(), room + this.#busy.size).filter(({ id }) => !this.#busy.has(id)).slice(0, room);
    this.#unseen = false;
    for (const item of items) this.#do(item);
    this.#wake(nextAt(now()));
  }

  #do(item: Item): void {
    const controller = new AbortController();
    this.#busy.set(item.id, controller);
    this.#parts.begin(item, controller.signal, () => {
      this.#busy.delete(item.id);
      if (!this.#started) return;
      this.#unseen = true;
      this.look();
      if (this.#busy.size === 0) this.#parts.rested?.();
    });
  }

  #wake(at: number | undefined): void {
    clearTimeout(this.#timer);
    if (at === undefined) return;
    const due = (): void => {
      this.#unseen = true;
      this.look();
    };
    this.#timer = setTimeout(due, Math.min(LONGEST_SLEEP_MS, Math.max(1, at - this.#parts.now())));
  }
}
