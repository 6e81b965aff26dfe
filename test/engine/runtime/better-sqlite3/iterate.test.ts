import { describe, expect, test } from "bun:test";
import { scratch, thrownBy } from "./scratch.ts";

const { memory } = scratch();

const NUMBERS = "CREATE TABLE t (a); INSERT INTO t VALUES (1), (2), (3)";
const BUSY_DATABASE = "TypeError: This database connection is busy executing a query";
const BUSY_STATEMENT = "TypeError: This statement is busy executing a query";

describe("iterate()", () => {
  test("reads a row when asked, not before", () => {
    const db = memory();
    const called: unknown[] = [];
    db.function("seen", (value) => {
      called.push(value);
      return value;
    });
    const rows = db.prepare("SELECT seen(column1) FROM (VALUES (1), (2), (3))").pluck().iterate();
    expect(called).toEqual([]);
    expect(rows.next()).toEqual({ value: 1, done: false });
    expect(called).toEqual([1]);
    expect([...rows]).toEqual([2, 3]);
    expect(rows.next()).toEqual({ value: undefined, done: true });
  });

  test("is closed by break, return and throw inside the loop", () => {
    const db = memory(NUMBERS);
    const select = db.prepare("SELECT a FROM t").pluck();
    for (const row of select.iterate()) {
      expect([row, select.busy]).toEqual([1, true]);
      break;
    }
    expect(select.busy).toBe(false);
    expect(() => {
      for (const _row of select.iterate()) throw new Error("enough");
    }).toThrow("enough");
    expect([select.busy, select.all()]).toEqual([false, [1, 2, 3]]);
    expect(db.prepare("INSERT INTO t VALUES (4)").run().changes).toBe(1);
  });

  test("marks the statement busy and lets the connection only read until it ends", () => {
    const db = memory(NUMBERS);
    const select = db.prepare("SELECT a FROM t");
    const insert = db.prepare("INSERT INTO t VALUES (9)");
    const transaction = db.transaction(() => 1);
    const rows = select.iterate();
    expect(select.busy).toBe(true);
    const refused: [string, () => unknown][] = [
      [BUSY_STATEMENT, () => select.get()],
      [BUSY_STATEMENT, () => select.all()],
      [BUSY_STATEMENT, () => select.run()],
      [BUSY_STATEMENT, () => select.iterate()],
      [BUSY_STATEMENT, () => select.bind()],
      [BUSY_STATEMENT, () => select.pluck()],
      [BUSY_STATEMENT, () => select.raw()],
      [BUSY_STATEMENT, () => select.expand()],
      [BUSY_STATEMENT, () => select.safeIntegers()],
      [BUSY_DATABASE, () => insert.run()],
      [BUSY_DATABASE, () => transaction()],
      [BUSY_DATABASE, () => db.exec("SELECT 1")],
      [BUSY_DATABASE, () => db.pragma("user_version")],
      [BUSY_DATABASE, () => db.serialize()],
      [BUSY_DATABASE, () => db.function("f", () => 1)],
      [BUSY_DATABASE, () => db.aggregate("f", { step: () => 1 })],
      [BUSY_DATABASE, () => db.close()],
    ];
    for (const [message, call] of refused) expect(`${String(call)} ${thrownBy(call)}`).toBe(`${String(call)} ${message}`);
    expect(db.prepare("SELECT 5").pluck().get()).toBe(5);
    expect([...db.prepare("SELECT 6").pluck().iterate()]).toEqual([6]);
    expect(select.columns()).toHaveLength(1);
    expect(rows.return()).toEqual({ value: undefined, done: true });
    expect(rows.next()).toEqual({ value: undefined, done: true });
    expect([select.busy, insert.run().changes, db.open]).toEqual([false, 1, true]);
  });

  test("binds its parameters for itself", () => {
    const select = memory(NUMBERS).prepare("SELECT a FROM t WHERE a > ?").pluck();
    expect([...select.iterate(1)]).toEqual([2, 3]);
    expect([...select.iterate(2)]).toEqual([3]);
    expect(thrownBy(() => select.iterate())).toBe("RangeError: Too few parameter values were provided");
    expect(select.busy).toBe(false);
  });

  test("ends at an error of SQLite", () => {
    const db = memory(NUMBERS);
    const select = db.prepare("SELECT json(column1) FROM (VALUES ('1'), ('{'), ('2'))").pluck();
    const rows = select.iterate();
    expect(rows.next()).toEqual({ value: "1", done: false });
    expect(thrownBy(() => rows.next())).toBe("SqliteError SQLITE_ERROR: malformed JSON");
    expect([select.busy, rows.next()]).toEqual([false, { value: undefined, done: true }]);
    expect(db.exec("DELETE FROM t")).toBe(db);
  });

  test("of INSERT ... RETURNING inserts", () => {
    const db = memory(NUMBERS);
    expect([...db.prepare("INSERT INTO t VALUES (4), (5) RETURNING a").pluck().iterate()]).toEqual([4, 5]);
    expect(db.prepare("SELECT count(*) FROM t").pluck().get()).toBe(5);
  });

  test("names its statement and iterates itself", () => {
    const select = memory().prepare("SELECT 1");
    const rows = select.iterate();
    expect(rows.statement).toBe(select);
    expect(rows[Symbol.iterator]()).toBe(rows);
    rows.return();
  });
});

describe("unsafeMode()", () => {
  test("allows writing while iterating, until it is switched off", () => {
    const db = memory(NUMBERS).unsafeMode();
    const insert = db.prepare("INSERT INTO t VALUES (?)");
    const rows = db.prepare("SELECT a FROM t WHERE a < 4").pluck().iterate();
    rows.next();
    expect(insert.run(10).changes).toBe(1);
    db.unsafeMode(false);
    expect(thrownBy(() => insert.run(11))).toBe(BUSY_DATABASE);
    rows.return();
  });

  test("allows what SQLite's defensive mode forbids", () => {
    const db = memory(NUMBERS);
    const forget = "PRAGMA writable_schema = ON; DELETE FROM sqlite_master";
    expect(thrownBy(() => db.exec(forget))).toBe("SqliteError SQLITE_ERROR: table sqlite_master may not be modified");
    expect(thrownBy(() => db.unsafeMode().exec(forget))).toBe("returned");
    expect(thrownBy(() => db.unsafeMode(false).exec(forget))).toStartWith("SqliteError SQLITE_ERROR");
  });
});
