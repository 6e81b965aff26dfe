import type { ExecutionOutcome, RefExecution } from "../core/ref.ts";
import type { Store } from "./open.ts";
import type { WebhookStatus } from "./ref-outbox.ts";
import type { RunStatus } from "./runs.ts";

/** Refs as a list shows them. */
export interface RefHead {
  readonly name: string;
  readonly passage_id: string;
  readonly updated_at: number;
}

/** Those with that in their name, by name. */
export function refHeads(store: Store, text: string, limit: number): RefHead[] {
  return store.db.query<RefHead, [string, number]>("SELECT name, passage_id, updated_at FROM refs WHERE instr(name, ?) ORDER BY name LIMIT ?").all(text, limit);
}

export interface PassageHead {
  readonly type: string;
  /** Its beginning. */
  readonly text: string;
  readonly characters: number;
}

export function passageHead(store: Store, id: string, characters: number): PassageHead | undefined {
  return store.db.query<PassageHead, [number, string]>("SELECT type, substr(content, 1, ?) AS text, length(content) AS characters FROM passages WHERE id = ?").get(characters, id) ?? undefined;
}

/** How many hooks each ref has, and how many of them are enabled. */
export function refHookCounts(store: Store): Map<string, { readonly hooks: number; readonly enabled: number }> {
  const rows = store.db.query<{ ref_name: string; hooks: number; enabled: number }, []>("SELECT ref_name, count(*) AS hooks, sum(enabled) AS enabled FROM passage_ref_hooks GROUP BY ref_name").all();
  return new Map(rows.map(({ ref_name, ...counts }) => [ref_name, counts]));
}

export interface WebhookHead {
  readonly id: string;
  readonly ref_name: string;
  readonly hook_id: string;
  readonly update_id: string;
  readonly status: WebhookStatus;
  readonly attempts: number;
  readonly not_before: number;
  readonly code?: string;
  readonly error?: string;
  readonly created_at: number;
  readonly settled_at?: number;
}

/** Those that wait, then all, newest first: so many of each. */
export function webhookHeads(store: Store, limit: number): WebhookHead[] {
  const head = "SELECT id, ref_name, hook_id, update_id, status, attempts, not_before, code, substr(error, 1, 300) AS error, created_at, settled_at FROM ref_outbox";
  return newestOf<WebhookHead>(store, `${head} WHERE status = 'pending' ORDER BY hook_id, not_before LIMIT ?`, `${head} ORDER BY rowid DESC LIMIT ?`, limit);
}

export interface RunHead {
  readonly id: string;
  readonly processor_type: string;
  readonly status: RunStatus;
  readonly attempts: number;
  readonly not_before: number;
  readonly event_id?: string;
  readonly update_id?: string;
  readonly hook_id?: string;
  readonly code?: string;
  readonly error?: string;
  readonly created_at: number;
  readonly started_at?: number;
  readonly settled_at?: number;
}

/** Those that are open, then all, newest first: so many of each. */
export function runHeads(store: Store, limit: number): RunHead[] {
  const head = "SELECT id, processor_type, status, attempts, not_before, event_id, update_id, hook_id, code, substr(error, 1, 300) AS error, created_at, started_at, settled_at FROM runs";
  return newestOf<RunHead>(store, `${head} WHERE status IN ('pending', 'running') LIMIT ?`, `${head} ORDER BY rowid DESC LIMIT ?`, limit);
}

export interface ExecutionCount {
  readonly executions: number;
  readonly failures: number;
}

/** What each hook on a ref did since then: of the newest so many executions. */
export function executionCounts(store: Store, since: number, most: number): Map<string, ExecutionCount> {
  const rows = store.db
    .query<ExecutionCount & { hook_id: string }, [number, number]>(
      `SELECT hook_id, count(*) AS executions, sum(outcome IN ('failed', 'timeout', 'crashed')) AS failures
       FROM (SELECT hook_id, outcome FROM ref_hook_executions WHERE started_at >= ? ORDER BY started_at DESC LIMIT ?) GROUP BY hook_id`,
    )
    .all(since, most);
  return new Map(rows.map(({ hook_id, ...counts }) => [hook_id, counts]));
}

export interface LastExecution {
  readonly outcome: ExecutionOutcome;
  readonly latency_us: number;
  readonly started_at: number;
  readonly error?: string;
}

export function lastExecution(store: Store, hookId: string): LastExecution | undefined {
  const row = store.db.query<LastExecution, [string]>("SELECT outcome, latency_us, started_at, substr(error, 1, 300) AS error FROM ref_hook_executions WHERE hook_id = ? ORDER BY started_at DESC, rowid DESC LIMIT 1").get(hookId);
  return row === null ? undefined : (present(row) as unknown as LastExecution);
}

export type Undone = Pick<RefExecution, "hook_id" | "action_type" | "update_id" | "transaction_id" | "position" | "started_at" | "latency_us" | "outcome" | "code" | "error">;

/** So many of the newest executions of each hook, and of all, are looked at for those that were undone. */
const LOOKED_AT = 2_000;

/** Executions in updates of that ref that were undone, newest first: by the hooks it has, and by those of others lately. */
export function undoneExecutions(store: Store, refName: string, limit: number): Undone[] {
  return store.db
    .query<{ readonly [Key in keyof Undone]-?: Exclude<Undone[Key], undefined> | null }, [string, number, number]>(
      `SELECT hook_id, action_type, update_id, transaction_id, position, started_at, latency_us, outcome, code, substr(error, 1, 500) AS error FROM ref_hook_executions WHERE rowid IN (
         SELECT e.rowid FROM passage_ref_hooks h JOIN ref_hook_executions e ON e.hook_id = h.id AND e.started_at >= coalesce((SELECT started_at FROM ref_hook_executions WHERE hook_id = h.id ORDER BY started_at DESC LIMIT 1 OFFSET ?2), 0)
         WHERE h.ref_name = ?1 AND e.outcome <> 'done'
         UNION SELECT rowid FROM (SELECT rowid, ref_name, outcome FROM ref_hook_executions ORDER BY started_at DESC LIMIT ?2) WHERE ref_name = ?1 AND outcome <> 'done'
       ) ORDER BY rowid DESC LIMIT ?3`,
    )
    .all(refName, LOOKED_AT, limit)
    .map((row) => present(row) as unknown as Undone);
}

function newestOf<Head extends { readonly id: string; readonly created_at: number }>(store: Store, open: string, newest: string, limit: number): Head[] {
  const rows = [open, newest].flatMap((sql) => store.db.query<Head, [number]>(sql).all(limit));
  return [...new Map(rows.map((row) => [row.id, present(row) as unknown as Head])).values()].toSorted((one, other) => other.created_at - one.created_at || (one.id < other.id ? 1 : -1));
}

/** What may be missing is NULL. */
function present(row: object): object {
  return Object.fromEntries(Object.entries(row).filter(([, value]) => value !== null));
}
