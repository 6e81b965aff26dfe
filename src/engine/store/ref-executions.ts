import type { LogLine } from "../core/invocation.ts";
import type { ExecutionOutcome, RefExecution } from "../core/ref.ts";
import type { Store } from "./open.ts";

type ExecutionRow = { readonly [Key in Exclude<keyof RefExecution, "effects" | "logs">]-?: Exclude<RefExecution[Key], undefined> | null } & {
  readonly effects_json: string;
  readonly logs_json: string | null;
};

/** Inside a transaction, without secrets. */
export function insertExecutions(store: Store, executions: readonly RefExecution[]): void {
  const insert = store.db.query(
    `INSERT INTO ref_hook_executions(id, hook_id, ref_name, action_type, update_id, transaction_id, position, depth, started_at, finished_at, latency_us, outcome, code, error, stack_trace, effects_json, logs_json)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  for (const one of executions) {
    const { code, error, stack_trace, effects, logs } = store.redactor.value({ code: one.code, error: one.error, stack_trace: one.stack_trace, effects: one.effects, logs: one.logs });
    insert.run(
      one.id, one.hook_id, one.ref_name, one.action_type, one.update_id, one.transaction_id, one.position, one.depth, one.started_at, one.finished_at, one.latency_us, one.outcome,
      code ?? null, error ?? null, stack_trace ?? null, JSON.stringify(effects), logs === undefined || logs.length === 0 ? null : JSON.stringify(logs),
    );
  }
}

/** What one hook did, newest first. */
export function executionsOfHook(store: Store, hookId: string, limit: number): RefExecution[] {
  return store.db.query<ExecutionRow, [string, number]>("SELECT * FROM ref_hook_executions WHERE hook_id = ? ORDER BY started_at DESC, rowid DESC LIMIT ?").all(hookId, limit).map(toExecution);
}

/** What the hooks of one update did, in their order. */
export function executionsOfUpdate(store: Store, updateId: string): RefExecution[] {
  return store.db.query<ExecutionRow, [string]>("SELECT * FROM ref_hook_executions WHERE update_id = ? ORDER BY rowid").all(updateId).map(toExecution);
}

/** What the hooks of one update and of its cascades did, in their order; also where the update was undone. */
export function executionsOfTransaction(store: Store, transactionId: string): RefExecution[] {
  return store.db.query<ExecutionRow, [string]>("SELECT * FROM ref_hook_executions WHERE transaction_id = ? ORDER BY rowid").all(transactionId).map(toExecution);
}

export interface ExecutionStats {
  readonly hook_id: string;
  readonly action_type: string;
  readonly ref_name: string;
  readonly outcomes: Readonly<Partial<Record<ExecutionOutcome, number>>>;
  readonly p50_ms: number;
  readonly p95_ms: number;
  readonly last_at: number;
  readonly last_error?: string;
}

interface Ran extends Pick<RefExecution, "action_type" | "ref_name" | "latency_us" | "outcome" | "started_at"> {
  readonly error: string | null;
}

/** Executions of one hook that its statistics are made of, the newest; more are not held in memory at a time. */
const MOST_RAN = 10_000;

/** Of the executions since a time, by hook, the newest 10 000 of each at most. */
export function executionStats(store: Store, since: number, hookId?: string): ExecutionStats[] {
  const hooks = hookId === undefined ? store.db.query<{ hook_id: string }, [number]>("SELECT DISTINCT hook_id FROM ref_hook_executions WHERE started_at >= ? ORDER BY hook_id").all(since) : [{ hook_id: hookId }];
  const newest = store.db.query<Ran, [string, number, number]>("SELECT action_type, ref_name, latency_us, outcome, started_at, error FROM ref_hook_executions WHERE hook_id = ? AND started_at >= ? ORDER BY started_at DESC, rowid DESC LIMIT ?");
  return hooks.flatMap(({ hook_id }) => statsOf(hook_id, newest.all(hook_id, since, MOST_RAN)));
}

function statsOf(hook_id: string, ran: readonly Ran[]): ExecutionStats[] {
  const [last] = ran;
  if (last === undefined) return [];
  const sorted = ran.map(({ latency_us }) => latency_us).sort((a, b) => a - b);
  const outcomes: Partial<Record<ExecutionOutcome, number>> = {};
  for (const { outcome } of ran) outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
  const lastError = ran.find(({ error }) => error !== null)?.error;
  return [{
    hook_id, action_type: last.action_type, ref_name: last.ref_name, outcomes, p50_ms: percentile(sorted, 0.5), p95_ms: percentile(sorted, 0.95), last_at: last.started_at,
    ...(lastError === undefined || lastError === null ? {} : { last_error: lastError }),
  }];
}

function percentile(sorted: readonly number[], part: number): number {
  return (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0) / 1_000;
}

function toExecution({ effects_json, logs_json, ...row }: ExecutionRow): RefExecution {
  const given = Object.fromEntries(Object.entries(row).filter(([, value]) => value !== null));
  // Every column of RefExecution that may be missing is NULL then; the rest was written by insertExecutions.
  return { ...(given as unknown as Omit<RefExecution, "effects">), effects: JSON.parse(effects_json) as string[], ...(logs_json === null ? {} : { logs: JSON.parse(logs_json) as LogLine[] }) };
}
