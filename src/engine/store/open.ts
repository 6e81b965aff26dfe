import { Database, SQLiteError } from "bun:sqlite";
import { chmodSync, existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { NexusError } from "../core/errors.ts";
import { NO_SECRETS, type Redactor } from "../core/redactor.ts";
import { corruptDatabase } from "./corrupt-database.ts";
import { migrate, refuseNewer, SCHEMA_VERSION } from "./migrate.ts";
import { APPLICATION_ID, closeUntouched, foreignDatabase, refuseDatabase } from "./refuse-database.ts";
import { finishRestore } from "./restore-intent.ts";

/**
 * bun:sqlite keeps 20 prepared statements and prepares all others anew each time (2.8 instead of 0.2 µs each, measured on
 * 1.4.5); the store has about a hundred.
 */
Database.MAX_QUERY_CACHE_SIZE = 256;

export interface StoreOptions {
  /** `full`: an acknowledged write survives power loss. `normal`: it survives a crash of the process. */
  readonly durability: "full" | "normal";
  /** How long to wait for another process's write lock, ms. */
  readonly busyTimeoutMs: number;
  /** Only the daemon folds the WAL back; every other process leaves that to it. */
  readonly checkpoints: boolean;
  /** What must not be written in clear; every text that the engine writes passes through it. */
  readonly redactor?: Redactor;
}

export const DEFAULT_STORE_OPTIONS: StoreOptions = { durability: "full", busyTimeoutMs: 5_000, checkpoints: false };

/** The one database of a home, open. All SQL stands in the modules of this folder. */
export class Store {
  readonly db: Database;
  readonly path: string;
  readonly hooksFolder: string;
  readonly redactor: Redactor;
  /** How many transactions were undone: what was learnt inside one of them may not be so. */
  rollbacks = 0;
  readonly #canRelax: boolean;
  #durable = true;

  constructor(db: Database, path: string, hooksFolder: string, options: StoreOptions) {
    this.#canRelax = options.durability === "full";
    this.redactor = options.redactor ?? NO_SECRETS;
    this.db = db;
    this.path = path;
    this.hooksFolder = hooksFolder;
  }

  /**
   * Runs `body` in one immediate transaction: all of it is committed, or, when it throws, none.
   * Within a running transaction it simply joins it.
   *
   * With `durable` false, and `durability = "full"`, the commit is not synced by itself: a power loss may undo it, until
   * the next durable commit syncs the log and everything before it with it.
   */
  write<T>(body: () => T, durable = true): T {
    if (this.db.inTransaction) return body();
    try {
      this.#setDurable(durable);
      this.db.run("BEGIN IMMEDIATE");
    } catch (error) {
      throw storeError(error, this.path);
    }
    try {
      const value = body();
      this.db.run("COMMIT");
      return value;
    } catch (error) {
      if (this.db.inTransaction) this.db.run("ROLLBACK");
      this.rollbacks += 1;
      throw storeError(error, this.path);
    }
  }

  /** What `body` returns in a transaction of its own that is undone in any case: for a dry run that meets what the real one would. */
  rehearse<T>(body: () => T): T {
    const undone = new Error("rehearsed");
    let value: { readonly of: T } | undefined;
    try {
      this.write(() => {
        value = { of: body() };
        throw undone;
      });
    } catch (error) {
      if (error !== undone || value === undefined) throw error;
    }
    if (value === undefined) throw undone;
    return value.of;
  }

  #setDurable(durable: boolean): void {
    if (!this.#canRelax || durable === this.#durable) return;
    this.db.run(`PRAGMA synchronous = ${durable ? "FULL" : "NORMAL"}`);
    this.#durable = durable;
  }

  /** For who looks and looks: from here on SQLite itself refuses to write, and keeps 4 MiB of pages, enough for the newest rows, instead of 32. */
  onlyRead(): void {
    this.db.run("PRAGMA query_only = ON");
    this.db.run("PRAGMA cache_size = -4096");
  }

  /** How long to wait for another process's write lock from now on, ms. */
  waitForLock(ms: number): void {
    this.db.run(`PRAGMA busy_timeout = ${ms}`);
  }

  /** Changes whenever another connection has committed; the same for this connection's own commits. */
  dataVersion(): number {
    const row = this.db.query<{ data_version: number }, []>("PRAGMA data_version").get();
    return row?.data_version ?? 0;
  }

  /** Folds the whole log back into the database, syncs it, and empties the log. Throws when the disk refuses. */
  fold(): void {
    try {
      this.db.query("PRAGMA wal_checkpoint(TRUNCATE)").get();
    } catch (error) {
      throw storeError(error, this.path);
    }
  }

  close(): void {
    this.db.close(false);
    anchors.delete(this.db);
  }
}

/**
 * bun:sqlite closes a handle that nothing references, and its locks vanish with it (measured on 1.4.5); so every open
 * handle stays in this registry until `close`.
 */
const anchors = new Set<Database>();

/** Opens, or creates, `HOME/state/nexus.db` and brings its schema up to date. Files are 0600, folders 0700. */
export function openStore(home: string, options: StoreOptions = DEFAULT_STORE_OPTIONS): Store {
  const state = join(home, "state");
  const hooksFolder = join(state, "hooks");
  try {
    mkdirSync(hooksFolder, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw new NexusError("HOME_NOT_WRITABLE", `cannot create ${hooksFolder}: ${messageOf(error)}`, {
      hint: "choose another home with --home or NEXUS_HOME",
      cause: error,
    });
  }
  const path = join(state, "nexus.db");
  finishRestore(home);
  refuseDatabase(path, hooksFolder, SCHEMA_VERSION);
  const isNew = !existsSync(path);
  const db = openDatabase(path, isNew);
  anchors.add(db);
  try {
    configure(db, path, options);
    migrate(db, path);
  } catch (error) {
    closeUntouched(db, path);
    anchors.delete(db);
    throw storeError(error, path);
  }
  return new Store(db, path, hooksFolder, options);
}

function openDatabase(path: string, isNew: boolean): Database {
  try {
    const db = new Database(path, { create: true, readwrite: true, strict: true });
    if (isNew) chmodSync(path, 0o600);
    return db;
  } catch (error) {
    throw new NexusError("HOME_NOT_WRITABLE", `cannot open ${path}: ${messageOf(error)}`, { cause: error });
  }
}

function configure(db: Database, path: string, options: StoreOptions): void {
  db.run(`PRAGMA busy_timeout = ${options.busyTimeoutMs}`);
  const applicationId = db.query<{ application_id: number }, []>("PRAGMA application_id").get()?.application_id;
  const tables = db.query<{ n: number }, []>("SELECT count(*) AS n FROM sqlite_schema").get()?.n ?? 0;
  if (applicationId !== APPLICATION_ID && (applicationId !== 0 || tables > 0)) {
    throw foreignDatabase(path, applicationId ?? 0);
  }
  // Before the first pragma that writes.
  refuseNewer(db, path);
  // Only before the first table; it lets retention give space back in small steps. Writing costs 0.4 % more (measured).
  if (tables === 0) db.run("PRAGMA auto_vacuum = INCREMENTAL");
  if (applicationId !== APPLICATION_ID) db.run(`PRAGMA application_id = ${APPLICATION_ID}`);
  db.run("PRAGMA journal_mode = WAL");
  db.run(`PRAGMA synchronous = ${options.durability === "full" ? "FULL" : "NORMAL"}`);
  db.run("PRAGMA foreign_keys = OFF");
  // 32 MiB of page cache: the hot ends of the indexes stay in memory at a few million rows.
  db.run("PRAGMA cache_size = -32768");
  db.run("PRAGMA temp_store = MEMORY");
  // The daemon's checkpointer keeps the log short; this limit is for when it cannot (256 MB).
  db.run(`PRAGMA wal_autocheckpoint = ${options.checkpoints ? 65_536 : 0}`);
  // The log's file keeps its space up to this: syncing a file that grows is slower than writing over one (measured).
  db.run("PRAGMA journal_size_limit = 67108864");
}

/** Gives SQLite's own errors a stable code; passes everything else on. */
export function storeError(error: unknown, path: string): unknown {
  if (!(error instanceof SQLiteError)) return error;
  const code = error.code ?? "";
  if (code.startsWith("SQLITE_BUSY") || code.startsWith("SQLITE_LOCKED")) {
    return new NexusError("DATABASE_BUSY", `${path} is locked by another process`, { hint: "try again", cause: error });
  }
  if (code === "SQLITE_FULL") {
    return new NexusError("DATABASE_FULL", `no space left for ${path}`, { hint: "free disk space and try again", cause: error });
  }
  if (code === "SQLITE_NOTADB" || code.startsWith("SQLITE_CORRUPT")) {
    return corruptDatabase(path, `is not a healthy database: ${error.message}`, error);
  }
  if (code.startsWith("SQLITE_IOERR")) {
    return new NexusError("DATABASE_IO", `the operating system refused ${path}: ${error.message} (${code})`, { hint: "check the disk; nothing was acknowledged", cause: error });
  }
  if (code.startsWith("SQLITE_READONLY") || code === "SQLITE_CANTOPEN" || code === "SQLITE_PERM") {
    return new NexusError("HOME_NOT_WRITABLE", `cannot write ${path}: ${error.message}`, { cause: error });
  }
  return error;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
