import type { Database } from "bun:sqlite";
import { NexusError } from "../core/errors.ts";
import { readDatabaseFile, sizeOf } from "../store/database-header.ts";
import { quickCheck } from "../store/health.ts";
import { SCHEMA_VERSION } from "../store/migrate.ts";
import { storeError } from "../store/open.ts";
import { openReadOnly } from "../store/read-only.ts";
import { APPLICATION_ID, foreignDatabase, newerDatabase } from "../store/refuse-database.ts";
import { backupFiles, backupInfo, countRows, lastSeqOf, scriptHashes, type BackupInfo } from "../store/snapshot.ts";

export interface Verified {
  readonly file: string;
  readonly bytes: number;
  readonly schema: number;
  /** undefined for a database of nexus that is no backup (what `.recover` made): it brings no scripts with it. */
  readonly info: BackupInfo | undefined;
  readonly rows: Readonly<Record<string, number>>;
  readonly last_seq: number;
  readonly scripts: number;
  readonly missing_scripts: readonly string[];
  readonly config: boolean;
}

/** The names of a script and of the configuration inside a backup. */
export const CONFIG_NAME = "config.toml";
export function scriptName(hash: string): string {
  return `hooks/${hash}.mjs`;
}

export function sha256(bytes: Uint8Array): string {
  return new Bun.CryptoHasher("sha256").update(bytes).digest("hex");
}

/**
 * Opens a backup read-only and looks at all of it: SQLite's own check, whose it is, which schema, every script against
 * the hash in its name, every table against the count it had. Throws BACKUP_INVALID with what is wrong, or
 * DATABASE_FOREIGN, DATABASE_NEWER, FILE_NOT_FOUND; the file stays as it is.
 */
export function verifyBackup(file: string): Verified {
  const found = readDatabaseFile(file);
  if (found.kind === "missing") throw new NexusError("FILE_NOT_FOUND", `${file} does not exist`);
  if (found.kind !== "SQLite") throw invalid(file, found.kind === "empty" ? "it is empty" : found.kind === "not a file" ? "it is not a regular file" : "it is not a SQLite database");
  const { header } = found;
  if (header.applicationId !== APPLICATION_ID) throw foreignDatabase(file, header.applicationId);
  if (header.userVersion > SCHEMA_VERSION) throw newerDatabase(file, header.userVersion, SCHEMA_VERSION);
  if (header.userVersion === 0) throw invalid(file, "it has no schema");
  if (sizeOf(`${file}-wal`) > 0) {
    throw new NexusError("BACKUP_INVALID", `${file} is a database in use: ${file}-wal belongs to it`, { hint: "make a backup of it with `nexus backup`" });
  }
  try {
    return { file, bytes: header.bytes, schema: header.userVersion, ...readAll(file) };
  } catch (error) {
    // What is wrong with a backup is not wrong with the home's database.
    const known = storeError(error, file);
    throw known instanceof NexusError && known.code === "DATABASE_CORRUPT" ? invalid(file, known.message) : known;
  }
}

function readAll(file: string): ReturnType<typeof contentOf> {
  const open = openReadOnly(file);
  try {
    const problems = quickCheck(open.db);
    if (problems.length > 0) throw invalid(file, problems.join("; "));
    return contentOf(open.db, file);
  } finally {
    open.close();
  }
}

function contentOf(db: Database, file: string): Omit<Verified, "file" | "bytes" | "schema"> {
  const info = backupInfo(db);
  const rows = countRows(db);
  const last_seq = lastSeqOf(db);
  const wanted = scriptHashes(db);
  if (info === undefined) return { info, rows, last_seq, scripts: 0, missing_scripts: wanted, config: false };
  for (const [table, count] of Object.entries(info.rows)) {
    if (rows[table] !== count) throw invalid(file, `the table ${table} has ${rows[table] ?? "no"} rows; it had ${count} when the backup was made`);
  }
  if (last_seq !== info.last_seq) throw invalid(file, `its last event has seq ${last_seq}; it was ${info.last_seq} when the backup was made`);
  const names = new Set<string>();
  for (const { name, sha256: expected, content } of backupFiles(db)) {
    const actual = sha256(content);
    if (actual !== expected || (name !== CONFIG_NAME && name !== scriptName(actual))) throw invalid(file, `${name} in it was changed: its content has the hash ${actual}`);
    names.add(name);
  }
  const missing_scripts = wanted.filter((hash) => !names.has(scriptName(hash)));
  const unexpected = missing_scripts.find((hash) => !info.missing_scripts.includes(hash));
  if (unexpected !== undefined) throw invalid(file, `it lacks the script ${unexpected}, which a version needs`);
  return { info, rows, last_seq, scripts: names.size - (names.has(CONFIG_NAME) ? 1 : 0), missing_scripts, config: names.has(CONFIG_NAME) };
}

function invalid(file: string, what: string): NexusError {
  return new NexusError("BACKUP_INVALID", `${file} is no whole backup: ${what}`, { hint: "use another one; `nexus backup --verify FILE` checks it" });
}
