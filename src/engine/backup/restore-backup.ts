import { Database } from "bun:sqlite";
import { chmodSync, constants, copyFileSync, existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Notice } from "../core/notice.ts";
import { takeDaemonLock } from "../store/daemon-lock.ts";
import { endEpoch } from "../store/epoch.ts";
import { addNotice } from "../store/notices.ts";
import { DEFAULT_STORE_OPTIONS, Store } from "../store/open.ts";
import { openReadOnly } from "../store/read-only.ts";
import { commitRestore, finishRestore, syncPath, type RestoreIntent, type Step } from "../store/restore-intent.ts";
import { backupFile, backupFiles, backupInfo, dropBackupTables, newerThan, relocateScripts, type Gone } from "../store/snapshot.ts";
import { leftovers, unfinishedName } from "./leftovers.ts";
import { refuseFullDisk } from "./make-backup.ts";
import { placeFile } from "./place-file.ts";
import { CONFIG_NAME, verifyBackup, type Verified } from "./verify-backup.ts";

export interface RestoreOptions {
  readonly home: string;
  /** Absolute. */
  readonly file: string;
  /** Unix ms. */
  readonly now: number;
  readonly noticeId: string;
  readonly dryRun: boolean;
  readonly step: Step;
}

export interface Restored {
  readonly from: Verified;
  /** Where the database that was there is now; undefined when there was none. */
  readonly replaced: string | undefined;
  /** What that one had and the backup has not; undefined when it cannot be read. */
  readonly gone: Gone | undefined;
  /** `kept`: the home's own differs and stays, the backup's is config.toml.restored beside it. */
  readonly config: "restored" | "kept" | "same" | "none";
  /** Scripts that neither the backup nor the home has. */
  readonly missing_scripts: readonly string[];
}

/**
 * Puts a backup in the place of a home's database. Everything is made ready and synced beside the old files first; then
 * one rename decides. Killed before it, the home is the old one; after it, whoever opens the home next finishes the
 * moves. The old files are moved aside, never deleted. Throws DAEMON_RUNNING while a daemon owns the home.
 */
export function restoreBackup(options: RestoreOptions): Restored {
  const { home, file, now, dryRun, step } = options;
  const state = join(home, "state");
  const verified = verifyBackup(file);
  if (dryRun && !existsSync(state)) return { from: verified, replaced: undefined, gone: undefined, config: verified.config ? "restored" : "none", missing_scripts: verified.missing_scripts };
  mkdirSync(join(state, "hooks"), { recursive: true, mode: 0o700 });
  finishRestore(home);
  const lock = takeDaemonLock(home, now);
  try {
    const aside = `replaced-${new Date(now).toISOString().replaceAll(":", "-")}`;
    const gone = goneWith(join(state, "nexus.db"), verified);
    const present = ["", "-wal"].some((suffix) => existsSync(join(state, `nexus.db${suffix}`)));
    const plan = planConfig(home, verified);
    const missing_scripts = verified.missing_scripts.filter((hash) => !existsSync(join(state, "hooks", `${hash}.mjs`)));
    const result: Restored = { from: verified, replaced: present ? join(state, aside) : undefined, gone, config: plan, missing_scripts };
    if (dryRun) return result;
    for (const left of leftovers(state)) rmSync(left, { force: true });
    refuseFullDisk(state, verified.bytes * 2);
    const intent = prepare(options, aside, result);
    commitRestore(home, intent, step);
    return result;
  } finally {
    lock.release();
  }
}

/** The new database, complete in a file of its own. Scripts are named by their content: to add them harms no old home. */
function prepare({ home, file, now, noticeId, step }: RestoreOptions, aside: string, { gone, config: plan }: Restored): RestoreIntent {
  const state = join(home, "state");
  const name = unfinishedName("restore");
  const path = join(state, name);
  try {
    copyFileSync(file, path, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
    chmodSync(path, 0o600);
    step("copied");
    const db = new Database(path, { readwrite: true, create: false, strict: true });
    let config: RestoreIntent["config"];
    try {
      for (const { name: inner, content } of backupInfo(db) === undefined ? [] : backupFiles(db)) {
        if (inner !== CONFIG_NAME) placeFile(join(state, inner), content, 0o400);
        else if (plan === "restored" || plan === "kept") config = placeConfig(state, content, plan);
      }
      step("scripts in place");
      const notice: Notice = { id: noticeId, at: now, kind: "database_restored", data: { file, ...(gone === undefined ? {} : { gone }) } };
      finish(db, path, join(state, "hooks"), notice);
    } finally {
      db.close(false);
    }
    for (const made of [path, join(state, "hooks"), state]) syncPath(made);
    step("ready");
    return { database: name, aside, ...(config === undefined ? {} : { config }) };
  } catch (error) {
    for (const suffix of ["", "-journal", "-wal", "-shm"]) rmSync(path + suffix, { force: true });
    throw error;
  }
}

function finish(db: Database, path: string, hooksFolder: string, notice: Notice): void {
  const store = new Store(db, path, hooksFolder, DEFAULT_STORE_OPTIONS);
  store.write(() => {
    dropBackupTables(db);
    relocateScripts(db, hooksFolder);
    addNotice(store, notice);
    // It was made beside a running daemon, perhaps; it is whole all the same, as was just verified.
    endEpoch(store);
  });
}

function placeConfig(state: string, content: Uint8Array, plan: "restored" | "kept"): NonNullable<RestoreIntent["config"]> {
  const from = "restored-config.toml";
  placeFile(join(state, from), content, 0o600);
  return { from, to: plan === "restored" ? CONFIG_NAME : "config.toml.restored" };
}

function planConfig(home: string, verified: Verified): Restored["config"] {
  if (!verified.config) return "none";
  const path = join(home, CONFIG_NAME);
  if (!existsSync(path)) return "restored";
  return configIn(verified.file)?.equals(readFileSync(path)) === true ? "same" : "kept";
}

function configIn(file: string): Buffer | undefined {
  const open = openReadOnly(file);
  try {
    const file = backupFile(open.db, CONFIG_NAME);
    return file === undefined ? undefined : Buffer.from(file.content);
  } finally {
    open.close();
  }
}

/** undefined when there is nothing, or nothing that can be read. */
function goneWith(path: string, { last_seq, info }: Verified): Gone | undefined {
  if (!existsSync(path)) return undefined;
  try {
    const open = openReadOnly(path);
    try {
      return newerThan(open.db, { seq: last_seq, since: info?.made_at ?? 0 });
    } finally {
      open.close();
    }
  } catch {
    // Damaged is the usual reason for a restore.
    return undefined;
  }
}
