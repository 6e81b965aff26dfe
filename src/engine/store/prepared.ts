import type { Database } from "bun:sqlite";
import type { Store } from "./open.ts";

/**
 * Statements of a hot path, prepared once for each open store. `Database.query` keeps only its first 20 statements and
 * prepares every further one anew at each call (measured on 1.4.5), so hot paths do not rely on it.
 */
export function prepared<Statements>(prepare: (db: Database) => Statements): (store: Store) => Statements {
  const byStore = new WeakMap<Store, Statements>();
  return (store) => {
    let statements = byStore.get(store);
    if (statements === undefined) {
      statements = prepare(store.db);
      byStore.set(store, statements);
    }
    return statements;
  };
}
