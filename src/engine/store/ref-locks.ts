import { Database } from "bun:sqlite";
import { chmodSync, mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Store } from "./open.ts";

/** Refs share this many locks: two of one lock wait for each other, which costs time and nothing else. */
const LOCKS = 64;
/** A lock that is somebody else's is tried again after about so long, ms. */
const LOOK_MS = 5;

/** Held open handles: bun:sqlite closes one that nothing references, and its lock with it. */
const held = new Set<Database>();

/** Locks that are held; `release` gives them back, and so does the end of the process, however it ends. */
export interface RefLocks {
  release(): void;
}

/**
 * Takes the locks of some refs, for updates that have to wait for foreign code: without them, those of one ref would
 * make each other's answers useless. They protect nothing else. Undefined when they were not to be had in so many ms.
 *
 * Each is an exclusive transaction on an empty SQLite file, which the kernel ends with the process. They are taken in
 * one order, so that nobody waits in a circle.
 */
export async function lockRefs(store: Store, names: readonly string[], waitMs: number): Promise<RefLocks | undefined> {
  const taken: Database[] = [];
  const release = (): void => {
    for (const db of taken.splice(0)) {
      held.delete(db);
      db.run("ROLLBACK");
      db.close(false);
    }
  };
  const until = performance.now() + waitMs;
  const numbers = [...new Set(names.map((name) => Number(Bun.hash(name) % BigInt(LOCKS))))].sort((a, b) => a - b);
  for (const number of numbers) {
    const db = open(store, number);
    while (!isTaken(db)) {
      if (performance.now() > until) {
        db.close(false);
        release();
        return undefined;
      }
      await Bun.sleep(LOOK_MS + LOOK_MS * Math.random());
    }
    held.add(db);
    taken.push(db);
  }
  return { release };
}

function isTaken(db: Database): boolean {
  try {
    db.run("BEGIN EXCLUSIVE");
    return true;
  } catch {
    return false;
  }
}

function open({ path }: Store, number: number): Database {
  const folder = join(dirname(path), "ref-locks");
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const file = join(folder, `${number}.lock`);
  const db = new Database(file, { create: true, readwrite: true });
  db.run("PRAGMA busy_timeout = 0");
  chmodSync(file, 0o600);
  return db;
}
