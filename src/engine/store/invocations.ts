import type { Invocation, LogLine } from "../core/invocation.ts";
import type { Store } from "./open.ts";

const IDENTITY = "id, hook_id, event_id, started_at, finished_at, latency_ms, fired, version_id, outcome, latency_us, attempt";

/**
 * Inside a transaction. One prepared statement a row is the fastest form (measured: multi-row and json_each are slower);
 * nearly all rows have nothing beyond their identity, and half the bindings are a tenth of the time.
 */
export function insertInvocations(store: Store, rows: readonly Invocation[]): void {
  const plain = store.db.query(`INSERT INTO hook_invocations(${IDENTITY}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`);
  for (const row of rows) {
    if (isPlain(row)) {
      plain.run(row.id, row.hook_id, row.event_id, row.started_at, row.finished_at, row.latency_ms, row.fired ? 1 : 0, row.version_id, row.outcome, row.latency_us, row.attempt);
    } else insertFull(store, store.redactor.value(row));
  }
}

function isPlain(row: Invocation): boolean {
  return row.result === undefined && row.error === undefined && row.reason === undefined && row.stage === undefined && row.llm_calls === 0 && row.search_calls === 0;
}

function insertFull(store: Store, row: Invocation): void {
  store.db
    .query(
      `INSERT INTO hook_invocations(${IDENTITY}, reason, result_json, llm_calls, llm_tokens_in, llm_tokens_out, search_calls, error, stack_trace, stage, request_id)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    )
    .run(
      row.id,
      row.hook_id,
      row.event_id,
      row.started_at,
      row.finished_at,
      row.latency_ms,
      row.fired ? 1 : 0,
      row.version_id,
      row.outcome,
      row.latency_us,
      row.attempt,
      row.reason ?? null,
      row.result === undefined ? null : JSON.stringify(row.result),
      row.llm_calls,
      row.llm_tokens_in,
      row.llm_tokens_out,
      row.search_calls,
      row.error ?? null,
      row.stack_trace ?? null,
      row.stage ?? "",
      row.request_id ?? "",
    );
}

/** Inside a transaction: what the hook wrote while it ran. */
export function insertLogs(store: Store, invocationId: string, lines: readonly LogLine[], droppedBytes: number): void {
  store.db.query("INSERT INTO invocation_logs(invocation_id, lines_json, dropped_bytes) VALUES (?, ?, ?)").run(invocationId, JSON.stringify(store.redactor.value(lines)), droppedBytes);
}
