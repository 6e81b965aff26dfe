import { callableClass } from "./callable-class.ts";
import { Connection } from "./connection.ts";
import { type DatabaseOptions, type OpenRequest, openRequest } from "./open-options.ts";
import { booleanOption, optionsFrom, toggleState } from "./options.ts";
import type { HookRow } from "./row.ts";
import { SqliteError } from "./sqlite-error.ts";
import { Statement } from "./statement.ts";
import { type TransactionFunction, transactionFunction } from "./transaction.ts";
import { defineAggregate, defineFunction } from "./user-function.ts";

const INSPECT = Symbol.for("nodejs.util.inspect.custom");

class DatabaseClass {
  readonly #connection: Connection;
  readonly #request: OpenRequest;
  readonly #transactionStatements = new Map<string, Statement>();

  constructor(filename?: string | Buffer | null, options?: DatabaseOptions | null) {
    const request = openRequest(filename, options);
    this.#connection = new Connection(request);
    this.#request = request;
  }

  get name(): string {
    return this.#request.name;
  }

  /** In-memory or temporary. */
  get memory(): boolean {
    return this.#request.anonymous;
  }

  get readonly(): boolean {
    return this.#request.readonly;
  }

  get open(): boolean {
    return this.#connection.open;
  }

  get inTransaction(): boolean {
    return this.#connection.inTransaction;
  }

  prepare(sql: string): Statement {
    return new Statement(this.#connection, this, requireString(sql));
  }

  /** A function that begins a transaction, calls `work`, and commits, or rolls back when it throws. Nested: a savepoint. */
  transaction<This, Arguments extends unknown[], Result>(
    work: (this: This, ...args: Arguments) => Result,
  ): TransactionFunction<This, Arguments, Result> {
    if (typeof work !== "function") throw new TypeError("Expected first argument to be a function");
    this.#connection.requireOpen();
    this.#connection.requireNotBusy();
    return transactionFunction(this.#connection, this, (sql) => this.#runTransactionStatement(sql), work);
  }

  /** Rows of the PRAGMA; with `simple`, the first value of the first row. */
  pragma(source: string, options?: { readonly simple?: boolean } | null): HookRow | HookRow[] | undefined {
    const simple = booleanOption(optionsFrom(options, "second"), "simple");
    const statement = new Statement(this.#connection, this, `PRAGMA ${requireString(source)}`, { pragma: true });
    return simple ? statement.pluck().get() : statement.all();
  }

  explain(sql: string): HookRow[] {
    return new Statement(this.#connection, this, `EXPLAIN ${requireString(sql)}`, { unbound: true }).all();
  }

  /** Executes every statement of the text, up to the first error. */
  exec(sql: string): this {
    requireString(sql);
    const connection = this.#connection;
    connection.requireOpen();
    connection.requireNotBusy();
    connection.requireMutable();
    if (!connection.logs) {
      connection.execute((native) => native.exec(sql));
      return this;
    }
    connection.execute(() => {
      let rest = sql;
      for (;;) {
        rest = rest.replace(/^[\s;]+/, "");
        const statement = connection.prepare(rest);
        if (statement === undefined) break;
        connection.log(statement.expandedSQL);
        statement.all();
        rest = rest.slice(statement.sourceSQL.length);
      }
    });
    return this;
  }

  close(): this {
    this.#connection.close();
    return this;
  }

  serialize(options?: { readonly attached?: string } | null): Buffer {
    const given = optionsFrom(options, "first");
    const attached = "attached" in given ? given["attached"] : "main";
    if (typeof attached !== "string") throw new TypeError('Expected the "attached" option to be a string');
    if (attached === "") throw new TypeError('The "attached" option cannot be an empty string');
    this.#requireIdle();
    return this.#connection.serialize(attached);
  }

  /** Registers a function for use in SQL; `options`: varargs, deterministic, directOnly, safeIntegers. */
  function(name: string, callback: (...args: unknown[]) => unknown): this;
  function(name: string, options: object | null | undefined, callback: (...args: unknown[]) => unknown): this;
  function(name: string, options: unknown, callback?: unknown): this {
    const work = typeof options === "function" ? options : callback;
    const given = typeof options === "function" ? undefined : options;
    if (typeof name !== "string") throw new TypeError("Expected first argument to be a string");
    if (typeof work !== "function") throw new TypeError("Expected last argument to be a function");
    const checked = optionsFrom(given, "second");
    this.#requireIdle();
    defineFunction(this.#connection, name, checked, work as (...args: unknown[]) => unknown);
    return this;
  }

  /** Registers an aggregate; `options`: start, step, inverse, result, and those of `function()`. */
  aggregate(name: string, options: unknown): this {
    if (typeof name !== "string") throw new TypeError("Expected first argument to be a string");
    if (typeof options !== "object" || options === null) {
      throw new TypeError("Expected second argument to be an options object");
    }
    this.#requireIdle();
    defineAggregate(this.#connection, name, optionsFrom(options, "second"));
    return this;
  }

  defaultSafeIntegers(...toggle: unknown[]): this {
    this.#connection.safeIntegers = toggleState(toggle);
    return this;
  }

  /** Allows writing while an iterator is open, and what SQLITE_DBCONFIG_DEFENSIVE forbids. */
  unsafeMode(...toggle: unknown[]): this {
    const unsafe = toggleState(toggle);
    this.#connection.requireOpen();
    this.#connection.unsafe = unsafe;
    this.#connection.execute((native) => native.enableDefensive(!unsafe));
    return this;
  }

  table(): never {
    throw unavailable("table");
  }

  backup(): never {
    throw unavailable("backup", 'use exec("VACUUM INTO \'copy.db\'") or serialize()');
  }

  loadExtension(): never {
    throw unavailable("loadExtension");
  }

  [INSPECT](): object {
    const { name, open, inTransaction, readonly, memory } = this;
    return Object.assign(new (class Database {})(), { name, open, inTransaction, readonly, memory });
  }

  #runTransactionStatement(sql: string): void {
    let statement = this.#transactionStatements.get(sql);
    if (statement === undefined) {
      statement = this.prepare(sql);
      this.#transactionStatements.set(sql, statement);
    }
    statement.run();
  }

  #requireIdle(): void {
    this.#connection.requireOpen();
    this.#connection.requireNotBusy();
    this.#connection.requireNoIterators();
  }
}
Object.defineProperty(DatabaseClass, "name", { value: "Database" });

/** A database connection; `Database(...)` without `new` opens one too. */
export const Database = Object.assign(callableClass(DatabaseClass), { SqliteError });

function requireString(value: unknown): string {
  if (typeof value !== "string") throw new TypeError("Expected first argument to be a string");
  return value;
}

function unavailable(method: string, instead?: string): TypeError {
  const hint = instead === undefined ? "" : `: ${instead}`;
  return new TypeError(`Database#${method}() of better-sqlite3 is not available inside nexus hooks${hint}`);
}
