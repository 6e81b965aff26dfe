import type { StatementColumnMetadata, StatementSync } from "node:sqlite";
import { bindArguments, nativeArguments } from "./bind.ts";
import type { Connection } from "./connection.ts";
import { toggleState } from "./options.ts";
import { type HookRow, type NativeRow, type RowMode, toHookRow } from "./row.ts";
import { expandSql, hasMoreSql, leadingKeyword, NO_PARAMETERS, type Parameters, parametersOf } from "./sql-text.ts";
import type { SqlValue } from "./sql-value.ts";
import { StatementIterator } from "./statement-iterator.ts";
import { isReadonlyStatement } from "./statement-readonly.ts";

export interface RunResult {
  readonly changes: number;
  readonly lastInsertRowid: number | bigint;
}

interface StatementOptions {
  /** Compile for `pragma()`: counts as returning data whether or not it does. */
  readonly pragma?: boolean;
  /** Compile for `explain()`: parameters may stay unbound. */
  readonly unbound?: boolean;
}

const NO_COLUMNS: readonly StatementColumnMetadata[] = [];

/** A single SQL statement, from `Database#prepare`. */
export class Statement {
  declare readonly database: object;
  declare readonly source: string;
  /** Whether it returns data. */
  declare readonly reader: boolean;
  /** Whether it leaves the database as it is. */
  declare readonly readonly: boolean;
  readonly #connection: Connection;
  readonly #native: StatementSync;
  readonly #keyword: string;
  /** The statement's own text, which may end before the source does. */
  readonly #sql: string;
  readonly #parameters: Parameters;
  #bound: SqlValue[] | undefined;
  #mode: RowMode = "flat";
  #safeIntegers: boolean;
  /** An iterator over this statement is not finished. */
  #locked = false;

  constructor(connection: Connection, database: object, source: string, options: StatementOptions = {}) {
    connection.requireOpen();
    connection.requireNotBusy();
    if (options.pragma === true) connection.requireMutable();
    // SQLite stops at a NUL; node:sqlite is not told to.
    const sql = source.split("\0", 1)[0] ?? "";
    const native = connection.prepare(sql);
    if (native === undefined) throw new RangeError("The supplied SQL string contains no statements");
    this.#sql = native.sourceSQL;
    if (hasMoreSql(sql, this.#sql.length)) {
      throw new RangeError("The supplied SQL string contains more than one statement");
    }
    const reader = options.pragma === true || native.columns().length > 0;
    const keyword = leadingKeyword(sql);
    const readonly = options.pragma !== true && isReadonlyStatement(connection, keyword, sql);
    for (const [name, value] of Object.entries({ reader, readonly, source, database })) {
      Object.defineProperty(this, name, { value, enumerable: true });
    }
    this.#connection = connection;
    this.#native = native;
    this.#keyword = keyword;
    this.#parameters = options.unbound === true ? NO_PARAMETERS : parametersOf(this.#sql);
    this.#safeIntegers = connection.safeIntegers;
  }

  /** Whether an iterator over this statement is not finished. */
  get busy(): boolean {
    return this.#connection.open && this.#locked;
  }

  run(...args: unknown[]): RunResult {
    const values = this.#start(args, true);
    return this.#execute(values, (native, bindings) => {
      // changes() still counts the statement before when this one is not an INSERT, UPDATE or DELETE.
      const before = isRowChange(this.#keyword) ? undefined : this.#connection.totalChanges();
      const { changes, lastInsertRowid } = native.run(...bindings);
      const stale = before !== undefined && before === this.#connection.totalChanges();
      return {
        changes: stale ? 0 : Number(changes),
        lastInsertRowid: this.#safeIntegers ? BigInt(lastInsertRowid) : Number(lastInsertRowid),
      };
    });
  }

