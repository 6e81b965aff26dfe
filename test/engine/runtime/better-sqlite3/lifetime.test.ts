import { expect, test } from "bun:test";
import { once } from "node:events";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { Database } from "../../../../src/engine/runtime/child/better-sqlite3.ts";
import { scratch } from "./scratch.ts";

const { open, folder } = scratch();

function collectGarbage(): void {
  for (let round = 0; round < 5; round++) Bun.gc(true);
}

test("a statement, an iterator and a transaction function keep their connection open", () => {
  const file = join(folder(), "kept.db");
  open(file).exec("CREATE TABLE t (a); INSERT INTO t VALUES (1), (2)");
  const connect = () => new Database(file);
  const statement = connect().prepare("SELECT a FROM t").pluck();
  const rows = connect().prepare("SELECT a FROM t").pluck().iterate();
  const transaction = connect().transaction(() => "done");
  rows.next();
  collectGarbage();
  expect([statement.all(), rows.next().value, transaction()]).toEqual([[1, 2], 2, "done"]);
  rows.return();
});

test("a connection keeps its lock while a statement of it can still be used", () => {
  const file = join(folder(), "locked.db");
  const other = open(file, { timeout: 0 }).exec("CREATE TABLE t (a)");
  const commit = ((): { run(): unknown } => {
    const db = new Database(file).exec("BEGIN EXCLUSIVE; INSERT INTO t VALUES (1)");
    return db.prepare("COMMIT");
  })();
  collectGarbage();
  expect(() => other.prepare("SELECT * FROM t").all()).toThrow("database is locked");
  commit.run();
  expect(other.prepare("SELECT * FROM t").all()).toEqual([{ a: 1 }]);
});

// /proc is how the open files are counted.
test.skipIf(process.platform !== "linux")("connections a hook forgot to close do not use up the process's files", () => {
  const file = join(folder(), "forgotten.db");
  open(file).exec("CREATE TABLE t (a)");
  for (let round = 0; round < 20; round++) {
    for (let at = 0; at < 100; at++) new Database(file, { readonly: true }).prepare("SELECT * FROM t").all();
    Bun.gc(true);
  }
  const held = [...new Bun.Glob("*").scanSync({ cwd: "/proc/self/fd", onlyFiles: false })].length;
  expect(held).toBeLessThan(1000);
});

test("works in a worker thread, next to a writer in WAL mode", async () => {
  const file = join(folder(), "wal.db");
  const writer = open(file);
  writer.pragma("journal_mode = WAL");
  writer.exec("CREATE TABLE events (content); INSERT INTO events VALUES ('home safe'); BEGIN IMMEDIATE; INSERT INTO events VALUES ('unseen')");
  const module = new URL("../../../../src/engine/runtime/child/better-sqlite3.ts", import.meta.url).href;
  const worker = new Worker(
    `const { parentPort, workerData } = require("node:worker_threads");
     const { Database } = require(new URL(workerData.module).pathname);
     const db = new Database(workerData.file, { readonly: true });
     parentPort.postMessage(db.prepare("SELECT content FROM events").all());
     db.close();`,
    { eval: true, workerData: { module, file } },
  );
  const [rows] = await once(worker, "message");
  await worker.terminate();
  expect(rows).toEqual([{ content: "home safe" }]);
  writer.exec("ROLLBACK");
}, 30_000);
