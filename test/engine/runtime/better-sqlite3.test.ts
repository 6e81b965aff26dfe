import { describe, expect, test } from "bun:test";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Database, SqliteError } from "../../../src/engine/runtime/child/better-sqlite3.ts";
import { resultCodeName } from "../../../src/engine/runtime/child/better-sqlite3/sqlite-error.ts";
import { scratch, thrownBy } from "./better-sqlite3/scratch.ts";

const { open, folder, memory } = scratch();

describe("opening", () => {
  test("a missing file is created at once", () => {
    const file = join(folder(), "new.db");
    const db = open(file).exec("CREATE TABLE t (a)");
    expect(existsSync(file)).toBe(true);
    expect([db.name, db.open, db.memory, db.readonly, db.inTransaction]).toEqual([file, true, false, false, false]);
  });

  test("readonly reads what is there and refuses every write", () => {
    const file = join(folder(), "shared.db");
    open(file).exec("CREATE TABLE t (a); INSERT INTO t VALUES (1)");
    const db = open(file, { readonly: true });
    expect(db.readonly).toBe(true);
    expect(db.prepare("SELECT a FROM t").all()).toEqual([{ a: 1 }]);
    const refused = "SqliteError SQLITE_READONLY: attempt to write a readonly database";
    expect(thrownBy(() => db.prepare("INSERT INTO t VALUES (2)").run())).toBe(refused);
    expect(thrownBy(() => db.exec("DROP TABLE t"))).toBe(refused);
  });

  test("the file name is trimmed, and `name` is what was given", () => {
    const file = join(folder(), "trimmed.db");
    const db = open(` ${file} `).exec("CREATE TABLE t (a)");
    expect(existsSync(file)).toBe(true);
    expect(db.name).toBe(` ${file} `);
  });

  test.each([":memory:", "", undefined])("%j is a database without a file", (filename) => {
    const db = open(filename, { fileMustExist: true });
    expect([db.memory, db.name]).toEqual([true, filename ?? ""]);
  });

  test("two in-memory databases are two", () => {
    memory("CREATE TABLE t (a)");
    expect(thrownBy(() => memory().prepare("SELECT * FROM t"))).toBe("SqliteError SQLITE_ERROR: no such table: t");
  });

  const failures: [string, string, (path: string) => unknown][] = [
    ["a missing file, readonly", "SqliteError SQLITE_CANTOPEN: unable to open database file", (path) => open(join(path, "no.db"), { readonly: true })],
    ["a missing file, fileMustExist", "SqliteError SQLITE_CANTOPEN: unable to open database file", (path) => open(join(path, "no.db"), { fileMustExist: true })],
    ["a folder", "SqliteError SQLITE_CANTOPEN: unable to open database file", (path) => open(path)],
    ["a missing folder", "TypeError: Cannot open database because the directory does not exist", (path) => open(join(path, "no", "x.db"))],
  ];
  test.each(failures)("%s is refused and creates nothing", (_case, message, attempt) => {
    const path = folder();
    expect(thrownBy(() => attempt(path))).toBe(message);
    expect(existsSync(join(path, "no.db"))).toBe(false);
  });

  const wrongOptions: [object, string][] = [
    [{ readonly: "yes" }, 'TypeError: Expected the "readonly" option to be a boolean'],
    [{ fileMustExist: 1 }, 'TypeError: Expected the "fileMustExist" option to be a boolean'],
    [{ readOnly: true }, 'TypeError: Misspelled option "readOnly" should be "readonly"'],
    [{ memory: true }, 'TypeError: Option "memory" was removed in v7.0.0 (use ":memory:" filename instead)'],
    [{ readonly: true }, "TypeError: In-memory/temporary databases cannot be readonly"],
    [{ timeout: -1 }, 'TypeError: Expected the "timeout" option to be a positive integer'],
    [{ timeout: 1.5 }, 'TypeError: Expected the "timeout" option to be a positive integer'],
    [{ timeout: "5" }, 'TypeError: Expected the "timeout" option to be a positive integer'],
    [{ timeout: 2 ** 31 }, 'RangeError: Option "timeout" cannot be greater than 2147483647'],
    [{ verbose: 1 }, 'TypeError: Expected the "verbose" option to be a function'],
    [{ nativeBinding: "x.node" }, 'TypeError: Option "nativeBinding" is not available inside nexus hooks'],
  ];
  test.each(wrongOptions)("the options %j are refused", (options, message) => {
    expect(thrownBy(() => open(":memory:", options))).toBe(message);
  });

  test("a file name or options of the wrong type are refused", () => {
    expect(thrownBy(() => Reflect.construct(Database, [1]))).toBe("TypeError: Expected first argument to be a string");
    expect(thrownBy(() => Reflect.construct(Database, [":memory:", 1]))).toBe(
      "TypeError: Expected second argument to be an options object",
    );
  });

  test("a file that is no database says so when it is read", () => {
    const file = join(folder(), "text.db");
    writeFileSync(file, "not a database, just a long enough text ".repeat(40));
    expect(thrownBy(() => open(file).prepare("SELECT * FROM sqlite_master").all())).toBe(
      "SqliteError SQLITE_NOTADB: file is not a database",
    );
  });

  test("a name that begins with `file:` is a file name, not a URI", () => {
    expect(thrownBy(() => open("file:missing.db?mode=memory", { readonly: true }))).toStartWith("SqliteError SQLITE_CANTOPEN");
  });

  test("can be called without new, extended, and recognised by instanceof", () => {
    class Child extends Database {}
    const called = Database(":memory:");
    const child = new Child(":memory:");
    expect([called instanceof Database, child instanceof Database, child instanceof Child]).toEqual([true, true, true]);
    expect(called.constructor).toBe(Database);
    expect(Database.name).toBe("Database");
    called.close();
    child.close();
  });

  test("prints its properties", () => {
    expect(Bun.inspect(memory())).toContain('name: ":memory:"');
  });
});

