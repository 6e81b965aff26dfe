import type { LogLine } from "../core/invocation.ts";
import { REQUESTS_PROCESSOR } from "../core/ref-request.ts";
import { nextWork } from "./meta.ts";
import type { Store } from "./open.ts";

export const RUN_STATUSES = ["pending", "running", "done", "failed", "cancelled"] as const;
export type RunStatus = (typeof RUN_STATUSES)[number];

/** One piece of work of a processor. */
export interface Run {
  readonly id: string;
  readonly processor_type: string;
  readonly status: RunStatus;
  readonly input: Readonly<Record<string, unknown>>;
  /** The event by which an ordinary hook asked for it. */
  readonly event_id?: string;
  /** The update whose hook asked for it. */
  readonly update_id?: string;
  /** The hook that asked for it, on a ref or an ordinary one; missing for one begun by hand. */
  readonly hook_id?: string;
  /** Begun so often. */
  readonly attempts: number;
  /** Unix ms. */
  readonly not_before: number;
  /** What the processor returned as `result`. */
  readonly result?: unknown;
  readonly code?: string;
  readonly error?: string;
  readonly logs?: readonly LogLine[];
  readonly created_at: number;
  readonly started_at?: number;
  readonly settled_at?: number;
}

type RunRow = { readonly [Key in Exclude<keyof Run, "input" | "result" | "logs">]-?: Exclude<Run[Key], undefined> | null } & { readonly input_json: string; readonly result_json: string | null; readonly logs_json: string | null };

/** Inside a transaction. */
export function insertRun(store: Store, { id, processor_type, input, event_id, update_id, hook_id, created_at }: Pick<Run, "id" | "processor_type" | "input" | "event_id" | "update_id" | "hook_id" | "created_at">): void {
  store.db
    .query("INSERT INTO runs(id, processor_type, status, input_json, event_id, update_id, hook_id, created_at) VALUES (?, ?, 'pending', ?, ?, ?, ?, ?)")
    .run(id, processor_type, JSON.stringify(store.redactor.value(input)), event_id ?? null, update_id ?? null, hook_id ?? null, created_at);
  nextWork(store);
}

export function countWaitingRuns(store: Store): number {
  return store.db.query<{ n: number }, []>("SELECT count(*) AS n FROM runs WHERE status = 'pending'").get()?.n ?? 0;
}

/** Runs that wait for, or are with, a processor. */
export function countOpenRuns(store: Store, processor: string): number {
  return store.db.query<{ n: number }, [string]>("SELECT count(*) AS n FROM runs WHERE status IN ('pending', 'running') AND processor_type = ?").get(processor)?.n ?? 0;
}

/** What comes in order, one at a time: the runs of a processor; what ordinary hooks ask of refs, of each hook for itself, so that none of them waits for another's. */
const LANE = `processor_type, iif(processor_type = '${REQUESTS_PROCESSOR}', coalesce(hook_id, ''), '')`;

/** Of each lane in which nothing is under way the oldest that waits, and only where it is due. */
export function dueRuns(store: Store, now: number, limit: number): Run[] {
  return store.db
    .query<RunRow, [number, number]>(
      `SELECT * FROM runs WHERE rowid IN (SELECT min(rowid) FROM runs WHERE status = 'pending' GROUP BY ${LANE}) AND not_before <= ?
       AND (${LANE}) NOT IN (SELECT ${LANE} FROM runs WHERE status = 'running') ORDER BY rowid LIMIT ?`,
    )
    .all(now, limit)
    .map(toRun);
}

/** When the next one that is not due yet will be, Unix ms. */
export function nextRunAt(store: Store, now: number): number | undefined {
  const row = store.db
    .query<{ at: number | null }, [number]>(`SELECT min(not_before) AS at FROM runs WHERE rowid IN (SELECT min(rowid) FROM runs WHERE status = 'pending' GROUP BY ${LANE}) AND not_before > ?`)
    .get(now);
  return row?.at ?? undefined;
}

/** Inside a transaction that must be durable before it begins. False when it no longer waits. */
export function claimRun(store: Store, id: string, at: number): boolean {
  return store.db.query("UPDATE runs SET status = 'running', attempts = attempts + 1, started_at = ? WHERE id = ? AND status = 'pending'").run(at, id).changes === 1;
}

