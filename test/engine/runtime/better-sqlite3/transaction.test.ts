import { describe, expect, test } from "bun:test";
import { callWith, scratch, thrownBy } from "./scratch.ts";

const { memory, open, folder } = scratch();

function ledger() {
  const db = memory("CREATE TABLE t (a UNIQUE)");
  const insert = db.prepare("INSERT INTO t VALUES (?)");
  const rows = (): unknown => db.prepare("SELECT a FROM t ORDER BY rowid").pluck().all();
  return { db, add: (value: number) => insert.run(value), rows };
}

describe("transaction()", () => {
  test("commits when the function returns, and returns its value", () => {
    const { db, add, rows } = ledger();
    const addAll = db.transaction((values: number[]) => {
      for (const value of values) add(value);
      return [db.inTransaction, values.length];
    });
    expect(addAll([1, 2])).toEqual([true, 2]);
    expect([db.inTransaction, rows()]).toEqual([false, [1, 2]]);
  });

  test("rolls back when it throws, and throws the same error on", () => {
    const { db, add, rows } = ledger();
    const error = new Error("no");
    const fail = db.transaction(() => {
      add(1);
      throw error;
    });
    let caught: unknown;
    try {
      fail();
    } catch (thrown) {
      caught = thrown;
    }
    expect(caught).toBe(error);
    expect([db.inTransaction, rows()]).toEqual([false, []]);
  });

  test("passes arguments and `this` through", () => {
    const { db } = ledger();
    const owner = { name: "owner", work: db.transaction(function (this: { name: string }, ...args: number[]) { return [this.name, ...args]; }) };
    expect(owner.work(1, 2)).toEqual(["owner", 1, 2]);
  });

  test("inside another is a savepoint: it alone is undone when its error is caught", () => {
    const { db, add, rows } = ledger();
    const inner = db.transaction((value: number) => {
      add(value);
      if (value > 10) throw new Error("too large");
    });
    db.transaction(() => {
      add(1);
      inner(2);
      expect(() => inner(11)).toThrow("too large");
      add(3);
    })();
    expect(rows()).toEqual([1, 2, 3]);
    expect(() => db.transaction(() => {
      add(4);
      inner(12);
    })()).toThrow("too large");
    expect([rows(), db.inTransaction]).toEqual([[1, 2, 3], false]);
  });

  test("a caught inner failure leaves no savepoint behind", () => {
    const log: string[] = [];
    const db = open(":memory:", { verbose: (sql) => log.push(sql.split(" ").slice(0, -1).join(" ") || sql) });
    const fail = db.transaction(() => {
      throw new Error("inner");
    });
    db.transaction(() => expect(() => fail()).toThrow("inner"))();
    expect(log).toEqual(["BEGIN", "SAVEPOINT", "ROLLBACK TO", "RELEASE", "COMMIT"]);
  });

  test("inside a manual transaction is a savepoint, too", () => {
    const { db, add, rows } = ledger();
    db.exec("BEGIN");
    db.transaction(() => add(1))();
    expect(db.inTransaction).toBe(true);
    db.exec("ROLLBACK");
    expect(rows()).toEqual([]);
  });

  test("leaves a rollback by SQLite itself alone", () => {
    const { db, add, rows } = ledger();
    add(1);
    const clash = db.transaction(() => {
      add(2);
      db.prepare("INSERT OR ROLLBACK INTO t VALUES (1)").run();
    });
    expect(thrownBy(() => clash())).toBe("SqliteError SQLITE_CONSTRAINT_UNIQUE: UNIQUE constraint failed: t.a");
    expect([db.inTransaction, rows()]).toEqual([false, [1]]);
  });

  test("refuses a promise and undoes what was done before it", () => {
    const { db, add, rows } = ledger();
    const work = db.transaction(async () => void add(1));
    expect(thrownBy(() => work())).toBe("TypeError: Transaction function cannot return a promise");
    expect([db.inTransaction, rows()]).toEqual([false, []]);
  });

  test("has a version for every way to begin, each with the others", () => {
    const { db } = ledger();
    const log: string[] = [];
    const logged = open(":memory:", { verbose: (sql) => log.push(sql) });
    const work = logged.transaction(() => 1);
    for (const version of [work, work.default, work.deferred, work.immediate, work.exclusive]) expect(version()).toBe(1);
    expect(log.filter((sql) => sql !== "COMMIT")).toEqual(["BEGIN", "BEGIN", "BEGIN DEFERRED", "BEGIN IMMEDIATE", "BEGIN EXCLUSIVE"]);
    expect([work.default, work.immediate.deferred, work.database]).toEqual([work, work.deferred, logged]);
    expect(thrownBy(() => callWith(db, "transaction", [1]))).toBe("TypeError: Expected first argument to be a function");
  });

  test("a begin that is refused runs nothing", () => {
    const file = `${folder()}/lock.db`;
    const first = open(file).exec("CREATE TABLE t (a); BEGIN IMMEDIATE");
    let ran = false;
    const work = open(file, { timeout: 0 }).transaction(() => {
      ran = true;
    });
    expect(thrownBy(() => work.immediate())).toBe("SqliteError SQLITE_BUSY: database is locked");
    expect(ran).toBe(false);
    first.exec("ROLLBACK");
    work.immediate();
    expect(ran).toBe(true);
  });
});
