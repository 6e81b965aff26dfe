import type { Connection } from "./connection.ts";
import type { HookRow } from "./row.ts";

/** The statement's side of an iteration. */
interface RowSource {
  /** The next row, undefined at the end. */
  next(): { readonly row: HookRow } | undefined;
  close(): void;
  log(): void;
}

/**
 * Reads the rows of a statement one by one.
 * States: started (counted on the connection, statement locked) → finished, by the last row, `return()` or an error.
 */
export class StatementIterator implements IterableIterator<HookRow, undefined> {
  readonly #connection: Connection;
  readonly #rows: RowSource;
  #finished = false;
  #logged = false;
  /** Anchors the statement for as long as the iterator lives. */
  readonly statement: object;

  constructor(connection: Connection, statement: object, rows: RowSource) {
    this.#connection = connection;
    this.#rows = rows;
    this.statement = statement;
    connection.iterators++;
  }

  next(): IteratorResult<HookRow, undefined> {
    this.#connection.requireNotBusy();
    if (this.#finished) return { value: undefined, done: true };
    try {
      const step = this.#connection.execute(() => {
        if (!this.#logged) {
          this.#logged = true;
          this.#rows.log();
        }
        return this.#rows.next();
      });
      if (step !== undefined) return { value: step.row, done: false };
    } catch (error) {
      this.#finish();
      throw error;
    }
    this.#finish();
    return { value: undefined, done: true };
  }

  return(): IteratorResult<HookRow, undefined> {
    this.#connection.requireNotBusy();
    if (!this.#finished) this.#finish();
    return { value: undefined, done: true };
  }

  [Symbol.iterator](): this {
    return this;
  }

  #finish(): void {
    this.#finished = true;
    this.#connection.iterators--;
    this.#rows.close();
  }
}
