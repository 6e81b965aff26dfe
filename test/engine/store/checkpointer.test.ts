import { expect, test } from "bun:test";
import { statSync } from "node:fs";
import { Checkpointer } from "../../../src/engine/store/checkpointer.ts";
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