describe("waiting for a lock", () => {
  test("lasts five seconds unless the timeout option says otherwise", () => {
    const file = join(folder(), "busy.db");
    expect(open(file).pragma("busy_timeout", { simple: true })).toBe(5000);
    expect(open(file, { timeout: 7 }).pragma("busy_timeout", { simple: true })).toBe(7);
  });

  test("ends in SQLITE_BUSY", () => {
    const file = join(folder(), "busy.db");
    const writer = open(file).exec("CREATE TABLE t (a); BEGIN EXCLUSIVE");
    const other = open(file, { timeout: 0 });
    expect(thrownBy(() => other.prepare("SELECT * FROM t").all())).toBe("SqliteError SQLITE_BUSY: database is locked");
    writer.exec("ROLLBACK");
    expect(other.prepare("SELECT * FROM t").all()).toEqual([]);
  });
});

describe("closing", () => {
  test("returns the database, and twice is once", () => {
    const db = memory();
    expect(db.close().close()).toBe(db);
    expect([db.open, db.inTransaction, db.name, db.memory]).toEqual([false, false, ":memory:", true]);
  });

  test("releases the file's lock", () => {
    const file = join(folder(), "lock.db");
    const first = open(file).exec("CREATE TABLE t (a); BEGIN EXCLUSIVE");
    first.close();
    expect(open(file, { timeout: 0 }).prepare("SELECT * FROM t").all()).toEqual([]);
  });

  test("nothing can be prepared or executed afterwards", () => {
    const db = memory("CREATE TABLE t (a)");
    const select = db.prepare("SELECT ? AS a");
    const transaction = db.transaction(() => 1);
    const rows = db.prepare("SELECT 1").iterate();
    rows.return();
    db.close();
    const calls: [string, () => unknown][] = [
      ["prepare", () => db.prepare("SELECT 1")],
      ["exec", () => db.exec("SELECT 1")],
      ["pragma", () => db.pragma("user_version")],
      ["explain", () => db.explain("SELECT 1")],
      ["serialize", () => db.serialize()],
      ["function", () => db.function("f", () => 1)],
      ["aggregate", () => db.aggregate("f", { step: () => 1 })],
      ["transaction", () => transaction()],
      ["run", () => select.run(1)],
      ["get", () => select.get(1)],
      ["all", () => select.all(1)],
      ["iterate", () => select.iterate(1)],
      ["bind", () => select.bind(1)],
      ["columns", () => select.columns()],
    ];
    for (const [name, call] of calls) {
      expect(`${name}: ${thrownBy(call)}`).toBe(`${name}: TypeError: The database connection is not open`);
    }
    expect([select.source, select.reader, select.busy, String(select)]).toEqual(["SELECT ? AS a", true, false, "SELECT ? AS a"]);
    expect(rows.next()).toEqual({ value: undefined, done: true });
  });
});

