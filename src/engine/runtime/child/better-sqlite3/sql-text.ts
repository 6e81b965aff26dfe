import type { SqlValue } from "./sql-value.ts";

/** A parameter where it stands in a statement's text. */
interface ParameterToken {
  /** 1-based, as SQLite numbers parameters. */
  readonly index: number;
  readonly text: string;
  readonly offset: number;
}

/** The parameters of one statement. */
export interface Parameters {
  /** The highest index: `?5` alone makes it 5. */
  readonly count: number;
  /** index → name with its prefix (`@a`, `:a`, `$a`, `?5`); a plain `?` has none. */
  readonly names: ReadonlyMap<number, string>;
  readonly tokens: readonly ParameterToken[];
}

export const NO_PARAMETERS: Parameters = { count: 0, names: new Map(), tokens: [] };

/**
 * SQLite's tokens, as far as needed to find parameters: a quoted text, a name or a comment hides what looks like one.
 * node:sqlite does not tell which parameters a statement has; the text was accepted by SQLite before it comes here.
 */
const TOKEN =
  /'[^']*'|"[^"]*"|`[^`]*`|\[[^\]]*\]|--[^\n]*|\/\*[^]*?(?:\*\/|$)|[\w\u0080-\uffff][\w$\u0080-\uffff]*|\?\d*|[@:$#](?:[\w$\u0080-\uffff]|::)+(?:\([^\s)]*\))?/g;

const SKIPPED = /(?:[\s;]|--[^\n]*(?:\n|$)|\/\*[^]*?(?:\*\/|$))*/y;

/** Lists the parameters of a statement, numbered by SQLite's rules (lang_expr.html#varparam). */
export function parametersOf(sql: string): Parameters {
  if (!/[?@:$#]/.test(sql)) return NO_PARAMETERS;
  const names = new Map<number, string>();
  const indexes = new Map<string, number>();
  const tokens: ParameterToken[] = [];
  let count = 0;
  for (const match of sql.matchAll(TOKEN)) {
    const text = match[0];
    if (!/^[?@:$#]/.test(text)) continue;
    const numbered = text.length > 1 && text.startsWith("?");
    const index = numbered ? Number(text.slice(1)) : indexes.get(text) ?? count + 1;
    count = Math.max(count, index);
    if (text !== "?") {
      indexes.set(text, index);
      if (!names.has(index)) names.set(index, text);
    }
    tokens.push({ index, text, offset: match.index });
  }
  return { count, names, tokens };
}

/** Whether anything but blanks, semicolons and comments stands at or after `offset`. */
export function hasMoreSql(sql: string, offset: number): boolean {
  return skipBlank(sql, offset) < sql.length;
}

/** The offset of the first word, after blanks, semicolons and comments. */
export function skipBlank(sql: string, offset: number): number {
  SKIPPED.lastIndex = offset;
  return offset + (SKIPPED.exec(sql)?.[0].length ?? 0);
}

/** The first word in capitals: SELECT, INSERT, WITH, PRAGMA... */
export function leadingKeyword(sql: string): string {
  return /^\w*/.exec(sql.slice(skipBlank(sql, 0)))?.[0].toUpperCase() ?? "";
}

/** Longer texts and blobs are cut: a log line is no place for them (better-sqlite3's SQLITE_TRACE_SIZE_LIMIT). */
const MAX_LITERAL_BYTES = 32;

/** The statement with its values in the place of its parameters, as `sqlite3_expanded_sql` writes them. */
export function expandSql(sql: string, parameters: Parameters, values: readonly SqlValue[]): string {
  let expanded = "";
  let from = 0;
  for (const { index, text, offset } of parameters.tokens) {
    expanded += sql.slice(from, offset) + literal(values[index - 1] ?? null);
    from = offset + text.length;
  }
  return expanded + sql.slice(from);
}

function literal(value: SqlValue): string {
  if (value === null) return "NULL";
  if (typeof value === "bigint") return value.toString();
  if (typeof value === "number") return realLiteral(value);
  if (typeof value === "string") {
    const bytes = Buffer.from(value);
    let end = MAX_LITERAL_BYTES;
    // Whole characters: a byte 10xxxxxx continues the one before.
    while (((bytes[end] ?? 0) & 0xc0) === 0x80) end++;
    return `'${bytes.toString("utf8", 0, end).replaceAll("'", "''")}'${omitted(bytes.length, end)}`;
  }
  const shown = Buffer.from(value.buffer, value.byteOffset, Math.min(value.byteLength, MAX_LITERAL_BYTES));
  return `x'${shown.toString("hex")}'${omitted(value.byteLength, MAX_LITERAL_BYTES)}`;
}

function omitted(length: number, shown: number): string {
  return length > shown ? `/*+${length - shown} bytes*/` : "";
}

/** SQLite's `%!.15g`: fifteen digits, always with a decimal point. */
function realLiteral(value: number): string {
  if (Number.isNaN(value)) return "NULL";
  if (!Number.isFinite(value)) return value < 0 ? "-Inf" : "Inf";
  if (value === 0) return "0.0";
  const [digits = "", power = "0"] = value.toExponential(14).split("e");
  const exponent = Number(power);
  if (exponent < -4 || exponent > 14) {
    const sign = exponent < 0 ? "-" : "+";
    return `${withPoint(digits)}e${sign}${String(Math.abs(exponent)).padStart(2, "0")}`;
  }
  return withPoint(value.toFixed(14 - exponent));
}

function withPoint(digits: string): string {
  const short = digits.includes(".") ? digits.replace(/0+$/, "") : `${digits}.`;
  return short.endsWith(".") ? `${short}0` : short;
}
