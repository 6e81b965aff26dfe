import { loadConfig, type Config } from "../../engine/config.ts";
import { homeFacts, type HomeFacts } from "../../engine/store/home-facts.ts";
import { openStore, type Store } from "../../engine/store/open.ts";
import type { CompiledSchedule } from "../../engine/pipeline/schedule-slots.ts";
import { SourceWindow } from "./source-window.ts";
import { StatsWindow } from "./stats-window.ts";

/** How old figures of the whole home may be, ms. */
const FRESH_MS = 2_000;
/** And at most this share of the time goes into each of them: with 10 000 hooks the facts take 10 ms (measured). */
const SHARE = 0.01;

/** What was looked at longest ago is forgotten first. */
const MOST_REMEMBERED = 32;

interface Remembered {
  readonly value: unknown;
  readonly at: number;
  readonly until: number;
}

/** A home as a dashboard reads it: never written to. */
export class ReaderHome implements Disposable {
  readonly path: string;
  readonly store: Store;
  readonly config: Config;
  readonly stats: StatsWindow;
  readonly sources: SourceWindow;
  /** By version. */
  readonly schedules = new Map<string, CompiledSchedule>();
  readonly #remembered = new Map<string, Remembered>();

  /** Throws what `openStore` and `loadConfig` throw. */
  constructor(path: string) {
    this.path = path;
    this.config = loadConfig(path);
    this.store = openStore(path);
    this.store.onlyRead();
    this.stats = new StatsWindow(this.store);
    this.sources = new SourceWindow(this.store);
  }

  facts(now: number): HomeFacts {
    return this.seldom("facts", now, () => homeFacts(this.store, this.path, this.config.retention.max_bytes, now));
  }

  /** What costs more than a few rows: made anew after two seconds at the soonest, and the later the longer it takes. */
  seldom<Value>(name: string, now: number, make: () => Value): Value {
    const known = this.#remembered.get(name);
    // One name, one maker. A clock that was set back makes it anew, too.
    if (known !== undefined && now >= known.at && now < known.until) return known.value as Value;
    const started = performance.now();
    const value = make();
    this.#remembered.delete(name);
    this.#remembered.set(name, { value, at: now, until: now + Math.max(FRESH_MS, (performance.now() - started) / SHARE) });
    for (const oldest of [...this.#remembered.keys()].slice(0, -MOST_REMEMBERED)) this.#remembered.delete(oldest);
    return value;
  }

  [Symbol.dispose](): void {
    this.store.close();
  }
}
