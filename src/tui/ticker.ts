import type { Dashboard } from "./dashboard.ts";

interface TickerParts {
  readonly desk: Dashboard;
  readonly everyMs: number;
  /** Whether the terminal takes more now. */
  readonly ready: () => boolean;
  readonly later: (work: () => void, ms: number) => () => void;
}

/** Ages are shown to the minute. */
const MINUTE_MS = 60_000;

/**
 * When data is read: once a tick, when the terminal has taken the last frame and bytes are left; and at once when the operator
 * goes somewhere, since that is a key, which waits for nothing.
 */
export class Ticker implements Disposable {
  readonly #parts: TickerParts;
  #cancel: (() => void) | undefined;
  #wished = "";
  #minute = 0;
  readonly #unsubscribe: () => void;

  constructor(parts: TickerParts) {
    this.#parts = parts;
    this.#unsubscribe = parts.desk.subscribe(() => this.#onChange());
    this.#tick();
    // Read once: what is heard moves only when the operator does, and they have come here.
    if (parts.desk.parts.linear) this.#look();
  }

  #onChange(): void {
    const wished = JSON.stringify(this.#parts.desk.wishes());
    if (wished === this.#wished) return;
    this.#wished = wished;
    this.#look();
  }

  #tick(): void {
    const { desk, ready, everyMs, later } = this.#parts;
    if (desk.view.pausedAt === undefined && !desk.parts.linear && !desk.feed.busy && ready()) this.#look();
    this.#age();
    this.#cancel = later(() => this.#tick(), everyMs);
  }

  #look(): void {
    const { desk, everyMs } = this.#parts;
    const { pausedAt } = desk.view;
    const all = desk.wishes();
    this.#wished = JSON.stringify(all);
    // While the data stands still, only what was not read for this pause: a panel beside a list, not the list.
    const wishes = pausedAt === undefined ? all : all.filter((wish) => (desk.feed.of(wish)?.at ?? 0) < pausedAt - 2 * everyMs);
    if (pausedAt === undefined || wishes.length > 0) void desk.feed.look(wishes);
  }

  /** Time goes on where nothing else does: what is shown grows old, and so does a pause. */
  #age(): void {
    const { desk, ready } = this.#parts;
    const minute = Math.floor(desk.parts.now() / MINUTE_MS);
    if (minute === this.#minute || desk.parts.linear || !ready()) return;
    this.#minute = minute;
    desk.changed();
  }

  [Symbol.dispose](): void {
    this.#cancel?.();
    this.#unsubscribe();
  }
}
