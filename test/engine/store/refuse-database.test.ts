import { Database } from "bun:sqlite";
import { expect, test } from "bun:test";
import { copyFileSync, cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { NexusError, type ErrorCode } from "../../../src/engine/core/errors.ts";
import { insertEvents } from "../../../src/engine/store/events.ts";
import { beginEpoch, endEpoch } from "../../../src/engine/store/epoch.ts";
import { checkHealth } from "../../../src/engine/store/health.ts";
import { openStore } from "../../../src/engine/store/open.ts";
import { message } from "../../helpers/rows.ts";
import { tempHome } from "../../helpers/temp-home.ts";

/** A home of 2 000 events. `killed`: as a kill leaves it, with a log that is not folded back. */
function usedHome(home: string, ends: "in order" | "killed"): string {
  const path = join(home, "state", "nexus.db");
  const store = openStore(home);
  beginEpoch(store);
  store.write(() => insertEvents(store, Array.from({ length: 2_000 }, (_, n) => message(n, { content: `text ${n} `.repeat(20) })), { maxDepth: 8, maxChain: 256 }));
  store.db.run("PRAGMA wal_checkpoint(TRUNCATE)");
  store.write(() => insertEvents(store, [message(5_000)], { maxDepth: 8, maxChain: 256 }));
  if (ends === "in order") {
    store.close();
    return path;
  }
  cpSync(join(home, "state"), join(home, "kept"), { recursive: true });
  store.close();
  rmSync(join(home, "state"), { recursive: true });
  renameSync(join(home, "kept"), join(home, "state"));
  return path;
}

/** Bytes of the database and its log. The index (-shm) holds no data: SQLite rebuilds it. */
function bytesOf(path: string): (string | undefined)[] {
  return [path, `${path}-wal`].map((file) => (existsSync(file) ? new Bun.CryptoHasher("sha256").update(readFileSync(file)).digest("hex") : undefined));
}

function refusal(body: () => unknown): NexusError | undefined {
  try {
    body();
  } catch (error) {
    if (error instanceof NexusError) return error;
    throw error;
  }
  return undefined;
}

function open(home: string): void {
  openStore(home).close();
}

function sql(path: string, ...statements: string[]): void {
  const db = new Database(path);
  for (const statement of statements) db.run(statement);
  db.close();
}

/** Commits what a kill leaves in the log: the handle is never closed before the files are copied. */
function inLog(path: string, statement: string): void {
  const db = new Database(path);
  db.run("PRAGMA journal_mode = WAL");
  db.run("PRAGMA wal_autocheckpoint = 0");
  db.run(statement);
  for (const suffix of ["", "-wal"]) copyFileSync(path + suffix, `${path}${suffix}.kept`);
  db.close();
  for (const suffix of ["", "-wal"]) renameSync(`${path}${suffix}.kept`, path + suffix);
}

function overwrite(path: string, from: number, length: number): void {
  const bytes = readFileSync(path);
  bytes.fill(0xa5, from, from + length);
  writeFileSync(path, bytes);
}

const refused: readonly (readonly [what: string, code: ErrorCode, ends: "in order" | "killed", prepare: (path: string) => void])[] = [
  ["its first 8 bytes are overwritten", "DATABASE_CORRUPT", "in order", (path) => overwrite(path, 0, 8)],
  ["its first 8 bytes are overwritten, with a log beside it", "DATABASE_CORRUPT", "killed", (path) => overwrite(path, 0, 8)],
  ["its page size is nonsense", "DATABASE_CORRUPT", "in order", (path) => overwrite(path, 16, 2)],
  ["it is cut off in the middle", "DATABASE_CORRUPT", "in order", (path) => truncateSync(path, Math.floor(readFileSync(path).length / 8_192) * 4_096)],
  ["it is a text file", "DATABASE_CORRUPT", "in order", (path) => writeFileSync(path, "just some text that is longer than a header of SQLite would be ".repeat(40))],
  ["it is a short text file", "DATABASE_CORRUPT", "in order", (path) => writeFileSync(path, "hello")],
  ["it is empty, with a log", "DATABASE_CORRUPT", "killed", (path) => truncateSync(path, 0)],
  ["it is empty, with scripts", "DATABASE_CORRUPT", "in order", (path) => {
    truncateSync(path, 0);
    writeFileSync(join(path, "..", "hooks", `${"a".repeat(64)}.mjs`), "");
  }],
  ["its log was deleted", "DATABASE_CORRUPT", "killed", (path) => rmSync(`${path}-wal`)],
  ["it is of another program", "DATABASE_FOREIGN", "in order", (path) => sql(path, "PRAGMA application_id = 77")],
  ["it is of another program without a name", "DATABASE_FOREIGN", "in order", (path) => {
    rmSync(path);
    sql(path, "CREATE TABLE theirs(x)");
  }],
  ["it is of another program, with a log", "DATABASE_FOREIGN", "in order", (path) => {
    rmSync(path);
    sql(path, "CREATE TABLE theirs(x)");
    inLog(path, "INSERT INTO theirs VALUES (1)");
  }],
  ["it is of a newer nexus", "DATABASE_NEWER", "in order", (path) => sql(path, "PRAGMA user_version = 999")],
  ["it is of a newer nexus, which only the log says", "DATABASE_NEWER", "in order", (path) => inLog(path, "PRAGMA user_version = 999")],
];

// switch: mutant refuse-before-sqlite, refuse-closes-untouched
for (const [what, code, ends, prepare] of refused) {
  test(`refused with every byte as it was: ${what}`, () => {
    using home = tempHome();
    const path = usedHome(home.path, ends);
    prepare(path);
    const before = bytesOf(path);
    expect(refusal(() => open(home.path))?.code).toBe(code);
    expect(bytesOf(path)).toEqual(before);
  });
}

test("what a kill left is no reason: the log is read, and an empty file in an empty home is a new one", () => {
  using home = tempHome();
  const path = usedHome(home.path, "killed");
  const store = openStore(home.path);
  expect(store.db.query("SELECT count(*) AS n FROM events").get()).toEqual({ n: 2_001 });
  store.close();
  using fresh = tempHome();
  mkdirSync(join(fresh.path, "state"));
  writeFileSync(join(fresh.path, "state", "nexus.db"), "");
  expect(refusal(() => open(fresh.path))).toBeUndefined();
  expect(existsSync(path)).toBe(true);
});

// switch: mutant health-checks
test("after an unclean stop damage in the middle is found before anything is evaluated, with the way back", () => {
  using home = tempHome();
  const path = usedHome(home.path, "in order");
  mkdirSync(join(home.path, "backups"));
  const backup = join(home.path, "backups", "nexus-2026-01-28T01-30-00.000Z.db");
  copyFileSync(path, backup);
  // Three pages in the middle; the first page and the schema stay readable.
  const middle = Math.floor(readFileSync(path).length / 8_192) * 4_096;
  overwrite(path, middle, 3 * 4_096);
  const store = openStore(home.path);
  try {
    const error = refusal(() => checkHealth(store, { limitBytes: 1e9 }));
    expect(error?.code).toBe("DATABASE_CORRUPT");
    expect(error?.exitCode).toBe(70);
    expect(error?.details.next?.[0]).toBe(`nexus restore ${backup} --home ${home.path}`);
    expect(checkHealth(store, { limitBytes: 1_000 })).toEqual({ clean: false, checked: "too large" });
    endEpoch(store);
    expect(checkHealth(store, { limitBytes: 1e9 })).toEqual({ clean: true, checked: "not needed" });
  } finally {
    store.close();
  }
});
