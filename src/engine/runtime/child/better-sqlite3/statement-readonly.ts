import type { Connection } from "./connection.ts";
import { leadingKeyword, skipBlank } from "./sql-text.ts";

/** Opcodes that make `sqlite3_stmt_readonly` false; OP_Transaction does so when it opens a write transaction (p2). */
const WRITING_OPCODES = new Set(["Checkpoint", "Vacuum", "JournalMode"]);

/**
 * What `sqlite3_stmt_readonly` says, which node:sqlite does not pass on: read from the compiled program, as SQLite itself
 * derives it, except for the keywords whose answer is always the same.
 */
export function isReadonlyStatement(connection: Connection, keyword: string, sql: string): boolean {
  switch (keyword) {
    case "SELECT":
    case "VALUES":
      return true;
    case "INSERT":
    case "REPLACE":
    case "UPDATE":
    case "DELETE":
      return false;
    case "EXPLAIN":
      return isReadonlyStatement(connection, ...explained(sql));
    default:
      return programReadsOnly(connection, sql);
  }
}

function programReadsOnly(connection: Connection, sql: string): boolean {
  const program = connection.prepare(`EXPLAIN ${sql.slice(skipBlank(sql, 0))}`)?.all() ?? [];
  return !program.some(({ opcode, p2 }) =>
    typeof opcode === "string" && (WRITING_OPCODES.has(opcode) || (opcode === "Transaction" && Number(p2) !== 0))
  );
}

/** The statement behind EXPLAIN [QUERY PLAN]: SQLite answers for that one. */
function explained(sql: string): [keyword: string, sql: string] {
  let rest = sql;
  for (const word of ["EXPLAIN", "QUERY", "PLAN"]) {
    if (leadingKeyword(rest) === word) rest = rest.slice(skipBlank(rest, 0) + word.length);
  }
  return [leadingKeyword(rest), rest];
}
