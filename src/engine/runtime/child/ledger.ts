import type * as Sqlite from "bun:sqlite";
import type { Database } from "bun:sqlite";

type Bindings = readonly unknown[] | Readonly<Record<string, unknown>>;

/** `ctx.ledger.query`: a read-only connection of the Worker's own, opened on first use. */
export class Ledger {
  readonly #path: string;
  #db: Database | undefined;

  constructor(path: string) {
    this.#path = path;
  }

  readonly query = (sql: string, params: Bindings = []): unknown[] => {
    const statement = this.#open().prepare<unknown, never[]>(sql);
    try {
      const bindings = Array.isArray(params) ? params : [params];
      return statement.all(...(bindings as never[]));
    } finally {
      statement.finalize();
    }
  };

  #open(): Database {
    if (this.#db === undefined) {
      const sqlite = require("bun:sqlite") as typeof Sqlite;
      this.#db = new sqlite.Database(this.#path, { readonly: true });
      this.#db.run("PRAGMA busy_timeout = 5000");
    }
    return this.#db;
  }
}
