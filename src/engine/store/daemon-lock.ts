import { Database } from "bun:sqlite";
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { NexusError } from "../core/errors.ts";

/** Who owns a home, and how it fares. Times in Unix ms. */
export interface DaemonOwner {
  readonly pid: number;
  readonly started_at: number;
  /** Why it takes no events at the moment; it says so here because its database may be what is broken. */
  readonly trouble?: { readonly code: string; readonly message: string; readonly since: number };
}

/** The lock of a home, held. */
export interface DaemonLock {
  /** Unix ms. */
  readonly startedAt: number;
  /** Tells everyone who asks how the daemon fares. */
  readonly tell: (trouble: DaemonOwner["trouble"]) => void;
  readonly release: () => void;
}

/** How often, and how far apart, a loser looks for the winner's name: under 100 ms in all. */
const OWNER_LOOKS = 8;
const OWNER_LOOK_MS = 10;

/** Held open handles: bun:sqlite closes one that nothing references, and its lock with it. */
const held = new Set<Database>();

/**
 * Makes this process the only daemon of a home, or throws DAEMON_RUNNING with the owner's pid.
 *
 * The lock is an exclusive transaction on a small SQLite file: the kernel drops it the moment the process ends, however
 * it ends, so there is never a stale one to remove; and a stopped process (SIGSTOP) still holds it.
 */
export function takeDaemonLock(home: string, startedAt: number): DaemonLock {
  mkdirSync(join(home, "state"), { recursive: true, mode: 0o700 });
  const db = openLock(home);
  try {
    // `runningDaemon` holds it for a moment when it asks; that is no owner.
    db.run("PRAGMA busy_timeout = 50");
    db.run("BEGIN EXCLUSIVE");
  } catch {
    db.close(false);
    const owner = newOwner(home);
    const who = owner === undefined ? "another process" : `pid ${owner.pid}, since ${new Date(owner.started_at).toISOString()}`;
    throw new NexusError("DAEMON_RUNNING", `a daemon already owns ${home}: ${who}`, { hint: "stop it first, or use another home" });
  }
  held.add(db);
  const owner = { pid: process.pid, started_at: startedAt };
  writeOwner(home, owner);
  return {
    startedAt,
    tell: (trouble) => writeOwner(home, trouble === undefined ? owner : { ...owner, trouble }),
    release: () => {
      if (!held.delete(db)) return;
      db.run("ROLLBACK");
      db.close(false);
    },
  };
}

/** The one who has just taken the lock names itself a moment later; until then the file may name the daemon before it. */
function newOwner(home: string): DaemonOwner | undefined {
  for (let looks = 0; ; looks += 1) {
    const owner = readOwner(home);
    if (looks === OWNER_LOOKS || (owner !== undefined && isAlive(owner.pid))) return owner;
    Bun.sleepSync(OWNER_LOOK_MS);
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}

/** The daemon that owns the home now; undefined when none does. */
export function runningDaemon(home: string): DaemonOwner | undefined {
  if (!existsSync(join(home, "state", "nexus.lock"))) return undefined;
  const db = openLock(home);
  try {
    db.run("BEGIN EXCLUSIVE");
    db.run("ROLLBACK");
    return undefined;
  } catch {
    return readOwner(home) ?? { pid: 0, started_at: 0 };
  } finally {
    db.close(false);
  }
}

/** As `runningDaemon`, for a home that may be another user's: makes no file, changes none. */
export function askDaemon(home: string): { readonly locked: boolean; readonly owner: DaemonOwner | undefined } {
  const path = join(home, "state", "nexus.lock");
  const owner = readOwner(home);
  if (!existsSync(path)) return { locked: false, owner };
  let db: Database | undefined;
  try {
    db = new Database(path, { readonly: true });
    // A reader is kept out by an exclusive lock, and by nothing else.
    db.query("SELECT count(*) FROM sqlite_schema").get();
    return { locked: false, owner };
  } catch {
    return { locked: true, owner };
  } finally {
    db?.close(false);
  }
}

function openLock(home: string): Database {
  const path = join(home, "state", "nexus.lock");
  const db = new Database(path, { create: true, readwrite: true });
  chmodSync(path, 0o600);
  return db;
}

function ownerPath(home: string): string {
  return join(home, "state", "daemon.json");
}

/** On a full disk it may fail, and must not do more harm: the lock itself needs no such file. */
function writeOwner(home: string, owner: DaemonOwner): void {
  try {
    writeFileSync(ownerPath(home), `${JSON.stringify(owner)}\n`, { mode: 0o600 });
  } catch {
    // Who asks hears of "another process".
  }
}

function readOwner(home: string): DaemonOwner | undefined {
  try {
    return JSON.parse(readFileSync(ownerPath(home), "utf8")) as DaemonOwner;
  } catch {
    return undefined;
  }
}
