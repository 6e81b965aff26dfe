import { describe, expect, test } from "bun:test";
import { scratch, thrownBy } from "./scratch.ts";

const { memory } = scratch();

const CATS = `CREATE TABLE cats (id INTEGER PRIMARY KEY, name TEXT, age INT);
  INSERT INTO cats (name, age) VALUES ('Joey', 2), ('Sally', 4), ('Junior', 1);
  CREATE TABLE toys (id INTEGER PRIMARY KEY, cat INT REFERENCES cats ON DELETE CASCADE, name TEXT);
  INSERT INTO toys (cat, name) VALUES (1, 'ball'), (1, 'mouse')`;

describe("prepare()", () => {
  const none = "RangeError: The supplied SQL string contains no statements";
  const more = "RangeError: The supplied SQL string contains more than one statement";
  const sources: [source: string, outcome: string][] = [
    ["", none],
    [" \n;; ", none],
    ["-- only a comment", none],
    ["/* only a comment", none],
    ["SELECT 1; SELECT 2", more],
    ["SELECT 'é'; SELECT 2", more],
    ["SELECT 1; x", more],
    ["PRAGMA user_version; SELECT 1", more],
    ["CREATE TRIGGER a AFTER INSERT ON cats BEGIN SELECT 1; END; SELECT 1", more],
    ["SELECT 1;", "returned"],
    ["; SELECT 1; ;; -- end", "returned"],
    ["SELECT 1; /* end */ /* open", "returned"],
    ["SELECT ';' -- ; SELECT 2", "returned"],
    ["SELECT 1\0 SELECT 2", "returned"],
    ["CREATE TRIGGER a AFTER INSERT ON cats BEGIN SELECT 1; SELECT 2; END;", "returned"],
    ["SELECT 1 FROM", "SqliteError SQLITE_ERROR: incomplete input"],
    ["SELECT nope", "SqliteError SQLITE_ERROR: no such column: nope"],
  ];
  test.each(sources)("of %j: %s", (source, outcome) => {
    const db = memory(CATS);
    expect(thrownBy(() => db.prepare(source))).toBe(outcome);
  });

  test("takes a string only", () => {
    expect(thrownBy(() => memory().prepare(new String("SELECT 1") as string))).toBe("TypeError: Expected first argument to be a string");
  });

  const kinds: [source: string, reader: boolean, readonly: boolean][] = [
    ["SELECT 1", true, true],
    ["VALUES (1)", true, true],
    ["/* c */ SELECT 1", true, true],
    ["INSERT INTO toys (name) VALUES ('x')", false, false],
    ["INSERT INTO toys (name) VALUES ('x') RETURNING id", true, false],
    ["UPDATE toys SET name = ''", false, false],
    ["DELETE FROM toys", false, false],
    ["REPLACE INTO toys (id) VALUES (1)", false, false],
    ["WITH x AS (SELECT 1) SELECT * FROM x", true, true],
    ["WITH x AS (SELECT 1) INSERT INTO toys (id) SELECT * FROM x", false, false],
    ["CREATE TABLE IF NOT EXISTS toys (id)", false, false],
    ["DROP TABLE toys", false, false],
    ["BEGIN", false, true],
    ["BEGIN IMMEDIATE", false, false],
    ["COMMIT", false, true],
    ["VACUUM", false, false],
    ["PRAGMA user_version", true, true],
    ["PRAGMA user_version = 3", false, false],
    ["PRAGMA journal_mode", true, false],
    ["PRAGMA wal_checkpoint", true, false],
    ["EXPLAIN DELETE FROM toys", true, false],
    ["EXPLAIN QUERY PLAN SELECT 1", true, true],
  ];
  test.each(kinds)("%s: reader %p, readonly %p", (source, reader, readonly) => {
    const db = memory(CATS);
    const statement = db.prepare(source);
    expect([statement.reader, statement.readonly, statement.source, statement.busy]).toEqual([reader, readonly, source, false]);
    expect(statement.database).toBe(db);
    expect(() => Object.assign(statement, { reader: !reader })).toThrow(TypeError);
  });
});

