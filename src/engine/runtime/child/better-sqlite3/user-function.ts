import type { SQLInputValue, SQLOutputValue } from "node:sqlite";
import type { Connection } from "./connection.ts";
import { booleanOption, functionOption, type GivenOptions } from "./options.ts";
import { toHookValue, toSqlValue } from "./sql-value.ts";

type Callback = (...args: unknown[]) => unknown;

/** SQLite's own limit is higher; better-sqlite3 documents this one by its error. */
const MAX_ARGUMENTS = 100;

/** Registers a function for use in SQL. Its exceptions reach the caller of the statement unchanged. */
export function defineFunction(connection: Connection, name: string, options: GivenOptions, callback: Callback): void {
  const native = nativeOptions(options);
  const readArguments = argumentReader(connection, options);
  const safeName = requireName(name);
  const call = (...args: SQLOutputValue[]): SQLInputValue =>
    returned(callback(...readArguments(args)), safeName);
  setLength(call, native.varargs ? 0 : argumentCount([callback], 0));
  connection.execute((database) => database.function(safeName, native, call));
}

/** Registers an aggregate function, and a window function when `inverse` is given. */
export function defineAggregate(connection: Connection, name: string, options: GivenOptions): void {
  const safeName = requireName(name);
  const start = "start" in options ? options["start"] : null;
  const step = functionOption(options, "step");
  if (step === undefined) throw new TypeError('Missing required option "step"');
  const inverse = functionOption(options, "inverse");
  const result = functionOption(options, "result");
  const native = nativeOptions(options);
  const readArguments = argumentReader(connection, options);
  const callbacks = inverse === undefined ? [step] : [step, inverse];
  const length = native.varargs ? 1 : argumentCount(callbacks, 1) + 1;
  // node:sqlite knows SQL values only as accumulators; a box carries any JavaScript value past it.
  const advance = (callback: Callback) => {
    const call = (box: Box, ...args: SQLOutputValue[]): Box => {
      const next = callback(box.value, ...readArguments(args));
      return next === undefined ? box : { value: next };
    };
    return setLength(call, length);
  };
  connection.execute((database) =>
    database.aggregate<SQLInputValue>(safeName, {
      ...native,
      start: asNative<() => SQLInputValue>(() => ({ value: typeof start === "function" ? (start as Callback)() : start })),
      step: asNative<NativeStep>(advance(step)),
      ...(inverse === undefined ? {} : { inverse: asNative<NativeStep>(advance(inverse)) }),
      result: asNative<(box: SQLInputValue) => SQLInputValue>(({ value }: Box) =>
        returned(result === undefined ? value : result(value), safeName)
      ),
    })
  );
}

interface Box {
  readonly value: unknown;
}

type NativeStep = (accumulator: SQLInputValue, ...args: SQLOutputValue[]) => SQLInputValue;

/** node:sqlite's types allow SQL values as accumulators; it hands any object through untouched. */
function asNative<Native>(callback: unknown): Native {
  return callback as Native;
}

function requireName(name: string): string {
  if (typeof name !== "string") throw new TypeError("Expected first argument to be a string");
  if (name === "") throw new TypeError("User-defined function name cannot be an empty string");
  return name;
}

function nativeOptions(options: GivenOptions) {
  return {
    deterministic: booleanOption(options, "deterministic"),
    directOnly: booleanOption(options, "directOnly"),
    varargs: booleanOption(options, "varargs"),
    // Otherwise a large integer would be an error instead of losing digits.
    useBigIntArguments: true,
  };
}

function argumentReader(connection: Connection, options: GivenOptions): (args: readonly SQLOutputValue[]) => unknown[] {
  const safeIntegers = "safeIntegers" in options ? booleanOption(options, "safeIntegers") : connection.safeIntegers;
  return (args) => args.map((value) => toHookValue(value, safeIntegers));
}

/** The most SQL arguments one of the callbacks takes, after its first `own` parameters. */
function argumentCount(callbacks: readonly Callback[], own: number): number {
  for (const { length } of callbacks) {
    if (!Number.isInteger(length) || length < 0) {
      throw new TypeError("Expected function.length to be a positive integer");
    }
  }
  const count = Math.max(0, ...callbacks.map((callback) => callback.length - own));
  if (count > MAX_ARGUMENTS) throw new RangeError("User-defined functions cannot have more than 100 arguments");
  return count;
}

/** node:sqlite counts a function's arguments by its length. */
function setLength<Target extends object>(target: Target, value: number): Target {
  return Object.defineProperty(target, "length", { value });
}

function returned(value: unknown, name: string): SQLInputValue {
  const converted = toSqlValue(value, `User-defined function ${name}() returned a bigint that was too big`);
  if (converted === undefined) throw new TypeError(`User-defined function ${name}() returned an invalid value`);
  return converted;
}
