import type { Dashboard } from "./dashboard.ts";
import type { News } from "./state/view.ts";

interface TickerParts {
  readonly desk: Dashboard;
  readonly everyMs: number;
  /** Whether there is room for data now: on the line, and on the processor. */
  readonly ready: () => boolean;
  /** A look begins. `unasked`: nobody has pressed a key for it. */
  readonly looks: (unasked: boolean) => void;
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
  #hurried = false;
  #news: News | undefined;
  #wished = "";
  #minute: number;
  readonly #unsubscribe: () => void;

  constructor(parts: TickerParts) {
    this.#parts = parts;
    this.#minute = minuteOf(parts.desk);
    this.#unsubscribe = parts.desk.subscribe(() => this.#onChange());
    // The first one waits for nothing, and is the only one for who hears it: lines are read anew when their listener does something.
    this.#look(false);
    this.#cancel = parts.later(() => this.#tick(), parts.everyMs);
  }

  #onChange(): void {
    const wished = JSON.stringify(this.#parts.desk.wishes());
    if (wished === this.#wished) return;
    this.#wished = wished;
    // Most often for a key; but the row under the cursor may also have gone by itself: whose look it is stays as it is.
    this.#look(false);
  }

  /** Something happened: it is told and looked at now, but once a tick at most. A flood of news is no flood of reading or drawing. */
  hear(news: News | undefined): void {
    this.#news = news ?? this.#news;
    if (this.#hurried) return;
    this.#hurried = true;
    this.#lookIfFree();
  }

  #tick(): void {
    this.#hurried = false;
    this.#lookIfFree();
    this.#age();
    this.#cancel = this.#parts.later(() => this.#tick(), this.#parts.everyMs);
  }

  #lookIfFree(): void {
    const { desk, ready } = this.#parts;
    // Who hears the screen is not spoken to in between.
    if (desk.parts.linear || !ready()) return;
    if (this.#news !== undefined) desk.change({ do: "hear", news: this.#news });
    this.#news = undefined;
    if (desk.view.pausedAt === undefined && !desk.feed.busy) this.#look(true);
  }

  #look(unasked: boolean): void {
    const { desk, everyMs, looks } = this.#parts;
    const { pausedAt } = desk.view;
    const all = desk.wishes();
    this.#wished = JSON.stringify(all);
    // While the data stands still, only what was not read for this pause: a panel beside a list, not the list.
    const wishes = pausedAt === undefined ? all : all.filter((wish) => (desk.feed.of(wish)?.at ?? 0) < pausedAt - 2 * everyMs);
    if (pausedAt !== undefined && wishes.length === 0) return;
    looks(unasked);
    void desk.feed.look(wishes);
  }

  /** Time goes on where nothing else does: what is shown grows old, and so does a pause. */
  #age(): void {
    const { desk, ready } = this.#parts;
    const minute = minuteOf(desk);
    if (minute === this.#minute || desk.parts.linear || !ready()) return;
    this.#minute = minute;
    desk.changed();
  }

  [Symbol.dispose](): void {
    this.#cancel?.();
    this.#unsubscribe();
  }
}

function minuteOf({ parts }: Dashboard): number {
  return Math.floor(parts.now() / MINUTE_MS);
}