describe("run()", () => {
  const runs: [sql: string, changes: number, lastInsertRowid: number][] = [
    ["INSERT INTO cats (name, age) VALUES ('Tom', 3)", 1, 4],
    ["INSERT INTO cats (name) VALUES ('Tom'), ('Tim')", 2, 5],
    ["UPDATE cats SET age = age + 1", 3, 2],
    ["UPDATE cats SET age = 1 WHERE 0", 0, 2],
    ["DELETE FROM cats WHERE id = 1", 1, 2],
    ["INSERT OR IGNORE INTO cats (id) VALUES (1)", 0, 2],
    ["REPLACE INTO cats (id) VALUES (1)", 1, 1],
    ["WITH x AS (SELECT 3) DELETE FROM cats WHERE id IN x", 1, 2],
    ["INSERT INTO cats (name) VALUES ('Tom') RETURNING id", 1, 4],
    ["CREATE TABLE dogs (a)", 0, 2],
    ["BEGIN", 0, 2],
    ["PRAGMA user_version = 3", 0, 2],
    ["SELECT * FROM cats", 0, 2],
  ];
  test.each(runs)("of %s reports %p changes, row %p", (sql, changes, lastInsertRowid) => {
    const db = memory(CATS);
    expect(db.prepare(sql).run()).toEqual({ changes, lastInsertRowid });
  });

  test("does not count what triggers and foreign keys change", () => {
    const db = memory(`${CATS}; CREATE TABLE log (a);
      CREATE TRIGGER t AFTER INSERT ON cats BEGIN INSERT INTO log VALUES (1), (2); END`);
    expect(db.prepare("INSERT INTO cats (name) VALUES ('Tom')").run()).toEqual({ changes: 1, lastInsertRowid: 4 });
    expect(db.prepare("DELETE FROM cats WHERE id = 1").run().changes).toBe(1);
    expect(db.prepare("SELECT count(*) FROM toys").pluck().get()).toBe(0);
  });
});

describe("get() and all()", () => {
  test("return rows as ordinary objects keyed by column", () => {
    const db = memory(CATS);
    const row = db.prepare("SELECT name, age FROM cats WHERE name = ?").get("Joey");
    expect(row).toStrictEqual({ name: "Joey", age: 2 });
    expect(Object.getPrototypeOf(row)).toBe(Object.prototype);
    expect(db.prepare("SELECT name FROM cats ORDER BY id").all()).toStrictEqual([{ name: "Joey" }, { name: "Sally" }, { name: "Junior" }]);
  });

  test("without rows: undefined, an empty array", () => {
    const select = memory(CATS).prepare("SELECT * FROM cats WHERE 0");
    expect([select.get(), select.pluck().get(), select.raw().get(), select.all()]).toEqual([undefined, undefined, undefined, []]);
  });

  test("of INSERT ... RETURNING insert every row, even when one is read", () => {
    const db = memory(CATS);
    const insert = db.prepare("INSERT INTO cats (name) VALUES (?), (?) RETURNING id");
    expect(insert.get("a", "b")).toEqual({ id: 4 });
    expect(insert.all("c", "d")).toEqual([{ id: 6 }, { id: 7 }]);
    expect(db.prepare("SELECT count(*) FROM cats").pluck().get()).toBe(7);
  });

  test("of two columns with one name keep the last value", () => {
    const select = memory().prepare("SELECT 1 AS a, 2 AS b, 3 AS a");
    expect(select.get()).toEqual({ a: 3, b: 2 });
    expect(select.raw().get()).toEqual([1, 2, 3]);
  });

  test("see columns that were renamed and added after prepare()", () => {
    const db = memory("CREATE TABLE t (a, b); INSERT INTO t VALUES (1, 2)");
    const select = db.prepare("SELECT * FROM t");
    expect(select.get()).toEqual({ a: 1, b: 2 });
    db.exec("ALTER TABLE t RENAME b TO c; ALTER TABLE t ADD d DEFAULT 4");
    expect(select.get()).toEqual({ a: 1, c: 2, d: 4 });
    expect(select.columns().map((column) => column.name)).toEqual(["a", "c", "d"]);
    expect(select.expand().all()).toEqual([{ t: { a: 1, c: 2, d: 4 } }]);
  });
});

