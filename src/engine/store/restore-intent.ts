import { closeSync, existsSync, fsyncSync, linkSync, mkdirSync, openSync, readFileSync, renameSync, unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { NexusError } from "../core/errors.ts";
import { takeDaemonLock } from "./daemon-lock.ts";

/**
 * What a restore has decided to do, written and synced before it moves anything. From then on the home is the new one:
 * whoever opens it next finishes what a kill cut off. Database and log are two files, and an old log beside a new
 * database would be folded into it: no order of two renames is safe without this.
 */
export interface RestoreIntent {
  /** The new database, complete and synced, in `state/`. */
  readonly database: string;
  /** Where the old files go, in `state/`. */
  readonly aside: string;
  /** The backup's config.toml, in `state/`, and the name it gets in the home. */
  readonly config?: { readonly from: string; readonly to: "config.toml" | "config.toml.restored" };
}

/** The files of a database, in the order in which they are moved aside. */
const PARTS = ["nexus.db-shm", "nexus.db-wal", "nexus.db"] as const;

/** Called after each step that changes the disk; a test ends the process there. */
export type Step = (name: string) => void;

function intentPath(home: string): string {
  return join(home, "state", "restore.json");
}

/** The caller holds the daemon lock. */
export function commitRestore(home: string, intent: RestoreIntent, step: Step): void {
  const path = intentPath(home);
  const temporary = `${path}.tmp`;
  writeFileSync(temporary, JSON.stringify(intent), { mode: 0o600 });
  syncPath(temporary);
  step("intent written");
  renameSync(temporary, path);
  syncPath(join(home, "state"));
  step("intent in place");
  carryOut(home, intent, step);
}

/** Before a home is opened: finishes a restore that was cut off. Nothing to do, nearly always. */
export function finishRestore(home: string): void {
  const path = intentPath(home);
  if (!existsSync(path)) return;
  let lock: ReturnType<typeof takeDaemonLock>;
  try {
    lock = takeDaemonLock(home, Date.now());
  } catch (error) {
    throw new NexusError("DATABASE_BUSY", `a backup is being restored into ${home} at this moment`, { hint: "try again when it is done", cause: error });
  }
  try {
    // Read again: whoever held the lock may have finished it.
    if (existsSync(path)) carryOut(home, readIntent(path), () => undefined);
  } finally {
    lock.release();
  }
}

/** Each step is true already, or is made true: it may be cut off anywhere and begun again. */
function carryOut(home: string, { database, aside, config }: RestoreIntent, step: Step): void {
  const state = join(home, "state");
  const source = join(state, database);
  if (existsSync(source)) {
    const folder = join(state, aside);
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    for (const part of PARTS) {
      moveAside(join(state, part), join(folder, part));
      step(`${part} moved aside`);
    }
    syncPath(folder);
    renameSync(source, join(state, "nexus.db"));
    step("new database in place");
  }
  if (config !== undefined && existsSync(join(state, config.from))) {
    renameSync(join(state, config.from), join(home, config.to));
    syncPath(home);
    step("configuration in place");
  }
  syncPath(state);
  unlinkSync(intentPath(home));
  syncPath(state);
  step("intent removed");
}

/** Never over a file that is there: the first to be moved is the one that counts. */
function moveAside(from: string, to: string): void {
  if (!existsSync(from)) return;
  if (existsSync(to)) throw new NexusError("HOME_NOT_WRITABLE", `${to} is in the way of ${from}`, { hint: `move ${to} away, then try again` });
  renameSync(from, to);
}

function readIntent(path: string): RestoreIntent {
  const intent = JSON.parse(readFileSync(path, "utf8")) as RestoreIntent;
  for (const name of [intent.database, intent.aside, ...(intent.config === undefined ? [] : [intent.config.from, intent.config.to])]) {
    if (/[/\\]|^\.+$/.test(name)) throw new NexusError("HOME_NOT_WRITABLE", `${path} names ${JSON.stringify(name)}, which is no name of a restore`, { hint: "remove the file if you do not know where it comes from" });
  }
  return intent;
}

/** Makes a file's content, or a folder's names, durable. */
export function syncPath(path: string): void {
  const entry = openSync(path, "r");
  try {
    fsyncSync(entry);
  } finally {
    closeSync(entry);
  }
}

/** Gives a finished file its final name; with `replace` false it fails with EEXIST when the name is taken, at any moment. */
export function publish(temporary: string, path: string, replace: boolean): void {
  if (replace) renameSync(temporary, path);
  else {
    linkSync(temporary, path);
    unlinkSync(temporary);
  }
}
