import type { Database } from "bun:sqlite";
import { newerDatabase } from "./refuse-database.ts";
import init from "./migrations/0001_init.sql" with { type: "text" };
import durable from "./migrations/0002_durable.sql" with { type: "text" };
import broker from "./migrations/0004_broker.sql" with { type: "text" };
import retention from "./migrations/0003_retention.sql" with { type: "text" };
import identity from "./migrations/0005_identity.sql" with { type: "text" };
import stages from "./migrations/0006_stages.sql" with { type: "text" };
import refs from "./migrations/0008_refs.sql" with { type: "text" };
import sources from "./migrations/0009_sources.sql" with { type: "text" };
import profile from "./migrations/0007_profile.sql" with { type: "text" };
import replay from "./migrations/0010_replay.sql" with { type: "text" };
import appendOnly from "./migrations/0011_append_only.sql" with { type: "text" };

/** In order; the number of applied ones is `PRAGMA user_version`. Never edit one that was released: add the next. */
const MIGRATIONS: readonly string[] = [init, durable, retention, broker, identity, stages, profile, refs, sources, replay, appendOnly];
export const SCHEMA_VERSION = MIGRATIONS.length;

/** Brings the schema up to date in one transaction; refuses, untouched, a database of a newer version. */
export function migrate(db: Database, path: string): void {
  const applied = userVersion(db);
  if (applied === MIGRATIONS.length) return;
  refuseNewer(db, path);
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

/** As SQLite sees it: a version that stands only in the log is in no header yet. */
export function refuseNewer(db: Database, path: string): void {
  const found = userVersion(db);
  if (found > SCHEMA_VERSION) throw newerDatabase(path, found, SCHEMA_VERSION);
}

function userVersion(db: Database): number {
  return db.query<{ user_version: number }, []>("PRAGMA user_version").get()?.user_version ?? 0;
}
