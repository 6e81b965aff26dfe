import { describe, expect, test } from "bun:test";
import { scratch, thrownBy } from "./scratch.ts";

const { memory } = scratch();

describe("equivalent ways to bind", () => {
  const ways: unknown[][] = [["John", "Smith", 45], [["John", "Smith", 45]], [["John"], ["Smith", 45]], [[], "John", ["Smith"], 45]];
  test.each(ways)("anonymous parameters in the arguments %j", (...args) => {
    expect(memory().prepare("SELECT ?, ?, ?").raw().get(...args)).toEqual(["John", "Smith", 45]);
  });

  const named = ["@first, @last, @age", ":first, :last, :age", "$first, $last, $age", "@first, :last, $age"];
  test.each(named)("named parameters %s", (list) => {
    const row = memory().prepare(`SELECT ${list}`).raw().get({ first: "John", last: "Smith", age: 45 });
    expect(row).toEqual(["John", "Smith", 45]);
  });
});

describe("which parameter gets which value", () => {
  class Named {
    a = 1;
  }
  const cases: [sql: string, args: unknown[], expected: unknown[]][] = [
    ["@a, @a, ?", [45, { a: "Henry" }], ["Henry", "Henry", 45]],
    ["@a, ?", [{ a: 1 }, 2], [1, 2]],
    ["@a, :a, $a", [{ a: 1 }], [1, 1, 1]],
    ["@a", [{ a: 1, unused: 2 }], [1]],
    ["@a", [Object.assign(Object.create(null), { a: 1 })], [1]],
    ["1", [{}], [1]],
    ["?1, ?1", [{ 1: 5 }], [5, 5]],
    ["?2, ?", [{ 2: 5 }, 1, 7], [5, 7]],
    ["?3, ?1", [{ 1: 1, 3: 3 }, 2], [3, 1]],
    ["?, ?", [Object.assign([], { length: 2, 1: 1 })], [null, 1]],
    ["?", [undefined], [null]],
    ["@toString", [{ toString: "own" }], ["own"]],
    ["@é", [{ é: 3 }], [3]],
    ["'?', \"a\", ? /* ? @b */ -- $c\n FROM (SELECT 2 AS a)", [1], ["?", 2, 1]],
    ["[a?], `b?`, ? FROM (SELECT 2 AS [a?], 3 AS [b?])", [1], [2, 3, 1]],
    ["'it''s ?', x'ab' IS NULL, ? AS x$y", [1], ["it's ?", 0, 1]],
  ];
  test.each(cases)("SELECT %s binds as documented (case %#)", (list, args, expected) => {
    expect<unknown>(memory().prepare(`SELECT ${list}`).raw().get(...args)).toEqual(expected);
  });

  const failures: [sql: string, args: unknown[], message: string][] = [
    ["?, ?", [1], "RangeError: Too few parameter values were provided"],
    ["?, ?", [], "RangeError: Too few parameter values were provided"],
    ["?", [1, 2], "RangeError: Too many parameter values were provided"],
    ["1", [1], "RangeError: Too many parameter values were provided"],
    ["@a", [], "TypeError: Missing named parameters"],
    ["@a, ?", [2], "TypeError: Missing named parameters"],
    ["@a, ?", [{ a: 1 }], "RangeError: Too few parameter values were provided"],
    ["@a", [{}], 'RangeError: Missing named parameter "a"'],
    ["@a", [{ b: 1 }], 'RangeError: Missing named parameter "a"'],
    ["@toString", [{}], 'RangeError: Missing named parameter "toString"'],
    ["@a", [{ a: 1 }, { a: 1 }], "TypeError: You cannot specify named parameters in two different objects"],
    ["@a", [new Named()], "TypeError: Named parameters can only be passed within plain objects"],
    ["@a", [new Map()], "TypeError: Named parameters can only be passed within plain objects"],
    ["@a", [{ a: true }], "TypeError: SQLite3 can only bind numbers, strings, bigints, buffers, and null"],
    ["?", [{ a: 1 }], "RangeError: Too few parameter values were provided"],
  ];
  test.each(failures)("SELECT %s is refused (case %#)", (list, args, message) => {
    const db = memory();
    for (const method of ["get", "all", "iterate", "run", "bind"] as const) {
      expect(thrownBy(() => db.prepare(`SELECT ${list}`)[method](...args))).toBe(message);
    }
  });
});

