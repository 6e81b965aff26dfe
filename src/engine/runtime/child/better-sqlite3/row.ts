import type { SQLOutputValue, StatementColumnMetadata } from "node:sqlite";
import { type HookValue, toHookValue } from "./sql-value.ts";

/** How rows are returned: object by column, first value only, object by table and column, array. */
export type RowMode = "flat" | "pluck" | "expand" | "raw";

/** What node:sqlite returns for a row: an object in the mode `flat`, an array in the others. */
export type NativeRow = Record<string, SQLOutputValue> | readonly SQLOutputValue[];

type FlatRow = Record<string, HookValue>;
export type HookRow = FlatRow | HookValue | HookValue[] | Record<string, FlatRow>;

/** The namespace of expressions in expanded rows. */
const NO_TABLE = "$";

export function toHookRow(
  row: NativeRow,
  mode: RowMode,
  safeIntegers: boolean,
  columns: readonly StatementColumnMetadata[],
): HookRow {
  if (!isArrayRow(row)) return flatRow(row, safeIntegers);
  switch (mode) {
    case "pluck":
      return toHookValue(row[0] ?? null, safeIntegers);
    case "expand":
      return expandedRow(row, safeIntegers, columns);
    default:
      return row.map((value) => toHookValue(value, safeIntegers));
  }
}

function isArrayRow(row: NativeRow): row is readonly SQLOutputValue[] {
  return Array.isArray(row);
}

/** node:sqlite's rows have no prototype; better-sqlite3's are ordinary objects. */
function flatRow(row: Record<string, SQLOutputValue>, safeIntegers: boolean): FlatRow {
  const flat: FlatRow = {};
  for (const name in row) flat[name] = toHookValue(row[name] ?? null, safeIntegers);
  return flat;
}

function expandedRow(
  row: readonly SQLOutputValue[],
  safeIntegers: boolean,
  columns: readonly StatementColumnMetadata[],
): Record<string, FlatRow> {
  const expanded: Record<string, FlatRow> = {};
  for (const [at, { name, table }] of columns.entries()) {
    const namespace = (expanded[table ?? NO_TABLE] ??= {});
    namespace[name] = toHookValue(row[at] ?? null, safeIntegers);
  }
  return expanded;
}
