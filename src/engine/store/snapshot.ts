import type { Database } from "bun:sqlite";

/** What a backup says about itself. Times in Unix ms. */
export interface BackupInfo {
  readonly made_at: number;
  readonly nexus_version: string;
  readonly home: string;
  readonly last_seq: number;
  /** Rows of each table when it was made. */
  readonly rows: Readonly<Record<string, number>>;
  /** Hashes of registered scripts whose copies were gone or changed when it was made. */
  readonly missing_scripts: readonly string[];
}

/** A file that travels in a backup: a script's copy, the configuration. */
export interface BackupFile {
  readonly name: string;
  readonly sha256: string;
  readonly content: Uint8Array;
}

/** A virtual table's own tables are counted as what they hold, and change their shape by themselves. */
const COUNTED = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name NOT LIKE 'events_fts%' AND name NOT LIKE 'nexus_backup%' ORDER BY name";

/** Bytes that a copy without free pages has. */
export function compactBytes(db: Database): number {
  const page = db.query<{ page_count: number }, []>("PRAGMA page_count").get()?.page_count ?? 0;
  const free = db.query<{ freelist_count: number }, []>("PRAGMA freelist_count").get()?.freelist_count ?? 0;
  const size = db.query<{ page_size: number }, []>("PRAGMA page_size").get()?.page_size ?? 0;
  return (page - free) * size;
}

/** Writes a consistent copy, as of one moment, into an empty file; writers go on meanwhile. Not synced. */
export function copyInto(db: Database, target: string): void {
  db.query("VACUUM INTO ?").run(target);
}

export function countRows(db: Database): Record<string, number> {
  const tables = db.query<{ name: string }, []>(COUNTED).all();
  return Object.fromEntries(tables.map(({ name }) => [name, db.query<{ n: number }, []>(`SELECT count(*) AS n FROM "${name}"`).get()?.n ?? 0]));
}

export function lastSeqOf(db: Database): number {
  return db.query<{ seq: number | null }, []>("SELECT max(seq) AS seq FROM events").get()?.seq ?? 0;
}

/** Of every version, also of those of deleted hooks: they can be restored, and rolled back to; and of actions and processors. */
export function scriptHashes(db: Database): string[] {
  return db.query<{ script_hash: string }, []>("SELECT script_hash FROM hook_versions UNION SELECT script_hash FROM ref_handlers ORDER BY script_hash").all().map(({ script_hash }) => script_hash);
}

/** Makes a copy a backup: what is not in the database travels in the same file. */
export function createBackupTables(db: Database): void {
  db.run("CREATE TABLE nexus_backup(info TEXT NOT NULL) STRICT");
  db.run("CREATE TABLE nexus_backup_files(name TEXT PRIMARY KEY, sha256 TEXT NOT NULL, content BLOB NOT NULL) STRICT");
}

export function addBackupFile(db: Database, { name, sha256, content }: BackupFile): void {
  db.query("INSERT INTO nexus_backup_files(name, sha256, content) VALUES (?, ?, ?)").run(name, sha256, content);
}

export function setBackupInfo(db: Database, info: BackupInfo): void {
  db.query("INSERT INTO nexus_backup(info) VALUES (?)").run(JSON.stringify(info));
}

/** undefined: a database of nexus, but no backup. */
export function backupInfo(db: Database): BackupInfo | undefined {
  if (db.query("SELECT 1 FROM sqlite_schema WHERE name = 'nexus_backup'").get() === null) return undefined;
  const row = db.query<{ info: string }, []>("SELECT info FROM nexus_backup").get();
  // Written by setBackupInfo.
  return row === null ? undefined : (JSON.parse(row.info) as BackupInfo);
}

/** One at a time: all scripts together may be larger than memory should hold. */
export function* backupFiles(db: Database): Generator<BackupFile> {
  const names = db.query<{ name: string }, []>("SELECT name FROM nexus_backup_files ORDER BY name").all();
  for (const { name } of names) {
    const file = backupFile(db, name);
    if (file !== undefined) yield file;
  }
}

export function backupFile(db: Database, name: string): BackupFile | undefined {
  return db.query<BackupFile, [string]>("SELECT name, sha256, content FROM nexus_backup_files WHERE name = ?").get(name) ?? undefined;
}

/** Makes a copy of a backup a home's database again. */
export function dropBackupTables(db: Database): void {
  db.run("DROP TABLE IF EXISTS nexus_backup");
  db.run("DROP TABLE IF EXISTS nexus_backup_files");
}

/** The copies are found by absolute paths, which differ in another home. */
export function relocateScripts(db: Database, hooksFolder: string): void {
  db.query("UPDATE hook_versions SET script_path = ?1 || '/' || script_hash || '.mjs' WHERE script_path <> ?1 || '/' || script_hash || '.mjs'").run(hooksFolder);
  db.query("UPDATE ref_handlers SET script_path = ?1 || '/' || script_hash || '.mjs' WHERE script_path <> ?1 || '/' || script_hash || '.mjs'").run(hooksFolder);
  db.query("UPDATE hooks SET script_path = ?1 || '/' || script_hash || '.mjs' WHERE script_path <> ?1 || '/' || script_hash || '.mjs'").run(hooksFolder);
}

export interface Gone {
  readonly events: number;
  readonly invocations: number;
  readonly dispatches: number;
  readonly hooks: number;
  /** Unix ms; of the events. */
  readonly first_received_at?: number;
  readonly last_received_at?: number;
}

/** What the database has that came after `since` (Unix ms, the backup's time) or, for events, after `seq`. */
export function newerThan(db: Database, { seq, since }: { readonly seq: number; readonly since: number }): Gone {
  const events = db.query<{ n: number; first: number | null; last: number | null }, [number]>("SELECT count(*) AS n, min(received_at) AS first, max(received_at) AS last FROM events WHERE seq > ?").get(seq);
  const count = (sql: string): number => db.query<{ n: number }, [number]>(sql).get(since)?.n ?? 0;
  return {
    events: events?.n ?? 0,
    invocations: count("SELECT count(*) AS n FROM hook_invocations WHERE finished_at > ?"),
    dispatches: count("SELECT count(*) AS n FROM dispatches WHERE created_at > ?"),
    hooks: count("SELECT count(*) AS n FROM hooks WHERE updated_at > ?"),
    ...(events === null || events.first === null || events.last === null ? {} : { first_received_at: events.first, last_received_at: events.last }),
  };
}
