import { callableClass } from "./callable-class.ts";

/** SQLite's primary result codes, at their numbers. */
const PRIMARY =
  "OK ERROR INTERNAL PERM ABORT BUSY LOCKED NOMEM READONLY INTERRUPT IOERR CORRUPT NOTFOUND FULL CANTOPEN PROTOCOL EMPTY SCHEMA TOOBIG CONSTRAINT MISMATCH MISUSE NOLFS AUTH FORMAT RANGE NOTADB NOTICE WARNING"
    .split(" ");

/** Extended codes are `primary | n << 8`; the first word of a list has n = 1. From SQLite's rescode.html. */
const EXTENDED: Readonly<Record<string, string>> = {
  ERROR: "MISSING_COLLSEQ RETRY SNAPSHOT",
  IOERR:
    "READ SHORT_READ WRITE FSYNC DIR_FSYNC TRUNCATE FSTAT UNLOCK RDLOCK DELETE BLOCKED NOMEM ACCESS CHECKRESERVEDLOCK LOCK CLOSE DIR_CLOSE SHMOPEN SHMSIZE SHMLOCK SHMMAP SEEK DELETE_NOENT MMAP GETTEMPPATH CONVPATH VNODE AUTH BEGIN_ATOMIC COMMIT_ATOMIC ROLLBACK_ATOMIC DATA CORRUPTFS IN_PAGE",
  LOCKED: "SHAREDCACHE VTAB",
  BUSY: "RECOVERY SNAPSHOT TIMEOUT",
  CANTOPEN: "NOTEMPDIR ISDIR FULLPATH CONVPATH DIRTYWAL SYMLINK",
  CORRUPT: "VTAB SEQUENCE INDEX",
  READONLY: "RECOVERY CANTLOCK ROLLBACK DBMOVED CANTINIT DIRECTORY",
  ABORT: "_ ROLLBACK",
  CONSTRAINT: "CHECK COMMITHOOK FOREIGNKEY FUNCTION NOTNULL PRIMARYKEY TRIGGER UNIQUE VTAB ROWID PINNED DATATYPE",
  NOTICE: "RECOVER_WAL RECOVER_ROLLBACK RBU",
  WARNING: "AUTOINDEX",
  AUTH: "USER",
};

class SqliteErrorClass extends Error {
  /** One of SQLite's extended result codes, such as `SQLITE_CONSTRAINT_UNIQUE`. */
  readonly code: string;

  constructor(message: string, code: string) {
    if (typeof code !== "string") throw new TypeError("Expected second argument to be a string");
    super(message);
    this.code = code;
  }
}
Object.defineProperty(SqliteErrorClass.prototype, "name", { value: "SqliteError", writable: true, configurable: true });
Object.defineProperty(SqliteErrorClass, "name", { value: "SqliteError" });

/** Thrown whenever an error occurs within SQLite. */
export const SqliteError = callableClass(SqliteErrorClass);

/** `2067` is `SQLITE_CONSTRAINT_UNIQUE`; a number SQLite has not documented is `UNKNOWN_SQLITE_ERROR_<number>`. */
export function resultCodeName(number: number): string {
  const primary = PRIMARY[number & 0xff];
  const extension = number >> 8;
  if (primary !== undefined && extension === 0) return `SQLITE_${primary}`;
  const suffix = EXTENDED[primary ?? ""]?.split(" ")[extension - 1];
  return suffix === undefined || suffix === "_" ? `UNKNOWN_SQLITE_ERROR_${number}` : `SQLITE_${primary}_${suffix}`;
}

/** Turns what node:sqlite throws for an error of SQLite into a SqliteError; everything else passes unchanged. */
export function toSqliteError(error: unknown): unknown {
  if (!(error instanceof Error) || !("errcode" in error) || typeof error.errcode !== "number") return error;
  return new SqliteError(error.message, resultCodeName(error.errcode));
}