  get(...args: unknown[]): HookRow | undefined {
    this.#requireReader();
    const values = this.#start(args, false);
    return this.#execute(values, (native, bindings) => {
      const row = native.get(...bindings) as NativeRow | undefined;
      return row === undefined ? undefined : toHookRow(row, this.#mode, this.#safeIntegers, this.#rowColumns());
    });
  }

  all(...args: unknown[]): HookRow[] {
    this.#requireReader();
    const values = this.#start(args, false);
    return this.#execute(values, (native, bindings) => {
      const rows = native.all(...bindings) as NativeRow[];
      const columns = this.#rowColumns();
      return rows.map((row) => toHookRow(row, this.#mode, this.#safeIntegers, columns));
    });
  }

  /** Reads the rows one by one. Until it is finished or closed the connection only reads. */
  iterate(...args: unknown[]): StatementIterator {
    this.#requireReader();
    const values = this.#start(args, false);
    const rows = this.#native.iterate(...nativeArguments(this.#parameters, values));
    this.#locked = true;
    return new StatementIterator(this.#connection, this, {
      // Row shape is fixed at the start: the switches cannot be used while the statement is locked.
      next: () => {
        const step = rows.next();
        if (step.done === true) return undefined;
        return { row: toHookRow(step.value, this.#mode, this.#safeIntegers, this.#rowColumns()) };
      },
      close: () => {
        this.#locked = false;
        rows.return?.();
      },
      log: () => this.#log(values),
    });
  }

  bind(...args: unknown[]): this {
    if (this.#bound !== undefined) {
      throw new TypeError("The bind() method can only be invoked once per statement object");
    }
    this.#connection.requireOpen();
    this.#connection.requireNotBusy();
    this.#requireUnlocked();
    const values = bindArguments(this.#parameters, args);
    // Bound for good, so what the hook does to its buffers later must not show.
    this.#bound = values.map((value) => (value instanceof Uint8Array ? new Uint8Array(value) : value));
    return this;
  }

  pluck(...toggle: unknown[]): this {
    return this.#switchMode("pluck", toggle);
  }

  expand(...toggle: unknown[]): this {
    return this.#switchMode("expand", toggle);
  }

  raw(...toggle: unknown[]): this {
    return this.#switchMode("raw", toggle);
  }

  safeIntegers(...toggle: unknown[]): this {
    this.#connection.requireNotBusy();
    this.#requireUnlocked();
    this.#safeIntegers = toggleState(toggle);
    return this;
  }

  columns(): StatementColumnMetadata[] {
    if (!this.reader) throw new TypeError("The columns() method is only for statements that return data");
    this.#connection.requireOpen();
    this.#connection.requireNotBusy();
    return this.#native.columns().map(({ name, column, table, database, type }) => ({
      name,
      column,
      table,
      database,
      type,
    }));
  }

  /** The SQL, with the values of `bind()` in it while the connection is open. */
  toString(): string {
    return this.#bound === undefined || !this.#connection.open ? this.source : this.#expanded(this.#bound);
  }

  #start(args: readonly unknown[], mutates: boolean): SqlValue[] {
    const connection = this.#connection;
    connection.requireOpen();
    connection.requireNotBusy();
    this.#requireUnlocked();
    if (mutates) connection.requireMutable();
    if (this.#bound === undefined) return bindArguments(this.#parameters, args);
    if (args.length > 0) throw new TypeError("This statement already has bound parameters");
    return this.#bound;
  }

  #execute<Result>(values: SqlValue[], step: (native: StatementSync, bindings: SqlValue[]) => Result): Result {
    return this.#connection.execute(() => {
      this.#log(values);
      return step(this.#native, nativeArguments(this.#parameters, values));
    });
  }

  #log(values: readonly SqlValue[]): void {
    if (this.#connection.logs) this.#connection.log(this.#expanded(values));
  }

  #expanded(values: readonly SqlValue[]): string {
    return expandSql(this.#sql, this.#parameters, values);
  }

  /** Asked after each execution: SQLite compiles a statement anew when the schema has changed. */
  #rowColumns(): readonly StatementColumnMetadata[] {
    return this.#mode === "expand" ? this.#native.columns() : NO_COLUMNS;
  }

  #switchMode(mode: RowMode, toggle: readonly unknown[]): this {
    if (!this.reader) throw new TypeError(`The ${mode}() method is only for statements that return data`);
    this.#connection.requireNotBusy();
    this.#requireUnlocked();
    const on = toggleState(toggle);
    if (on) this.#mode = mode;
    else if (this.#mode === mode) this.#mode = "flat";
    if (this.#connection.open) this.#native.setReturnArrays(this.#mode !== "flat");
    return this;
  }

  #requireReader(): void {
    if (!this.reader) throw new TypeError("This statement does not return data. Use run() instead");
  }

  #requireUnlocked(): void {
    if (this.#locked) throw new TypeError("This statement is busy executing a query");
  }
}

function isRowChange(keyword: string): boolean {
  return keyword === "INSERT" || keyword === "UPDATE" || keyword === "DELETE" || keyword === "REPLACE";
}
