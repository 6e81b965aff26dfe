import type { Database } from "bun:sqlite";
import { SQLiteError } from "bun:sqlite";
import { corruptDatabase } from "./corrupt-database.ts";
import { sizeOf } from "./database-header.ts";
import { isCleanStop } from "./epoch.ts";
import type { Store } from "./open.ts";

/** At most so many findings of SQLite are named. */
const MOST_FINDINGS = 20;

/** What SQLite finds wrong with the database; empty when it is healthy. On bad damage the check itself throws (measured). */
export function quickCheck(db: Database): string[] {
  return findings(db, "quick_check");
}

/** Also compares every index with its table, which takes several times as long. */
export function thoroughCheck(db: Database): string[] {
  return findings(db, "integrity_check");
}

/** The rows are all there; only a way to find them is wrong, and can be made anew. */
export function isIndexFinding(finding: string): boolean {
  return /^(row \d+ missing from index|wrong # of entries in index|non-unique entry in index|row \d+ .* index|rowid not at end-of-record for row \d+ of index) ?\S*/.test(finding);
}

function findings(db: Database, check: "quick_check" | "integrity_check"): string[] {
  try {
    const rows = db.query<Record<string, string>, []>(`PRAGMA ${check}(${MOST_FINDINGS})`).all();
    return rows.flatMap((row) => Object.values(row)).filter((finding) => finding !== "ok");
  } catch (error) {
    if (error instanceof SQLiteError && isDamage(error)) return [error.message];
    throw error;
  }
}

function isDamage(error: SQLiteError): boolean {
  const code = error.code ?? "";
  return code === "SQLITE_NOTADB" || code.startsWith("SQLITE_CORRUPT") || code.startsWith("SQLITE_IOERR_SHORT_READ");
}

export interface Health {
  /** The last daemon ended in order; true also when there never was one. */
  readonly clean: boolean;
  readonly checked: "after an unclean stop" | "not needed" | "too large";
}

/**
 * At the daemon's start, under its lock: after an unclean stop the whole database is checked, unless it is larger than
 * `limitBytes`. Throws DATABASE_CORRUPT with the command that restores the newest backup.
 */
export function checkHealth(store: Store, options: { readonly limitBytes: number }): Health {
  const clean = isCleanStop(store);
  const bytes = sizeOf(store.path) + sizeOf(`${store.path}-wal`);
  const checked = clean ? "not needed" : bytes > options.limitBytes ? "too large" : "after an unclean stop";
  if (checked === "after an unclean stop") {
    const [finding, ...more] = quickCheck(store.db);
    if (finding !== undefined) throw corruptDatabase(store.path, `is damaged: ${finding}${more.length === 0 ? "" : ` (and ${more.length} more)`}`);
  }
  return { clean, checked };
}
