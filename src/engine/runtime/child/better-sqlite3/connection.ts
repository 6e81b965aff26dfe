import { existsSync } from "node:fs";
import { DatabaseSync, type StatementSync } from "node:sqlite";
import type { OpenRequest } from "./open-options.ts";
import { SqliteError, toSqliteError } from "./sqlite-error.ts";

/**
 * One open SQLite connection and what may be done with it now. Statements, iterators and transaction functions hold on
 * to it, because Bun closes a handle that nothing references.
 */
export class Connection {
  readonly #native: DatabaseSync;
  readonly #verbose: ((sql: string) => unknown) | undefined;
  #open = true;
  /** A query is being executed: user-defined functions and the verbose callback run inside it and must not start another. */
  #busy = false;
  #totalChanges: StatementSync | undefined;
  /** Iterators that were started and not finished. */
  iterators = 0;
  safeIntegers = false;
  unsafe = false;

  constructor(request: OpenRequest) {
    this.#native = openNative(request);
    this.#verbose = request.verbose;
  }

  get open(): boolean {
    return this.#open;
  }

  get inTransaction(): boolean {
    return this.#open && this.#native.isTransaction;
  }

  get logs(): boolean {
    return this.#verbose !== undefined;
  }

  requireOpen(): void {
    if (!this.#open) throw new TypeError("The database connection is not open");
  }

  requireNotBusy(): void {
    if (this.#busy) throw new TypeError("This database connection is busy executing a query");
  }

  requireNoIterators(): void {
    if (this.iterators > 0) throw new TypeError("This database connection is busy executing a query");
  }

  /** Throws unless a statement may run that could pull the rows from under an iterator. */
  requireMutable(): void {
    if (!this.unsafe) this.requireNoIterators();
  }

  /** Compiles the first statement of the text; undefined when it has none. */
  prepare(sql: string): StatementSync | undefined {
    try {
      const statement = this.#native.prepare(sql, { readBigInts: true, allowBareNamedParameters: false });
      // Bun hands out a dead statement for a text without one; its first use says so.
      void statement.sourceSQL;
      return statement;
    } catch (error) {
      if (error instanceof Error && "code" in error && error.code === "ERR_INVALID_STATE") return undefined;
      throw toSqliteError(error);
    }
  }

  /** Does native work on the open connection: nothing else may start meanwhile, and errors become SqliteErrors. */
  execute<Result>(work: (native: DatabaseSync) => Result): Result {
    this.#busy = true;
    try {
      return work(this.#native);
    } catch (error) {
      throw toSqliteError(error);
    } finally {
      this.#busy = false;
    }
  }

  /** Calls the verbose callback. Only inside `execute`. */
  log(sql: string): void {
    // Not as a method: the hook's callback must not see the connection as its `this`.
    const verbose = this.#verbose;
    verbose?.(sql);
  }

  /** Rows changed on this connection since it was opened. */
  totalChanges(): number {
    this.#totalChanges ??= this.#native.prepare("SELECT total_changes() AS total");
    return Number(this.#totalChanges.get()?.["total"]);
  }

  serialize(attached: string): Buffer {
    const known = this.#native.prepare("SELECT 1 FROM pragma_database_list WHERE name = ?").get(attached);
    // SQLite's own error for this is "not an error".
    if (known === undefined) throw new SqliteError(`unknown database ${attached}`, "SQLITE_ERROR");
    const bytes = this.execute((native) => native.serialize(attached));
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  close(): void {
    if (!this.#open) return;
    this.requireNotBusy();
    this.requireNoIterators();
    this.#open = false;
    this.#native.close();
  }
}

function openNative(request: OpenRequest): DatabaseSync {
  const { filename, anonymous, contents, readonly, fileMustExist, timeout } = request;
  // node:sqlite has no flag against creating, so the file is looked for first.
  if (fileMustExist && !anonymous && !readonly && !existsSync(filename)) {
    throw new SqliteError("unable to open database file", "SQLITE_CANTOPEN");
  }
  try {
    // better-sqlite3 is built without URI names; node:sqlite would read `file:` as one.
    const path = filename.startsWith("file:") ? `./${filename}` : filename;
    const native = new DatabaseSync(path, { readOnly: readonly && contents === undefined, timeout, defensive: true });
    if (contents !== undefined) {
      // An empty file is an empty database; deserialize() refuses one.
      if (contents.length > 0) native.deserialize(contents);
      // A deserialized database has no readonly flag here; the pragma refuses writes with the same error.
      if (readonly) native.exec("PRAGMA query_only = ON");
    }
    return native;
  } catch (error) {
    throw toSqliteError(error);
  }
}
