import { Database } from "bun:sqlite";
import { NexusError } from "../../src/engine/core/errors.ts";
import { migrate } from "../../src/engine/store/migrate.ts";
import { DEFAULT_STORE_OPTIONS, Store } from "../../src/engine/store/open.ts";

/** What may go wrong with one transaction. */
export type DiskFault =
  /** Killed before it begins; before its commit, so that it is rolled back; or after it, before anyone was told. */
  | "kill-before"
  | "kill-inside"
  | "kill-after"
  /** Another process holds the write lock. */
  | "busy"
  /** The commit fails, and nothing is stored; or the commit is said to have failed, and is there after all. */
  | "fails"
  | "fails-yet-stored";

export interface Disk {
  /** Asked at each transaction of a process. */
  fault(store: SimStore): DiskFault | undefined;
  /** The engine looks at what others have changed. */
  looked(store: SimStore): void;
  committed(store: SimStore, durable: boolean): void;
  kill(): void;
  /** Commits of all processes. */
  commits: number;
}

/** Thrown through the engine where its process is killed; nothing it does afterwards reaches anyone. */
export class Killed extends Error {}

/**
 * A process's connection to the one database, which is real SQLite in memory. What a crash leaves is what was committed:
 * SQLite's atomicity is its own tests' affair, so a kill inside a transaction is a rollback, wherever inside it is.
 */
export class SimStore extends Store {
  readonly name: "engine" | "other";
  readonly #disk: Disk;
  #own = 0;
  alive = true;

  constructor(db: Database, hooksFolder: string, disk: Disk, name: "engine" | "other") {
    super(db, ":memory:", hooksFolder, { ...DEFAULT_STORE_OPTIONS, durability: "normal" });
    this.#disk = disk;
    this.name = name;
  }

  override write<T>(body: () => T, durable = true): T {
    if (this.db.inTransaction) return body();
    if (!this.alive) throw new Killed("a killed process wrote");
    const fault = this.#disk.fault(this);
    if (fault === "kill-before") this.#kill();
    if (fault === "busy") throw new NexusError("DATABASE_BUSY", "the simulated lock is another process's");
    const value = super.write(() => {
      const value = body();
      if (fault === "kill-inside") this.#kill();
      if (fault === "fails") throw new NexusError("DATABASE_IO", "the simulated disk refused the commit");
      return value;
    }, durable);
    this.#own += 1;
    this.#disk.commits += 1;
    this.#disk.committed(this, durable);
    if (fault === "kill-after") this.#kill();
    if (fault === "fails-yet-stored") throw new NexusError("DATABASE_IO", "the simulated disk failed to say that it stored the commit");
    return value;
  }

  /** One connection stands for all: what others committed is everything but the own. */
  override dataVersion(): number {
    this.#disk.looked(this);
    return this.#disk.commits - this.#own;
  }

  #kill(): never {
    this.#disk.kill();
    throw new Killed("killed here");
  }
}

let shared: { readonly db: Database; readonly tables: readonly string[] } | undefined;

/** One database for all runs of a process, emptied: a new schema for each would cost more than the run. */
export function emptyDatabase(): Database {
  if (shared === undefined) {
    const db = new Database(":memory:", { strict: true });
    db.run("PRAGMA foreign_keys = OFF");
    migrate(db, ":memory:");
    const tables = db
      .query<{ name: string }, []>("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'events\\_fts%' ESCAPE '\\'")
      .all()
      .map(({ name }) => name);
    shared = { db, tables };
  }
  const { db, tables } = shared;
  if (db.inTransaction) db.run("ROLLBACK");
  db.run("BEGIN");
  for (const table of tables) db.query(`DELETE FROM ${table}`).run();
  db.run("COMMIT");
  return db;
}
