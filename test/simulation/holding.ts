import { NexusError } from "../../src/engine/core/errors.ts";
import type { IdFactory } from "../../src/engine/core/ids.ts";
import { holdSource, releaseSource } from "../../src/engine/registry/source-holding.ts";
import { Random } from "./random.ts";
import type { SimLoop } from "./sim-loop.ts";
import type { SimStore } from "./sim-store.ts";

/** `hook` is what hooks emit. */
const SOURCES = ["sim", "alt", "hook"];

interface HoldingParts {
  readonly seed: number;
  readonly store: SimStore;
  readonly loop: SimLoop;
  readonly ids: IdFactory;
  readonly note: (line: string) => void;
}

/**
 * An operator who holds sources and releases them, in every fourth run, and what must be so because of it. Draws of its own:
 * the other runs are the same with and without it.
 */
export class Holding {
  readonly #parts: HoldingParts;
  readonly #random: Random;
  readonly #share: number;
  /** Held sources, and the last event that was stored before. */
  readonly #heldFrom = new Map<string, number>();
  readonly #discardedUntil = new Map<string, number>();

  constructor(parts: HoldingParts) {
    this.#parts = parts;
    this.#random = new Random(parts.seed ^ 0x5eed_401d);
    this.#share = 0.02 + this.#random.next() * 0.1;
  }

  static isIn(seed: number): boolean {
    return seed % 4 === 0;
  }

  /** Before each move of the run. */
  move(): void {
    if (!this.#random.chance(this.#share)) return;
    const source = this.#random.pick(SOURCES);
    if (this.#random.chance(0.4)) this.#hold(source);
    else this.#release(source, this.#random.chance(0.3));
  }

  releaseAll(): void {
    for (const source of SOURCES) this.#release(source, false);
  }

  /** What is wrong with handing the event to its hooks now. */
  handedOut(source: string, seq: number): string | undefined {
    return seq > (this.#heldFrom.get(source) ?? Number.POSITIVE_INFINITY) ? `${source} is held` : undefined;
  }

  mayBeDiscarded(source: string, seq: number): boolean {
    return seq <= (this.#discardedUntil.get(source) ?? 0);
  }

  #hold(source: string): void {
    this.#do(() => {
      const { changed } = holdSource({ ...this.#parts, clock: this.#parts.loop }, source, { by: "sim" });
      if (!changed) return;
      this.#parts.note(`command hold ${source}`);
      this.#heldFrom.set(source, this.#last());
    });
  }

  #release(source: string, discard: boolean): void {
    this.#do(() => {
      const { changed, waiting } = releaseSource({ ...this.#parts, clock: this.#parts.loop }, source, { by: "sim", discard });
      if (!changed) return;
      this.#parts.note(`command release ${source}${discard ? " and discard" : ""}, ${waiting} wait`);
      this.#heldFrom.delete(source);
      if (discard) this.#discardedUntil.set(source, this.#last());
    });
  }

  #do(act: () => void): void {
    try {
      act();
    } catch (error) {
      if (!(error instanceof NexusError)) throw error;
    }
  }

  #last(): number {
    return this.#parts.store.db.query<{ last: number | null }, []>("SELECT max(seq) AS last FROM events").get()?.last ?? 0;
  }
}