describe("SqliteError", () => {
  test("is an Error with a code, a hidden message and its own name", () => {
    const error = new SqliteError("it broke", "SQLITE_ERROR");
    expect(error).toBeInstanceOf(Error);
    expect([error.name, error.message, error.code, String(error)]).toEqual(["SqliteError", "it broke", "SQLITE_ERROR", "SqliteError: it broke"]);
    expect(Database.SqliteError).toBe(SqliteError);
    expect(SqliteError("called", "X")).toBeInstanceOf(SqliteError);
    expect(thrownBy(() => Reflect.construct(SqliteError, ["m"]))).toBe("TypeError: Expected second argument to be a string");
  });

  const codes: [number, string][] = [
    [1, "SQLITE_ERROR"],
    [5, "SQLITE_BUSY"],
    [14, "SQLITE_CANTOPEN"],
    [26, "SQLITE_NOTADB"],
    [261, "SQLITE_BUSY_RECOVERY"],
    [516, "SQLITE_ABORT_ROLLBACK"],
    [1544, "SQLITE_READONLY_DIRECTORY"],
    [2067, "SQLITE_CONSTRAINT_UNIQUE"],
    [3091, "SQLITE_CONSTRAINT_DATATYPE"],
    [8714, "SQLITE_IOERR_IN_PAGE"],
    [260, "UNKNOWN_SQLITE_ERROR_260"],
    [99999, "UNKNOWN_SQLITE_ERROR_99999"],
  ];
  test.each(codes)("result code %d is %s", (number, name) => {
    expect(resultCodeName(number)).toBe(name);
  });

  const constraints: [string, string][] = [
    ["INSERT INTO t (id) VALUES (1)", "SqliteError SQLITE_CONSTRAINT_PRIMARYKEY: UNIQUE constraint failed: t.id"],
    ["INSERT INTO t (u) VALUES ('a')", "SqliteError SQLITE_CONSTRAINT_UNIQUE: UNIQUE constraint failed: t.u"],
    ["INSERT INTO t (n) VALUES (NULL)", "SqliteError SQLITE_CONSTRAINT_NOTNULL: NOT NULL constraint failed: t.n"],
    ["INSERT INTO t (c) VALUES (-1)", "SqliteError SQLITE_CONSTRAINT_CHECK: CHECK constraint failed: c > 0"],
    ["INSERT INTO t (r) VALUES (9)", "SqliteError SQLITE_CONSTRAINT_FOREIGNKEY: FOREIGN KEY constraint failed"],
    ["INSERT INTO t (id) VALUES ('x')", "SqliteError SQLITE_MISMATCH: datatype mismatch"],
    ["DELETE FROM t", "SqliteError SQLITE_CONSTRAINT_TRIGGER: keep it"],
    ["SELECT * FROM missing", "SqliteError SQLITE_ERROR: no such table: missing"],
    ["SELEC", 'SqliteError SQLITE_ERROR: near "SELEC": syntax error'],
    ['SELECT "missing"', 'SqliteError SQLITE_ERROR: no such column: "missing" - should this be a string literal in single-quotes?'],
    ["SELECT load_extension('x')", "SqliteError SQLITE_ERROR: not authorized"],
    ["DELETE FROM sqlite_master", "SqliteError SQLITE_ERROR: table sqlite_master may not be modified"],
  ];
  test.each(constraints)("%s carries SQLite's extended code and message", (sql, message) => {
    const db = memory(`CREATE TABLE t (id INTEGER PRIMARY KEY, u UNIQUE, n NOT NULL DEFAULT 0, c CHECK (c > 0), r REFERENCES t);
      INSERT INTO t (id, u) VALUES (1, 'a');
      CREATE TRIGGER keep BEFORE DELETE ON t BEGIN SELECT RAISE(ABORT, 'keep it'); END`);
    expect(thrownBy(() => db.prepare(sql).run())).toBe(message);
  });
});