describe("values", () => {
  const stored: [given: unknown, type: string, back: unknown][] = [
    [5, "real", 5],
    [5.5, "real", 5.5],
    [-0, "real", -0],
    [2 ** 60, "real", 2 ** 60],
    [Number.POSITIVE_INFINITY, "real", Number.POSITIVE_INFINITY],
    [Number.NaN, "null", null],
    [5n, "integer", 5],
    [2n ** 63n - 1n, "integer", Number(2n ** 63n - 1n)],
    [-(2n ** 63n), "integer", Number(-(2n ** 63n))],
    ["", "text", ""],
    ["é💥 a'b", "text", "é💥 a'b"],
    [null, "null", null],
    [undefined, "null", null],
    [Buffer.from("ab"), "blob", Buffer.from("ab")],
    [Buffer.alloc(0), "blob", Buffer.alloc(0)],
    [new Uint8Array([1, 2]).subarray(1), "blob", Buffer.from([2])],
    [new Uint16Array([258]), "blob", Buffer.from([2, 1])],
    [new DataView(new ArrayBuffer(2)), "blob", Buffer.alloc(2)],
  ];
  test.each(stored)("value %# is stored as %s", (given, type, back) => {
    expect<unknown>(memory().prepare("SELECT typeof(?1) AS type, ?1 AS value").get({ 1: given })).toEqual({ type, value: back });
  });

  const refused = [true, false, Symbol.iterator, () => 1, new Date(0), /x/, new Map(), new ArrayBuffer(2), [[1]]];
  test.each(refused.map((value) => [value]))("a value SQLite has no type for is refused (case %#)", (value) => {
    expect(thrownBy(() => memory().prepare("SELECT ?").get(value))).toBe(
      "TypeError: SQLite3 can only bind numbers, strings, bigints, buffers, and null",
    );
  });

  test("a bigint of more than 64 bits is refused", () => {
    const select = memory().prepare("SELECT ?");
    for (const value of [2n ** 63n, -(2n ** 63n) - 1n]) {
      expect(thrownBy(() => select.get(value))).toBe("RangeError: The bound string, buffer, or bigint is too big");
    }
  });

  test("a number is a REAL in an expression, too", () => {
    expect(memory().prepare("SELECT ? / 2, json_array(?)").raw().get(5, 1)).toEqual([2.5, "[1.0]"]);
  });

  test("a BLOB comes back as a Buffer of its own", () => {
    const given = Buffer.from("abc");
    const value = memory().prepare("SELECT ?").pluck().get(given);
    expect(Buffer.isBuffer(value)).toBe(true);
    given[0] = 0;
    expect(value).toEqual(Buffer.from("abc"));
  });
});

describe("bind()", () => {
  test("binds for good and returns the statement", () => {
    const statement = memory().prepare("SELECT ? AS a, @b AS b");
    expect(statement.bind(1, { b: "x" })).toBe(statement);
    expect([statement.get(), statement.all(), [...statement.iterate()]]).toEqual([{ a: 1, b: "x" }, [{ a: 1, b: "x" }], [{ a: 1, b: "x" }]]);
  });

  test("refuses parameters afterwards, and a second bind", () => {
    const statement = memory().prepare("SELECT ?").bind(1);
    for (const method of ["get", "all", "iterate", "run"] as const) {
      expect(thrownBy(() => statement[method](2))).toBe("TypeError: This statement already has bound parameters");
    }
    expect(thrownBy(() => statement.bind(2))).toBe("TypeError: The bind() method can only be invoked once per statement object");
  });

  test("keeps the bytes a buffer had then", () => {
    const bytes = Buffer.alloc(4, 1);
    const statement = memory().prepare("SELECT ?").pluck().bind(bytes);
    bytes.fill(2);
    expect(statement.get()).toEqual(Buffer.alloc(4, 1));
  });

  test("a refused bind leaves the statement unbound", () => {
    const statement = memory().prepare("SELECT ?").pluck();
    expect(thrownBy(() => statement.bind())).toBe("RangeError: Too few parameter values were provided");
    expect(statement.get(3)).toBe(3);
  });

  const literals: [unknown, string][] = [
    [null, "NULL"],
    [5, "5.0"],
    [0.1, "0.1"],
    [-0.00001, "-1.0e-05"],
    [1e15, "1.0e+15"],
    [123456789.125, "123456789.125"],
    [5n, "5"],
    ["it's", "'it''s'"],
    [Buffer.from([0xde, 0xad]), "x'dead'"],
    ["x".repeat(35), `'${"x".repeat(32)}'/*+3 bytes*/`],
    [`${"x".repeat(31)}éé`, `'${"x".repeat(31)}é'/*+2 bytes*/`],
    [Buffer.alloc(33), `x'${"00".repeat(32)}'/*+1 bytes*/`],
  ];
  test.each(literals)("toString() shows a bound value as a literal (case %#)", (value, literal) => {
    const statement = memory().prepare("SELECT '?', ?");
    expect(String(statement)).toBe("SELECT '?', ?");
    expect(String(statement.bind(value))).toBe(`SELECT '?', ${literal}`);
  });
});
