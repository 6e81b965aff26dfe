import { expect, test } from "bun:test";
import { statSync } from "node:fs";
import { Database } from "bun:sqlite";
import { Checkpointer, LOG_LIMIT_BYTES, type HeldLog } from "../../../src/engine/store/checkpointer.ts";
import { DEFAULT_STORE_OPTIONS, openStore } from "../../../src/engine/store/open.ts";
import { setMeta } from "../../../src/engine/store/meta.ts";
import { tempHome } from "../../helpers/temp-home.ts";

const ROWS = 40_000;

test("a long log is folded back beside the writer, and begins anew", async () => {
  using home = tempHome();
  const store = openStore(home.path, { ...DEFAULT_STORE_OPTIONS, checkpoints: true });
  const checkpointer = new Checkpointer(store);
  const size = (): number => statSync(`${store.path}-wal`).size;
  store.db.run("CREATE TABLE filler(n INTEGER PRIMARY KEY, text TEXT)");
  // Without checkpoints the file of the log would grow with every page; with them it is written over.
  for (let written = 100; written <= ROWS; written += 100) {
    store.write(() => {
      for (let n = 0; n < 100; n += 1) store.db.query("INSERT INTO filler(text) VALUES (?)").run("x".repeat(4_000));
      setMeta(store, "eval_cursor", written);
    }, false);
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(size()).toBeGreaterThan(16 * 1_048_576);
  expect(size()).toBeLessThan(100 * 1_048_576);
  expect(store.db.query<{ n: number }, []>("SELECT count(*) AS n FROM filler").get()?.n).toBe(ROWS);
  expect(store.db.query<{ quick_check: string }, []>("PRAGMA quick_check").get()?.quick_check).toBe("ok");
  await checkpointer[Symbol.asyncDispose]();
  store.close();
}, 20_000);

// C29. switch: mutant held-log-is-told
test("a reader that holds the log back is told of once the log is over its limit; without it the log begins anew", async () => {
  using home = tempHome();
  const store = openStore(home.path, { ...DEFAULT_STORE_OPTIONS, checkpoints: true, durability: "normal" });
  store.db.run("CREATE TABLE filler(n INTEGER PRIMARY KEY, text TEXT)");
  const reader = new Database(store.path, { readonly: true });
  reader.run("BEGIN");
  reader.query("SELECT count(*) FROM filler").get();
  const told = Promise.withResolvers<HeldLog>();
  const checkpointer = new Checkpointer(store, (log) => {
    told.resolve(log);
    reader.run("ROLLBACK");
    reader.close();
  });
  const size = (): number => statSync(`${store.path}-wal`).size;
  const write = async (): Promise<void> => {
    store.write(() => store.db.query("INSERT INTO filler(text) VALUES (?)").run("x".repeat(100_000)), false);
    await new Promise((resolve) => setImmediate(resolve));
  };
  while (size() < LOG_LIMIT_BYTES + 1_048_576) await write();
  // Nothing is written any more: the log stays over its limit until the reader is gone.
  expect((await told.promise).bytes).toBeGreaterThan(LOG_LIMIT_BYTES);
  while (size() > LOG_LIMIT_BYTES) await write();
  expect(size()).toBeLessThanOrEqual(LOG_LIMIT_BYTES);
  await checkpointer[Symbol.asyncDispose]();
  store.close();
}, 40_000);
