import type { Connection } from "./connection.ts";

/** A function that runs inside a transaction, with a version for each way to begin one. */
export interface TransactionFunction<This, Arguments extends unknown[], Result> {
  (this: This, ...args: Arguments): Result;
  readonly default: TransactionFunction<This, Arguments, Result>;
  readonly deferred: TransactionFunction<This, Arguments, Result>;
  readonly immediate: TransactionFunction<This, Arguments, Result>;
  readonly exclusive: TransactionFunction<This, Arguments, Result>;
  readonly database: object;
}

/** Executes one of the transaction statements. */
export type RunSql = (sql: string) => void;

const BEGIN = {
  default: "BEGIN",
  deferred: "BEGIN DEFERRED",
  immediate: "BEGIN IMMEDIATE",
  exclusive: "BEGIN EXCLUSIVE",
} as const;

// A name no hook would give to a savepoint of its own.
const SAVEPOINT = "`\t_nexus.\t`";

export function transactionFunction<This, Arguments extends unknown[], Result>(
  connection: Connection,
  database: object,
  run: RunSql,
  work: (this: This, ...args: Arguments) => Result,
): TransactionFunction<This, Arguments, Result> {
  const versions: PropertyDescriptorMap = { database: { value: database, enumerable: true } };
  for (const [version, begin] of Object.entries(BEGIN)) {
    const sqliteTransaction = function (this: This, ...args: Arguments): Result {
      return runTransaction(connection, run, begin, () => work.apply(this, args));
    };
    versions[version] = { value: sqliteTransaction };
  }
  for (const version of Object.keys(BEGIN)) Object.defineProperties(versions[version]?.value as object, versions);
  return versions["default"]?.value as TransactionFunction<This, Arguments, Result>;
}

function runTransaction<Result>(connection: Connection, run: RunSql, begin: string, work: () => Result): Result {
  const nested = connection.inTransaction;
  run(nested ? `SAVEPOINT ${SAVEPOINT}` : begin);
  try {
    const result = work();
    if (isThenable(result)) throw new TypeError("Transaction function cannot return a promise");
    run(nested ? `RELEASE ${SAVEPOINT}` : "COMMIT");
    return result;
  } catch (error) {
    // SQLite may have rolled back by itself (RAISE, ON CONFLICT ROLLBACK, a full disk): then nothing is left to undo.
    if (connection.inTransaction) {
      run(nested ? `ROLLBACK TO ${SAVEPOINT}` : "ROLLBACK");
      if (nested) run(`RELEASE ${SAVEPOINT}`);
    }
    throw error;
  }
}

function isThenable(value: unknown): boolean {
  return typeof value === "object" && value !== null && "then" in value && typeof value.then === "function";
}
