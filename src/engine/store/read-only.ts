import { constants, Database } from "bun:sqlite";
import { existsSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { corruptDatabase } from "./corrupt-database.ts";
import { storeError } from "./open.ts";

/** A database open for reading. bun:sqlite closes a handle that nothing references, so it stays in `held` until closed. */
export interface ReadOnly {
  readonly db: Database;
  /** `file`: read as it lies there, without its log and without locks: what waits in the log is not seen. */
  readonly sees: "database and log" | "file";
  readonly close: () => void;
}

const held = new Set<Database>();

/**
 * Opens a database that may be in use, damaged, or another user's, and changes neither it nor its log. SQLite needs an
 * index (-shm) beside a log, which who may not write the folder cannot make: then the file alone is read.
 */
export function openReadOnly(path: string, { writers = false, busyTimeoutMs = 5_000 }: { readonly writers?: boolean; readonly busyTimeoutMs?: number } = {}): ReadOnly {
  // Nothing waits in a log that is not there, and a reader would leave an empty one behind: unless others may begin to
  // write meanwhile (`writers`), the file is enough.
  if (writers || existsSync(`${path}-wal`)) {
    try {
      return hold(new Database(path, { readonly: true, strict: true }), "database and log", busyTimeoutMs);
    } catch (error) {
      if (!isAboutTheFolder(error)) throw storeError(error, path);
    }
  }
  try {
    return hold(new Database(`${pathToFileURL(path).href}?immutable=1`, constants.SQLITE_OPEN_READONLY | constants.SQLITE_OPEN_URI), "file", busyTimeoutMs);
  } catch (error) {
    if (error instanceof Error && Reflect.get(error, "code") === "SQLITE_CANTOPEN") throw corruptDatabase(path, `cannot be opened: ${error.message}`, error);
    throw storeError(error, path);
  }
}

function hold(db: Database, sees: ReadOnly["sees"], busyTimeoutMs: number): ReadOnly {
  try {
    db.run(`PRAGMA busy_timeout = ${busyTimeoutMs}`);
    db.run("PRAGMA temp_store = MEMORY");
    // The first read is where a bad file, a missing index or a locked log shows.
    db.query("SELECT count(*) FROM sqlite_schema").get();
  } catch (error) {
    db.close(false);
    throw error;
  }
  held.add(db);
  return {
    db,
    sees,
    close: () => {
      held.delete(db);
      db.close(false);
    },
  };
}

function isAboutTheFolder(error: unknown): boolean {
  const code: unknown = error instanceof Error ? Reflect.get(error, "code") : undefined;
  return typeof code === "string" && (code.startsWith("SQLITE_CANTOPEN") || code.startsWith("SQLITE_READONLY"));
}