describe("methods of statements that return data", () => {
  test.each(["get", "all", "iterate"] as const)("%s() refuses a statement that returns none", (method) => {
    const insert = memory(CATS).prepare("INSERT INTO toys (name) VALUES (?)");
    expect(thrownBy(() => insert[method]("x"))).toBe("TypeError: This statement does not return data. Use run() instead");
  });

  test.each(["pluck", "expand", "raw", "columns"] as const)("%s() refuses a statement that returns none", (method) => {
    const insert = memory(CATS).prepare("INSERT INTO toys (name) VALUES ('x')");
    expect(thrownBy(() => insert[method]())).toBe(`TypeError: The ${method}() method is only for statements that return data`);
  });
});

describe("row modes", () => {
  const JOIN = "SELECT cats.*, toys.name, 1 + 1 AS two FROM cats JOIN toys ON cat = cats.id LIMIT 1";
  const modes = {
    pluck: 1,
    raw: [1, "Joey", 2, "ball", 2],
    expand: { cats: { id: 1, name: "Joey", age: 2 }, toys: { name: "ball" }, $: { two: 2 } },
  };
  const flat = { id: 1, name: "ball", age: 2, two: 2 };

  test.each(Object.entries(modes))("%s() turns on, off, and shapes every row", (mode, expected) => {
    const select = memory(CATS).prepare(JOIN);
    const toggle = (...state: unknown[]) => select[mode as keyof typeof modes](...state);
    expect(toggle()).toBe(select);
    expect<unknown>([select.get(), select.all(), [...select.iterate()]]).toEqual([expected, [expected], [expected]]);
    expect<unknown>(toggle(false).get()).toEqual(flat);
    expect<unknown>(toggle(true).get()).toEqual(expected);
    expect(thrownBy(() => toggle(1))).toBe("TypeError: Expected first argument to be a boolean");
  });

  test("exclude one another, and switching off another one changes nothing", () => {
    const select = memory().prepare("SELECT 1 AS a, 2 AS b");
    expect<unknown>([select.pluck().get(), select.raw().get(), select.pluck(false).get(), select.expand().get(), select.expand(false).get()])
      .toEqual([1, [1, 2], [1, 2], { $: { a: 1, b: 2 } }, { a: 1, b: 2 }]);
  });

  test("columns() tells where each column comes from", () => {
    const select = memory(CATS).prepare("SELECT c.name AS cat, toys.cat, 1 + 1 FROM cats c, toys");
    expect(select.columns()).toStrictEqual([
      { name: "cat", column: "name", table: "cats", database: "main", type: "TEXT" },
      { name: "cat", column: "cat", table: "toys", database: "main", type: "INT" },
      { name: "1 + 1", column: null, table: null, database: null, type: null },
    ]);
  });
});

describe("safe integers", () => {
  const LARGE = "SELECT 9007199254740993 AS large, 1.0 AS real";

  test("are off: a large integer is the nearest number", () => {
    expect(memory().prepare(LARGE).get()).toEqual({ large: 9007199254740992, real: 1 });
  });

  test("make bigints of integers, not of REALs", () => {
    const select = memory().prepare(LARGE);
    expect(select.safeIntegers().get()).toEqual({ large: 9007199254740993n, real: 1 });
    expect(select.raw().all()).toEqual([[9007199254740993n, 1]]);
    expect(select.safeIntegers(false).pluck().get()).toBe(9007199254740992);
  });

  test("apply to lastInsertRowid, not to changes", () => {
    const insert = memory(CATS).prepare("INSERT INTO cats (id) VALUES (?)").safeIntegers();
    expect(insert.run(9007199254740993n)).toEqual({ changes: 1, lastInsertRowid: 9007199254740993n });
  });

  test("by default hold for statements prepared from then on", () => {
    const db = memory();
    const before = db.prepare("SELECT 1").pluck();
    expect(db.defaultSafeIntegers()).toBe(db);
    const after = db.prepare("SELECT 1").pluck();
    db.defaultSafeIntegers(false);
    expect([before.get(), after.get(), db.prepare("SELECT 1").pluck().get()]).toEqual([1, 1n, 1]);
    expect(thrownBy(() => db.defaultSafeIntegers(1))).toBe("TypeError: Expected first argument to be a boolean");
  });
});
