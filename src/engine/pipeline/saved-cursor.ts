import { getMeta, setMeta } from "../store/meta.ts";
import type { Store } from "../store/open.ts";
import type { Watermark } from "./watermark.ts";

/** How far evaluation is, as the database has it. */
export class SavedCursor {
  readonly #store: Store;
  #saved: number;

  constructor(store: Store) {
    this.#store = store;
    this.#saved = read(store);
  }

  get value(): number {
    return this.#saved;
  }

  /** Inside a transaction. */
  save({ cursor }: Watermark): void {
    if (cursor === this.#saved) return;
    this.#saved = cursor;
    setMeta(this.#store, "eval_cursor", cursor);
  }

  /** A transaction was undone: what it saved is not. */
  reload(): void {
    this.#saved = read(this.#store);
  }
}

function read(store: Store): number {
  return Number(getMeta(store, "eval_cursor") ?? 0);
}
