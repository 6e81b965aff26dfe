import { expect, test } from "bun:test";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Database } from "bun:sqlite";
import { LOG_LIMIT_BYTES } from "../../../src/engine/store/checkpointer.ts";
import { logHolders, parseHolders } from "../../../src/engine/store/log-holders.ts";
import { TestEngine } from "../../helpers/test-engine.ts";

const WRITTEN = 100_000;

/** Keeps a snapshot open from its first event on. */
const holder = (database: string): string => `() => {
  const { Database } = require("bun:sqlite");
  globalThis.held ??= new Database(${JSON.stringify(database)}, { readonly: true });
  if (!globalThis.held.inTransaction) { globalThis.held.run("BEGIN"); globalThis.held.query("SELECT count(*) FROM events").get(); }
  return { fire: true };
}`;

// C29. switch: mutant log-holder-is-recycled
test("a hook that keeps a snapshot of the database open costs its evaluator, and the log begins anew", async () => {
  await using t = await TestEngine.start();
  t.register("holder", holder(t.store.path));
  await t.messages(1);
  await t.drain();
  const [pid = 0] = t.engine.status.evaluator_pids;
  expect(logHolders(t.store.path)).toEqual([pid]);
  t.store.db.run("CREATE TABLE filler(text TEXT)");
  const size = (): number => statSync(`${t.store.path}-wal`).size;
  const write = async (): Promise<void> => {
    t.store.write(() => t.store.db.query("INSERT INTO filler(text) VALUES (?)").run("x".repeat(WRITTEN)), false);
    await new Promise((resolve) => setImmediate(resolve));
  };
  while (size() <= LOG_LIMIT_BYTES) await write();
  await t.until(() => t.notices.some(({ kind }) => kind === "evaluator_killed"));
  expect(t.notices.find(({ kind }) => kind === "log_held")?.data).toMatchObject({ pids: [pid] });
  expect(t.notices.find(({ kind }) => kind === "evaluator_killed")?.data).toMatchObject({ pid, message: expect.stringMatching(/^recycled: a hook kept a snapshot of the database open for \d+ ms/) });
  expect(logHolders(t.store.path)).toEqual([]);
  const pages = (): number => t.store.db.query<{ log: number }, []>("PRAGMA wal_checkpoint(NOOP)").get()?.log ?? 0;
  while (pages() > 4_096) await write();
  // What comes after it is evaluated as ever.
  await t.messages(1);
  await t.drain();
  expect(t.outcomes("holder")).toEqual(["fired", "fired"]);
}, 40_000);

test("only readers of the log itself are taken for its holders", () => {
  const locks = `1: POSIX  ADVISORY  WRITE 10 fe:00:7 120 120
2: POSIX  ADVISORY  READ 11 fe:00:7 125 125
2: -> POSIX  ADVISORY  WRITE 12 fe:00:7 124 127
3: POSIX  ADVISORY  READ 13 fe:00:7 123 123
4: POSIX  ADVISORY  READ 14 fe:00:8 124 124
5: OFDLCK ADVISORY  READ -1 fe:00:7 124 124
6: POSIX  ADVISORY  READ 0 fe:00:7 124 124
7: POSIX  ADVISORY  READ 15 fe:00:7 128 128
`;
  expect(parseHolders(locks, 7)).toEqual([11]);
  expect(parseHolders("", 7)).toEqual([]);
});

test("a reader in another process is named, one in this process is not", async () => {
  const folder = mkdtempSync(join(tmpdir(), "nexus-holders-"));
  try {
    const path = join(folder, "some.db");
    using db = new Database(path);
    db.run("PRAGMA journal_mode = WAL");
    db.run("CREATE TABLE t(n)");
    db.run("BEGIN");
    db.query("SELECT * FROM t").all();
    expect(logHolders(path)).toEqual([]);
    const reader = `const { Database } = require("bun:sqlite"); const db = new Database(${JSON.stringify(path)}); db.run("BEGIN"); db.query("SELECT * FROM t").all(); console.log("reading"); process.stdin.once("data", () => process.exit());`;
    const child = Bun.spawn([process.execPath, "-e", reader], { stdin: "pipe", stdout: "pipe" });
    await child.stdout.getReader().read();
    expect(logHolders(path)).toEqual([child.pid]);
    void child.stdin.write("\n");
    void child.stdin.end();
    await child.exited;
    expect(logHolders(path)).toEqual([]);
    expect(logHolders(join(folder, "none.db"))).toBeUndefined();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
