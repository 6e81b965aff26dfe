import { type SqlValue, toSqlValue } from "./sql-value.ts";
import type { Parameters } from "./sql-text.ts";

/**
 * Gives every parameter of a statement its value, ordered by index, from the arguments of a call: single values, arrays
 * of values, and at most one plain object for the named parameters.
 */
export function bindArguments(parameters: Parameters, args: readonly unknown[]): SqlValue[] {
  const { count, names } = parameters;
  const values: SqlValue[] = [];
  let anonymous = 0;
  let bound = 0;
  let named = false;
  const append = (argument: unknown): void => {
    do anonymous++;
    while (names.has(anonymous));
    const value = bindable(argument);
    if (anonymous > count) throw new RangeError("Too many parameter values were provided");
    values[anonymous - 1] = value;
    bound++;
  };
  for (const argument of args) {
    if (Array.isArray(argument)) {
      // Not forEach: it skips holes, which bind as NULL.
      for (const element of argument as unknown[]) append(element);
    } else if (isPlainObject(argument)) {
      if (named) throw new TypeError("You cannot specify named parameters in two different objects");
      named = true;
      bound += bindNamed(names, argument, values);
    } else {
      append(refuseNamed(argument, names));
    }
  }
  if (bound < count) throw missing(named, names);
  return values;
}

/** The arguments that make node:sqlite bind the values: an object for the names, then the anonymous ones in order. */
export function nativeArguments(parameters: Parameters, values: SqlValue[]): SqlValue[] {
  const { count, names } = parameters;
  if (names.size === 0) return values;
  const named: Record<string, SqlValue> = {};
  const anonymous: SqlValue[] = [];
  for (let index = 1; index <= count; index++) {
    const name = names.get(index);
    const value = values[index - 1] ?? null;
    // node:sqlite counts a numbered parameter (`?5`) among the anonymous ones.
    if (name === undefined || name.startsWith("?")) anonymous.push(value);
    else named[name] = value;
  }
  // Its types put the object in front of the rest; one list keeps a single call for both shapes.
  return [named as unknown as SqlValue, ...anonymous];
}

function bindNamed(names: ReadonlyMap<number, string>, given: Record<string, unknown>, values: SqlValue[]): number {
  for (const [index, prefixed] of names) {
    const name = prefixed.slice(1);
    if (!Object.hasOwn(given, name)) throw new RangeError(`Missing named parameter "${name}"`);
    values[index - 1] = bindable(given[name]);
  }
  return names.size;
}

function bindable(value: unknown): SqlValue {
  const converted = toSqlValue(value, "The bound string, buffer, or bigint is too big");
  if (converted === undefined) {
    throw new TypeError("SQLite3 can only bind numbers, strings, bigints, buffers, and null");
  }
  return converted;
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null || ArrayBuffer.isView(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

/** An object of a class cannot name parameters; without names to give it falls through to the type error. */
function refuseNamed(argument: unknown, names: ReadonlyMap<number, string>): unknown {
  const isObject = typeof argument === "function" || (typeof argument === "object" && argument !== null);
  if (isObject && !ArrayBuffer.isView(argument) && names.size > 0) {
    throw new TypeError("Named parameters can only be passed within plain objects");
  }
  return argument;
}

function missing(named: boolean, names: ReadonlyMap<number, string>): Error {
  return !named && names.size > 0
    ? new TypeError("Missing named parameters")
    : new RangeError("Too few parameter values were provided");
}
