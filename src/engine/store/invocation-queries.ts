import type { HookStage } from "../core/hook.ts";
import type { Invocation, LogLine, Outcome } from "../core/invocation.ts";
import type { Store } from "./open.ts";

interface InvocationRow {
  id: string;
  hook_id: string;
  version_id: string;
  event_id: string;
  started_at: number;
  finished_at: number;
  latency_ms: number;
  latency_us: number;
  outcome: Outcome;
  fired: number;
  attempt: number;
  reason: string | null;
  result_json: string | null;
  llm_calls: number;
  llm_tokens_in: number;
  llm_tokens_out: number;
  search_calls: number;
  error: string | null;
  stack_trace: string | null;
  stage: HookStage | "";
  request_id: string;
}

export interface InvocationLog {
  readonly lines: readonly LogLine[];
  readonly dropped_bytes: number;
}

export interface InvocationFilter {
  readonly limit: number;
  /** Unix ms. */
  readonly since?: number | undefined;
  readonly errorsOnly?: boolean | undefined;
}

/** Rows of all hooks that are looked through by time; when more of them are recent, the hook's own index is quicker. */
const RECENT_ROWS = 20_000;

/** Newest first; reads an index from its end, however many rows there are. */
export function invocationsOf(store: Store, hookId: string, { limit, since, errorsOnly = false }: InvocationFilter): Invocation[] {
  const errors = errorsOnly ? "AND error IS NOT NULL" : "";
  // A hook that rested since then may have millions of older rows, which its own index would walk through.
  const byTime = since !== undefined && countSince(store, since) < RECENT_ROWS;
  const from = byTime ? "hook_invocations INDEXED BY idx_invocations_time WHERE hook_id = ? AND started_at >= ?" : "hook_invocations WHERE hook_id = ? AND +started_at >= ?";
  return store.db
    .query<InvocationRow, [string, number, number]>(`SELECT * FROM ${from} ${errors} ORDER BY rowid DESC LIMIT ?`)
    .all(hookId, since ?? 0, limit)
    .map(toInvocation);
}

/** How many were ever stored: rows go from the oldest on, and their numbers are not given out again. */
export function invocationsEver(store: Store): number {
  return store.db.query<{ last: number | null }, []>("SELECT max(rowid) AS last FROM hook_invocations").get()?.last ?? 0;
}

/** Of all hooks, newest first. */
export function newestInvocations(store: Store, limit: number, errorsOnly = false): Invocation[] {
  // The index of the failed ones stands in the order of their hooks: it is read whole, and the rows only of those that are wanted.
  const from = errorsOnly ? "hook_invocations WHERE rowid IN (SELECT rowid FROM hook_invocations INDEXED BY idx_invocations_failed WHERE error IS NOT NULL ORDER BY rowid DESC LIMIT ?1)" : "hook_invocations";
  return store.db.query<InvocationRow, [number]>(`SELECT * FROM ${from} ORDER BY rowid DESC LIMIT ?1`).all(limit).map(toInvocation);
}

function countSince(store: Store, since: number): number {
  const row = store.db
    .query<{ n: number }, [number, number]>("SELECT count(*) AS n FROM (SELECT 1 FROM hook_invocations WHERE started_at >= ? LIMIT ?)")
    .get(since, RECENT_ROWS);
  return row?.n ?? 0;
}

export function invocationsOfEvent(store: Store, eventId: string): Invocation[] {
  return store.db.query<InvocationRow, [string]>("SELECT * FROM hook_invocations WHERE event_id = ? ORDER BY rowid").all(eventId).map(toInvocation);
}

export function invocationById(store: Store, id: string): Invocation | undefined {
  const row = store.db.query<InvocationRow, [string]>("SELECT * FROM hook_invocations WHERE id = ?").get(id);
  return row === null ? undefined : toInvocation(row);
}

/** What stage hooks made of a request, in the order in which they were asked. */
export function invocationsOfRequest(store: Store, requestId: string): Invocation[] {
  return store.db.query<InvocationRow, [string]>("SELECT * FROM hook_invocations WHERE request_id = ? AND request_id <> '' ORDER BY rowid").all(requestId).map(toInvocation);
}

/** The automations for which the event has its terminal outcome. */
export function hookIdsEvaluated(store: Store, eventId: string): Set<string> {
  const rows = store.db.query<{ hook_id: string }, [string]>("SELECT hook_id FROM hook_invocations WHERE event_id = ? AND stage = ''").all(eventId);
  return new Set(rows.map(({ hook_id }) => hook_id));
}

export function logOf(store: Store, invocationId: string): InvocationLog | undefined {
  const row = store.db
    .query<{ lines_json: string; dropped_bytes: number }, [string]>("SELECT lines_json, dropped_bytes FROM invocation_logs WHERE invocation_id = ?")
    .get(invocationId);
  return row === null ? undefined : { lines: JSON.parse(row.lines_json) as LogLine[], dropped_bytes: row.dropped_bytes };
}

function toInvocation(row: InvocationRow): Invocation {
  const { fired, reason, result_json, error, stack_trace, stage, request_id, ...rest } = row;
  return {
    ...rest,
    fired: fired === 1,
    ...(reason === null ? {} : { reason }),
    ...(result_json === null ? {} : { result: JSON.parse(result_json) as unknown }),
    ...(error === null ? {} : { error }),
    ...(stack_trace === null ? {} : { stack_trace }),
    ...(stage === "" ? {} : { stage, request_id }),
  };
}
