import type { SQLOutputValue } from "node:sqlite";

/** A value on its way into SQLite. Numbers are bound as REAL and bigints as INTEGER, as better-sqlite3 does. */
export type SqlValue = null | number | bigint | string | Uint8Array;

/** A value on its way to the hook. */
export type HookValue = null | number | bigint | string | Buffer;

const MIN_INTEGER = -(2n ** 63n);
const MAX_INTEGER = 2n ** 63n - 1n;

/** A JavaScript value as SQLite stores it, or undefined when SQLite has no such type. RangeError: a bigint over 64 bits. */
export function toSqlValue(value: unknown, tooBig: string): SqlValue | undefined {
  switch (typeof value) {
    case "number":
    case "string":
      return value;
    case "undefined":
      return null;
    case "bigint":
      if (value < MIN_INTEGER || value > MAX_INTEGER) throw new RangeError(tooBig);
      return value;
    default:
      if (value === null) return null;
      if (value instanceof Uint8Array) return value;
      if (ArrayBuffer.isView(value)) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
      return undefined;
  }
}

/** Statements read integers as bigints, so that none is refused; without safe integers a large one loses digits instead. */
export function toHookValue(value: SQLOutputValue, safeIntegers: boolean): HookValue {
  if (typeof value === "bigint") return safeIntegers ? value : Number(value);
  if (typeof value === "object" && value !== null) {
    return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  }
  return value;
}
