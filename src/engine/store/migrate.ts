import type { Database } from "bun:sqlite";
import { NexusError } from "../core/errors.ts";
import init from "./migrations/0001_init.sql" with { type: "text" };
import durable from "./migrations/0002_durable.sql" with { type: "text" };
import retention from "./migrations/0003_retention.sql" with { type: "text" };

/** In order; the number of applied ones is `PRAGMA user_version`. Never edit one that was released: add the next. */
const MIGRATIONS: readonly string[] = [init, durable, retention];

/** Brings the schema up to date in one transaction; refuses, untouched, a database of a newer version. */
export function migrate(db: Database, path: string): void {
  const applied = userVersion(db);
  if (applied === MIGRATIONS.length) return;
  if (applied > MIGRATIONS.length) {
    throw new NexusError("DATABASE_NEWER", `${path} has schema ${applied}; this nexus knows ${MIGRATIONS.length}`, {
      hint: "it was not touched; use the newer nexus",
    });
  }
  db.run("BEGIN IMMEDIATE");
  try {
    // Asked again under the lock: two processes may start on a new home at once.
    for (const sql of MIGRATIONS.slice(userVersion(db))) db.run(sql);
    db.run(`PRAGMA user_version = ${MIGRATIONS.length}`);
    db.run("COMMIT");
  } catch (error) {
    if (db.inTransaction) db.run("ROLLBACK");
    throw error;
  }
}

function userVersion(db: Database): number {
  return db.query<{ user_version: number }, []>("PRAGMA user_version").get()?.user_version ?? 0;
}