export interface RunEnd {
  /** `pending`: it waits for another attempt. */
  readonly status: Exclude<RunStatus, "running">;
  readonly at: number;
  readonly not_before?: number | undefined;
  readonly result?: unknown;
  readonly code?: string | undefined;
  readonly error?: string | undefined;
  readonly logs?: readonly LogLine[] | undefined;
}

/** Inside a transaction. False when it was no longer running: somebody took it away, and nothing of it may count. */
export function endRun(store: Store, id: string, end: RunEnd): boolean {
  const { status, at, not_before, result, code, error, logs = [] } = store.redactor.value(end);
  return (
    store.db
      .query("UPDATE runs SET status = ?, not_before = ?, result_json = ?, code = ?, error = ?, logs_json = ?, settled_at = ? WHERE id = ? AND status = 'running'")
      .run(status, not_before ?? 0, result === undefined ? null : JSON.stringify(result), code ?? null, error ?? null, logs.length === 0 ? null : JSON.stringify(logs), status === "pending" ? null : at, id).changes === 1
  );
}

export function runningRuns(store: Store): Run[] {
  return store.db.query<RunRow, []>("SELECT * FROM runs WHERE status = 'running'").all().map(toRun);
}

/** Inside a transaction: it was cut off, and waits again. */
export function returnRun(store: Store, id: string): void {
  store.db.query("UPDATE runs SET status = 'pending' WHERE id = ? AND status = 'running'").run(id);
}

/** Inside a transaction: one that ended without success, or waits for its next attempt, is tried now. False when it is neither. */
export function reviveRun(store: Store, id: string): boolean {
  const { changes } = store.db.query("UPDATE runs SET status = 'pending', attempts = 0, not_before = 0, settled_at = NULL, code = NULL, error = NULL WHERE id = ? AND status IN ('failed', 'cancelled', 'pending')").run(id);
  if (changes === 1) nextWork(store);
  return changes === 1;
}

/** Inside a transaction: one that waits, or whose processor is at it, whose answer then counts for nothing. False when it is neither. */
export function cancelRun(store: Store, id: string, at: number): boolean {
  const { changes } = store.db.query("UPDATE runs SET status = 'cancelled', settled_at = ? WHERE id = ? AND status IN ('pending', 'running')").run(at, id);
  if (changes === 1) nextWork(store);
  return changes === 1;
}

/** What an event asked for, or what the hooks of an update did. */
export function runsOf(store: Store, cause: { readonly event_id: string } | { readonly update_id: string }): Run[] {
  const [column, id] = "event_id" in cause ? ["event_id", cause.event_id] : ["update_id", cause.update_id];
  return store.db.query<RunRow, [string]>(`SELECT * FROM runs WHERE ${column} = ? ORDER BY rowid`).all(id).map(toRun);
}

export function runById(store: Store, id: string): Run | undefined {
  const row = store.db.query<RunRow, [string]>("SELECT * FROM runs WHERE id = ?").get(id);
  return row === null ? undefined : toRun(row);
}

export interface RunFilter {
  readonly status?: RunStatus | undefined;
  readonly processor?: string | undefined;
  readonly limit: number;
}

/** Newest first. */
export function listRuns(store: Store, { status, processor, limit }: RunFilter): Run[] {
  return store.db
    .query<RunRow, [string | null, string | null, number]>("SELECT * FROM runs WHERE (?1 IS NULL OR status = ?1) AND (?2 IS NULL OR processor_type = ?2) ORDER BY rowid DESC LIMIT ?3")
    .all(status ?? null, processor ?? null, limit)
    .map(toRun);
}

function toRun({ input_json, result_json, logs_json, ...row }: RunRow): Run {
  const given = Object.fromEntries(Object.entries(row).filter(([, value]) => value !== null));
  // Every column of Run that may be missing is NULL then; the JSON was written by insertRun and endRun.
  return {
    ...(given as unknown as Omit<Run, "input">),
    input: JSON.parse(input_json) as Run["input"],
    ...(result_json === null ? {} : { result: JSON.parse(result_json) as unknown }),
    ...(logs_json === null ? {} : { logs: JSON.parse(logs_json) as LogLine[] }),
  };
}
