import { Database } from "bun:sqlite";
import { existsSync, readdirSync } from "node:fs";
import { NexusError } from "../core/errors.ts";
import { corruptDatabase } from "./corrupt-database.ts";
import { readDatabaseFile, sizeOf, type DatabaseHeader } from "./database-header.ts";

/** Marks the file as ours (`PRAGMA application_id`): "NEXU". */
export const APPLICATION_ID = 0x4e455855;

/**
 * Throws for a database that this nexus must not open, before SQLite has seen it: of another program, of a newer nexus,
 * or broken in a way that its first bytes and its neighbours show. A file that is not there is no reason.
 *
 * What only SQLite can see is found later: by `configure`, by `migrate`, and by `checkHealth` after an unclean stop.
 */
export function refuseDatabase(path: string, hooksFolder: string, schema: number): void {
  const file = readDatabaseFile(path);
  switch (file.kind) {
    case "missing":
      return;
    case "not a file":
      throw new NexusError("HOME_NOT_WRITABLE", `${path} is not a regular file`, { hint: "move it away, or choose another home with --home or NEXUS_HOME" });
    case "empty":
      // Another process may be making a new home this very moment: then nothing else is there yet.
      if (sizeOf(`${path}-wal`) > 0 || hasScripts(hooksFolder)) throw corruptDatabase(path, "is empty, though this home has been used: its content is lost");
      return;
    case "not SQLite":
      throw corruptDatabase(path, "is not a SQLite database");
    case "SQLite":
      refuseHeader(path, file.header, schema);
  }
}

function refuseHeader(path: string, header: DatabaseHeader, schema: number): void {
  if (header.applicationId !== APPLICATION_ID && header.applicationId !== 0) throw foreignDatabase(path, header.applicationId);
  if (header.applicationId === 0) return;
  if (header.userVersion > schema) throw newerDatabase(path, header.userVersion, schema);
  const logBytes = sizeOf(`${path}-wal`);
  // While pages wait in the log, the file may rightly be shorter than its header says.
  if (logBytes === 0 && header.pages !== undefined && header.bytes < header.pages * header.pageSize) {
    throw corruptDatabase(path, `is cut off: ${header.bytes} bytes of ${header.pages * header.pageSize}`);
  }
  if (logIsGone(path)) {
    throw corruptDatabase(path, `has lost its log: ${path}-shm is there and ${path}-wal is not, so the newest writes are missing`);
  }
}

/**
 * SQLite makes the log before its index (-shm), and removes them the other way round: an index alone means that
 * somebody else removed the log. Looked at twice, since another process may open and close between two looks.
 */
export function logIsGone(path: string): boolean {
  const alone = (): boolean => !existsSync(`${path}-wal`) && existsSync(`${path}-shm`);
  return alone() && alone();
}

export function foreignDatabase(path: string, applicationId: number): NexusError {
  return new NexusError("DATABASE_FOREIGN", `${path} belongs to another program (application_id ${applicationId})`, {
    hint: "it was not touched; choose another home with --home or NEXUS_HOME",
  });
}

export function newerDatabase(path: string, found: number, known: number): NexusError {
  return new NexusError("DATABASE_NEWER", `${path} has schema ${found}; this nexus knows ${known}`, { hint: "it was not touched; use the newer nexus" });
}

/**
 * Closes a handle without folding the log back: SQLite does that when the last handle closes, unless that one was
 * opened read-only (measured on 3.54.1: database and log keep their bytes).
 */
export function closeUntouched(db: Database, path: string): void {
  let last: Database | undefined;
  try {
    last = new Database(path, { readonly: true });
    // It holds the log only once it has read.
    last.query("PRAGMA user_version").get();
  } catch {
    // What cannot be read is not folded either.
  }
  db.close(false);
  last?.close(false);
}

function hasScripts(folder: string): boolean {
  try {
    return readdirSync(folder).some((name) => name.endsWith(".mjs"));
  } catch {
    return false;
  }
}
