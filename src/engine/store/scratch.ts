import { Database } from "bun:sqlite";
import { join } from "node:path";
import { migrate } from "./migrate.ts";
import { Store, type StoreOptions } from "./open.ts";

/** The empty store of a home that is not there yet, in memory: for a dry run, which must not make the home. */
export function scratchStore(home: string, options: StoreOptions): Store {
  const state = join(home, "state");
  const db = new Database(":memory:", { strict: true });
  migrate(db, ":memory:");
  return new Store(db, join(state, "nexus.db"), join(state, "hooks"), options);
}
