import { describe, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { callWith, scratch, thrownBy } from "./scratch.ts";

const { memory, open, folder } = scratch();

describe("pragma()", () => {
  const answers: [source: string, rows: unknown, simple: unknown][] = [
    ["user_version", [{ user_version: 0 }], 0],
    ["user_version = 7", [], undefined],
    ["foreign_keys", [{ foreign_keys: 1 }], 1],
    ["foreign_keys = off", [], undefined],
    ["no_such_pragma", [], undefined],
    ["journal_mode", [{ journal_mode: "memory" }], "memory"],
  ];
  test.each(answers)("%s answers rows, or with `simple` the first value", (source, rows, simple) => {
    expect<unknown>(memory().pragma(source)).toEqual(rows);
    expect<unknown>(memory().pragma(source, { simple: true })).toEqual(simple);
  });

  test("changes what it sets", () => {
    const db = memory();
    db.pragma("cache_size = 32000");
    expect(db.pragma("cache_size", { simple: true })).toBe(32000);
  });

  const failures: [args: unknown[], message: string][] = [
    [[""], "SqliteError SQLITE_ERROR: incomplete input"],
    [["user_version; SELECT 1"], "RangeError: The supplied SQL string contains more than one statement"],
    [[1], "TypeError: Expected first argument to be a string"],
    [["user_version", true], "TypeError: Expected second argument to be an options object"],
    [["user_version", { simple: 1 }], 'TypeError: Expected the "simple" option to be a boolean'],
  ];
  test.each(failures)("%j is refused", (args, message) => {
    const db = memory();
    expect(thrownBy(() => callWith(db, "pragma", args))).toBe(message);
  });
});

describe("exec()", () => {
  test("runs every statement and returns the database", () => {
    const db = memory();
    expect(db.exec("CREATE TABLE t (a); INSERT INTO t VALUES (1), (2); -- done")).toBe(db);
    expect(db.exec("")).toBe(db);
    expect(db.prepare("SELECT a FROM t").pluck().all()).toEqual([1, 2]);
  });

  test("stops at the first error and undoes nothing", () => {
    const db = memory("CREATE TABLE t (a)");
    expect(thrownBy(() => db.exec("INSERT INTO t VALUES (1); SELEC; INSERT INTO t VALUES (2)"))).toBe(
      'SqliteError SQLITE_ERROR: near "SELEC": syntax error',
    );
    expect(db.prepare("SELECT a FROM t").pluck().all()).toEqual([1]);
    expect(thrownBy(() => callWith(db, "exec", []))).toBe("TypeError: Expected first argument to be a string");
  });
});

describe("explain()", () => {
  test("answers the program or the query plan, with parameters left unbound", () => {
    const db = memory("CREATE TABLE t (a)");
    expect(db.explain("SELECT * FROM t WHERE a = ?").map((row) => (row as { opcode: string }).opcode)).toContain("OpenRead");
    expect(db.explain("QUERY PLAN SELECT * FROM t WHERE a = @a")).toMatchObject([{ detail: "SCAN t" }]);
    expect(thrownBy(() => db.explain("SELEC"))).toBe('SqliteError SQLITE_ERROR: near "SELEC": syntax error');
  });
});

describe("verbose", () => {
  test("is called with every SQL string, its values filled in, before it runs", () => {
    const log: unknown[] = [];
    const db = open(":memory:", { verbose: (...args: unknown[]) => log.push(...args) });
    db.exec("CREATE TABLE t (a); ; INSERT INTO t VALUES (1);\n-- last\n SELECT 2");
    db.prepare("SELECT ?, @b, ?").get("it's", { b: 2n }, 3);
    db.pragma("user_version");
    for (const _row of db.prepare("SELECT a FROM t WHERE a > ?").iterate(0)) break;
    expect(thrownBy(() => db.prepare("INSERT INTO t VALUES (json(?))").run("{"))).toContain("malformed JSON");
    expect(log).toEqual([
      "CREATE TABLE t (a);",
      "INSERT INTO t VALUES (1);",
      "-- last\n SELECT 2",
      "SELECT 'it''s', 2, 3.0",
      "PRAGMA user_version",
      "SELECT a FROM t WHERE a > 0.0",
      "INSERT INTO t VALUES (json('{'))",
    ]);
  });

  test("ends the statement with what it throws, and cannot use the connection", () => {
    const failing = open(":memory:", { verbose: () => { throw new Error("stop"); } });
    expect(thrownBy(() => failing.exec("SELECT 1"))).toBe("Error: stop");
    expect(thrownBy(() => failing.prepare("SELECT 1").get())).toBe("Error: stop");
    const nosy = open(":memory:", { verbose: () => nosy.exec("SELECT 2") });
    expect(thrownBy(() => nosy.prepare("SELECT 1").get())).toBe("TypeError: This database connection is busy executing a query");
  });
});

describe("serialize()", () => {
  test("gives a Buffer that opens as a database, from memory or from a file", () => {
    const db = memory("CREATE TABLE t (a); INSERT INTO t VALUES (1)");
    const contents = db.serialize();
    expect(Buffer.isBuffer(contents)).toBe(true);
    const file = join(folder(), "copy.db");
    writeFileSync(file, contents);
    const copy = open(contents);
    copy.exec("INSERT INTO t VALUES (2)");
    expect([copy.memory, copy.name, copy.prepare("SELECT a FROM t").pluck().all()]).toEqual([true, ":memory:", [1, 2]]);
    expect([open(file), db].map((from) => from.prepare("SELECT a FROM t").pluck().all())).toEqual([[1], [1]]);
  });

  test("opened readonly refuses writes; an empty buffer is an empty database", () => {
    const copy = open(memory("CREATE TABLE t (a)").serialize(), { readonly: true });
    expect(thrownBy(() => copy.exec("INSERT INTO t VALUES (1)"))).toBe("SqliteError SQLITE_READONLY: attempt to write a readonly database");
    expect(open(Buffer.alloc(0)).prepare("SELECT * FROM sqlite_master").all()).toEqual([]);
    expect(thrownBy(() => open(Buffer.from("no database")).prepare("SELECT * FROM sqlite_master").all())).toBe(
      "SqliteError SQLITE_NOTADB: file is not a database",
    );
  });

  test("takes the name of an attached database", () => {
    const db = memory("ATTACH ':memory:' AS extra; CREATE TABLE extra.e (a)");
    expect(open(db.serialize({ attached: "extra" })).prepare("SELECT * FROM e").all()).toEqual([]);
    expect(thrownBy(() => db.serialize({ attached: "nope" }))).toBe("SqliteError SQLITE_ERROR: unknown database nope");
    expect(thrownBy(() => db.serialize({ attached: "" }))).toBe('TypeError: The "attached" option cannot be an empty string');
  });
});

describe("function()", () => {
  test("can be used in SQL, by the number of its arguments", () => {
    const db = memory();
    expect(db.function("add2", (a, b) => (a as number) + (b as number))).toBe(db);
    expect(db.prepare("SELECT add2(?, ?)").pluck().get(12, 4)).toBe(16);
    expect(db.prepare("SELECT add2(?, ?)").pluck().get("foo", "bar")).toBe("foobar");
    expect(thrownBy(() => db.prepare("SELECT add2(1)"))).toBe("SqliteError SQLITE_ERROR: wrong number of arguments to function add2()");
    db.function("void", { deterministic: true, varargs: true }, () => {});
    expect(db.prepare("SELECT void(), void(?, ?)").raw().get(55, 19)).toEqual([null, null]);
  });

  test("receives and returns values as statements do", () => {
    const db = memory();
    const seen: unknown[] = [];
    db.function("see", { varargs: true }, (...args) => void seen.push(...args));
    db.function("big", { safeIntegers: true }, (value) => typeof value);
    db.function("bytes", () => Buffer.from("q"));
    db.prepare("SELECT see(1, 1.5, 'a', x'00', NULL, 9007199254740993)").get();
    expect(seen).toEqual([1, 1.5, "a", Buffer.alloc(1), null, 9007199254740992]);
    expect(db.prepare("SELECT big(1), bytes()").raw().get()).toEqual(["bigint", Buffer.from("q")]);
  });

  const failures: [callback: () => unknown, message: string][] = [
    [() => { throw new RangeError("own"); }, "RangeError: own"],
    [() => true, "TypeError: User-defined function f() returned an invalid value"],
    [() => 2n ** 70n, "RangeError: User-defined function f() returned a bigint that was too big"],
  ];
  test.each(failures)("%s fails its statement and leaves the connection usable", (callback, message) => {
    const db = memory().function("f", callback);
    expect(thrownBy(() => db.prepare("SELECT f()").get())).toBe(message);
    expect(db.prepare("SELECT 1").pluck().get()).toBe(1);
  });

  test("cannot use the connection it is called from", () => {
    const db = memory();
    db.function("again", () => db.prepare("SELECT 1").pluck().get());
    expect(thrownBy(() => db.prepare("SELECT again()").get())).toBe("TypeError: This database connection is busy executing a query");
  });

  const wrong: [args: unknown[], message: string][] = [
    [["", () => 1], "TypeError: User-defined function name cannot be an empty string"],
    [[1, () => 1], "TypeError: Expected first argument to be a string"],
    [["f"], "TypeError: Expected last argument to be a function"],
    [["f", 1, () => 1], "TypeError: Expected second argument to be an options object"],
    [["f", { varargs: 1 }, () => 1], 'TypeError: Expected the "varargs" option to be a boolean'],
    [["f", Object.defineProperty(() => 1, "length", { value: 101 })], "RangeError: User-defined functions cannot have more than 100 arguments"],
  ];
  test.each(wrong)("wrong arguments are refused (case %#)", (args, message) => {
    const db = memory();
    expect(thrownBy(() => callWith(db, "function", args))).toBe(message);
  });
});

describe("aggregate()", () => {
  const FROM = "FROM (VALUES (1), (2), (3))";
  const plus = (total: unknown, next: unknown): number => (total as number) + (next as number);
  const minus = (total: unknown, next: unknown): number => (total as number) - (next as number);

  test("folds rows from `start`, through `step`, to `result`", () => {
    const db = memory();
    expect(db.aggregate("total", { start: 10, step: plus })).toBe(db);
    db.aggregate("list", { start: () => [], step: (all: unknown[], next: unknown) => void all.push(next), result: (all: unknown[]) => all.join() });
    expect(db.prepare(`SELECT total(column1), list(column1) ${FROM}`).raw().get()).toEqual([16, "1,2,3"]);
    expect(db.prepare(`SELECT list(column1) ${FROM} WHERE 0`).pluck().get()).toBe("");
  });

  test("with `inverse` is a window function", () => {
    const db = memory().aggregate("total", { start: 0, step: plus, inverse: minus });
    expect(db.prepare(`SELECT total(column1) OVER (ORDER BY column1 ROWS 1 PRECEDING) ${FROM}`).pluck().all()).toEqual([1, 3, 5]);
  });

  test("refuses wrong options and results", () => {
    const db = memory();
    expect(thrownBy(() => db.aggregate("a", {}))).toBe('TypeError: Missing required option "step"');
    expect(thrownBy(() => db.aggregate("a", { step: 1 }))).toBe('TypeError: Expected the "step" option to be a function');
    expect(thrownBy(() => db.aggregate("a", 1))).toBe("TypeError: Expected second argument to be an options object");
    db.aggregate("object", { start: () => ({}), step: () => undefined });
    expect(thrownBy(() => db.prepare("SELECT object()").get())).toBe("TypeError: User-defined function object() returned an invalid value");
  });
});

test.each(["table", "backup", "loadExtension"] as const)("%s() says that it is not available inside nexus hooks", (method) => {
  const db = memory();
  expect(thrownBy(() => db[method]())).toStartWith(`TypeError: Database#${method}() of better-sqlite3 is not available inside nexus hooks`);
});
