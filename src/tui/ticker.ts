import type { Dashboard } from "./dashboard.ts";

interface TickerParts {
  readonly desk: Dashboard;
  readonly everyMs: number;
  /** Whether the terminal takes more now. */
  readonly ready: () => boolean;
  readonly later: (work: () => void, ms: number) => () => void;
}

/** A place that was just opened is read at once, however long the next tick is away. */
const SOON_MS = 20;

/**
 * When data is read: once a tick, when the terminal has taken the last frame and bytes are left; and at once when the operator
 * goes somewhere, since that is a key, which waits for nothing.
 */
export class Ticker implements Disposable {
  readonly #parts: TickerParts;
  #cancel: (() => void) | undefined;
  #wished = "";
  readonly #unsubscribe: () => void;

  constructor(parts: TickerParts) {
    this.#parts = parts;
    this.#unsubscribe = parts.desk.subscribe(() => this.#onChange());
    this.#tick();
  }

  /** Something happened that is worth a look before the next tick. */
  hurry(): void {
    this.#again(SOON_MS);
  }

  #onChange(): void {
    const wished = JSON.stringify(this.#parts.desk.wishes());
    if (wished === this.#wished) return;
    this.#wished = wished;
    this.#look();
  }

  #tick(): void {
    const { desk, ready, everyMs } = this.#parts;
    if (desk.view.pausedAt === undefined && !desk.parts.linear && !desk.feed.busy && ready()) this.#look();
    this.#again(everyMs);
  }

  #look(): void {
    const { desk } = this.#parts;
    const wishes = desk.wishes();
    this.#wished = JSON.stringify(wishes);
    // Why a look came to nothing stands in the feed, and on the screen.
    void desk.feed.look(wishes).catch(() => undefined);
  }

  #again(ms: number): void {
    this.#cancel?.();
    this.#cancel = this.#parts.later(() => this.#tick(), ms);
  }

  [Symbol.dispose](): void {
    this.#cancel?.();
    this.#unsubscribe();
  }
}
