import { Database } from "bun:sqlite";
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync, statfsSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { NexusError } from "../core/errors.ts";
import { backupFolder, listBackups } from "../store/backup-names.ts";
import { openReadOnly } from "../store/read-only.ts";
import { refuseDatabase } from "../store/refuse-database.ts";
import { SCHEMA_VERSION } from "../store/migrate.ts";
import { finishRestore, publish, syncPath } from "../store/restore-intent.ts";
import { addBackupFile, compactBytes, copyInto, countRows, createBackupTables, lastSeqOf, scriptHashes, setBackupInfo } from "../store/snapshot.ts";
import { leftovers, unfinishedName } from "./leftovers.ts";
import { CONFIG_NAME, scriptName, sha256, verifyBackup, type Verified } from "./verify-backup.ts";

export interface BackupOptions {
  readonly home: string;
  /** Absolute. */
  readonly file: string;
  /** Put it in the place of a file that is there. */
  readonly replace: boolean;
  /** How many backups of the home's own folder stay, this one included; undefined: all. */
  readonly keep: number | undefined;
  /** Unix ms. */
  readonly now: number;
  readonly version: string;
  readonly dryRun: boolean;
  readonly onPhase: (phase: string) => void;
}

export interface Backup extends Omit<Verified, "info"> {
  readonly removed: readonly string[];
}

/** What a copy may need beyond the pages in use. */
const SLACK = 1.05;

/**
 * Copies the database as of one moment, with the scripts its versions run and the configuration, into one file (0600).
 * A daemon goes on meanwhile. The file gets its name only when it is complete, synced and verified.
 */
export function makeBackup(options: BackupOptions): Backup | { readonly file: string; readonly bytes: number; readonly removed: readonly string[] } {
  const { home, file } = options;
  const path = join(home, "state", "nexus.db");
  finishRestore(home);
  refuseDatabase(path, join(home, "state", "hooks"), SCHEMA_VERSION);
  refuseTarget(options);
  const folder = dirname(file);
  const source = openReadOnly(path, { writers: true });
  try {
    const bytes = Math.ceil(compactBytes(source.db) * SLACK);
    const removed = options.keep === undefined ? [] : listBackups(home).filter((one) => one !== file).slice(Math.max(0, options.keep - 1));
    if (options.dryRun) return { file, bytes, removed };
    // The home's own folder may be missing; any other that is missing is rather a slip.
    if (folder === backupFolder(home)) mkdirSync(folder, { recursive: true, mode: 0o700 });
    for (const left of leftovers(folder)) rmSync(left, { force: true });
    refuseFullDisk(folder, bytes);
    const verified = write(source.db, options);
    for (const old of removed) rmSync(old, { force: true });
    const { info: _info, ...result } = verified;
    return { ...result, removed };
  } finally {
    source.close();
  }
}

function write(source: Database, options: BackupOptions): Verified {
  const { home, file, onPhase } = options;
  const temporary = join(dirname(file), unfinishedName("backup"));
  try {
    // Made here, so that it is never readable by others; SQLite copies into an empty file.
    closeSync(openSync(temporary, "wx", 0o600));
    onPhase("copying the database");
    copyInto(source, temporary);
    onPhase("adding scripts and configuration");
    addFiles(temporary, options);
    syncPath(temporary);
    onPhase("verifying");
    const verified = verifyBackup(temporary);
    publish(temporary, file, options.replace);
    syncPath(dirname(file));
    return { ...verified, file };
  } catch (error) {
    throw diskError(error, file);
  } finally {
    for (const suffix of ["", "-journal"]) rmSync(temporary + suffix, { force: true });
  }

  function addFiles(copy: string, { now, version }: BackupOptions): void {
    const db = new Database(copy, { readwrite: true, create: false, strict: true });
    try {
      // Nobody else knows the file, and it is synced as a whole before it gets its name.
      db.run("PRAGMA journal_mode = OFF");
      db.run("PRAGMA synchronous = OFF");
      db.run("BEGIN");
      const rows = countRows(db);
      const last_seq = lastSeqOf(db);
      createBackupTables(db);
      const missing_scripts = scriptHashes(db).filter((hash) => !addScript(db, join(home, "state", "hooks", `${hash}.mjs`), hash));
      const config = join(home, CONFIG_NAME);
      if (existsSync(config)) {
        const content = readFileSync(config);
        addBackupFile(db, { name: CONFIG_NAME, sha256: sha256(content), content });
      }
      setBackupInfo(db, { made_at: now, nexus_version: version, home, last_seq, rows, missing_scripts });
      db.run("COMMIT");
    } finally {
      db.close(false);
    }
  }
}

/** False when the copy is gone or is not what its name says: then no backup can bring it back either. */
function addScript(db: Database, path: string, hash: string): boolean {
  let content: Uint8Array;
  try {
    content = readFileSync(path);
  } catch {
    return false;
  }
  if (sha256(content) !== hash) return false;
  addBackupFile(db, { name: scriptName(hash), sha256: hash, content });
  return true;
}

function refuseTarget({ home, file, replace }: BackupOptions): void {
  if (dirname(file) === join(home, "state")) {
    throw new NexusError("USAGE", `${file} stands among the files of the home itself`, { hint: "choose another folder; without a file the backup goes to HOME/backups" });
  }
  if (dirname(file) !== backupFolder(home) && !existsSync(dirname(file))) {
    throw new NexusError("FILE_NOT_FOUND", `the folder ${dirname(file)} does not exist`, { hint: "make it, or leave the file out: then the backup goes to HOME/backups" });
  }
  if (existsSync(file) && !replace) throw new NexusError("BACKUP_EXISTS", `${file} is there already`, { hint: "choose another name, or replace it with --force" });
}

export function refuseFullDisk(folder: string, bytes: number): void {
  const { bavail, bsize } = statfsSync(folder);
  if (bavail * bsize >= bytes) return;
  throw new NexusError("DATABASE_FULL", `${folder} has ${bavail * bsize} bytes free; ${bytes} are needed`, { hint: "free space, or choose another place" });
}

function diskError(error: unknown, file: string): unknown {
  const code: unknown = error instanceof Error ? Reflect.get(error, "code") : undefined;
  if (code === "EEXIST") return new NexusError("BACKUP_EXISTS", `${file} appeared meanwhile`, { hint: "choose another name, or replace it with --force", cause: error });
  if (code === "ENOSPC" || code === "EDQUOT" || code === "SQLITE_FULL") return new NexusError("DATABASE_FULL", `no space left for ${basename(file)} in ${dirname(file)}`, { hint: "free disk space and try again", cause: error });
  if (code === "EACCES" || code === "EROFS" || code === "EPERM" || code === "EISDIR") return new NexusError("HOME_NOT_WRITABLE", `cannot write ${file}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  return error;
}
