import type { AssembledContext, ProcessMark, Turn, TurnStatus, Usage } from "../core/turn.ts";
import type { Profile } from "../core/profile.ts";
import type { Store } from "./open.ts";

interface TurnRow {
  readonly id: string;
  readonly session_key: string;
  readonly parent_turn_id: string | null;
  readonly agent: string;
  readonly runner: string;
  readonly status: TurnStatus;
  readonly started_at: number;
  readonly ended_at: number | null;
  readonly context_json: string | null;
  readonly answer: string | null;
  readonly code: string | null;
  readonly error: string | null;
  readonly agent_session: string | null;
  readonly usage_json: string | null;
  readonly process_json: string | null;
  readonly epoch: number;
  readonly end_json: string | null;
  readonly request_json: string | null;
  readonly profile: Profile;
}

/** Inside a transaction. */
export function insertTurn(store: Store, turn: Pick<Turn, "id" | "session_key" | "parent_turn_id" | "agent" | "runner" | "started_at" | "epoch" | "profile">): void {
  store.db
    .query("INSERT INTO turns(id, session_key, parent_turn_id, agent, runner, status, started_at, epoch, profile) VALUES (?, ?, ?, ?, ?, 'running', ?, ?, ?)")
    .run(turn.id, turn.session_key, turn.parent_turn_id ?? null, turn.agent, turn.runner, turn.started_at, turn.epoch, turn.profile);
}

/** Inside a transaction. */
export function saveContext(store: Store, turnId: string, context: AssembledContext): void {
  store.db.query("UPDATE turns SET context_json = ? WHERE id = ?").run(JSON.stringify(store.redactor.value(context)), turnId);
}

/** Inside a transaction. */
export function saveProcess(store: Store, turnId: string, mark: ProcessMark): void {
  store.db.query("UPDATE turns SET process_json = ? WHERE id = ?").run(JSON.stringify(mark), turnId);
}

export interface TurnOutcome {
  readonly status: Exclude<TurnStatus, "running">;
  readonly at: number;
  readonly answer?: string | undefined;
  readonly code?: string | undefined;
  readonly error?: string | undefined;
  readonly agent_session?: string | undefined;
  readonly usage?: Usage | undefined;
}

/** Inside a transaction. False when it has ended before. */
export function endTurn(store: Store, turnId: string, given: TurnOutcome): boolean {
  const { status, at, answer, code, error, agent_session, usage } = store.redactor.value(given);
  return (
    store.db
      .query("UPDATE turns SET status = ?, ended_at = ?, answer = ?, code = ?, error = ?, agent_session = ?, usage_json = ? WHERE id = ? AND status = 'running'")
      .run(status, at, answer ?? null, code ?? null, error ?? null, agent_session ?? null, usage === undefined ? null : JSON.stringify(usage), turnId).changes === 1
  );
}

/** Inside a transaction: what its agent answered, before hooks are asked about it. */
export function saveEnd(store: Store, turnId: string, end: object): void {
  store.db.query("UPDATE turns SET end_json = ? WHERE id = ? AND status = 'running'").run(JSON.stringify(store.redactor.value(end)), turnId);
}

/** What `saveEnd` was given. */
export function savedEnd(store: Store, turnId: string): unknown {
  const row = store.db.query<{ end_json: string | null }, [string]>("SELECT end_json FROM turns WHERE id = ?").get(turnId);
  return typeof row?.end_json === "string" ? JSON.parse(row.end_json) : undefined;
}

/** Inside a transaction: hooks are still to be asked about it and these dispatches. */
export function openRequest(store: Store, turnId: string, dispatchIds: readonly string[]): void {
  store.db.query("UPDATE turns SET request_json = ? WHERE id = ?").run(JSON.stringify(dispatchIds), turnId);
}

/** Inside a transaction: they were asked. */
export function closeRequest(store: Store, turnId: string): void {
  store.db.query("UPDATE turns SET request_json = NULL WHERE id = ?").run(turnId);
}

export interface OpenRequest {
  readonly turn: Turn;
  readonly dispatch_ids: readonly string[];
}

/** Ended turns whose messages are all settled and whose last stages' hooks are still to be asked, oldest first. */
export function openRequests(store: Store, limit: number): OpenRequest[] {
  return store.db
    .query<TurnRow & { request_json: string }, [number]>(
      `SELECT * FROM turns WHERE request_json IS NOT NULL AND status <> 'running'
       AND NOT EXISTS (SELECT 1 FROM deliveries d WHERE d.turn_id = turns.id AND d.status = 'pending') ORDER BY started_at LIMIT ?`,
    )
    .all(limit)
    .map((row) => ({ turn: toTurn(row), dispatch_ids: JSON.parse(row.request_json) as string[] }));
}

export function turnById(store: Store, id: string): Turn | undefined {
  const row = store.db.query<TurnRow, [string]>("SELECT * FROM turns WHERE id = ?").get(id);
  return row === null ? undefined : toTurn(row);
}

/** Those that a daemon left when it ended. */
export function runningTurns(store: Store): Turn[] {
  return store.db.query<TurnRow, []>("SELECT * FROM turns WHERE status = 'running' ORDER BY rowid").all().map(toTurn);
}

/** Newest first. */
export function turnsOfSession(store: Store, sessionKey: string, limit: number): Turn[] {
  return store.db.query<TurnRow, [string, number]>("SELECT * FROM turns WHERE session_key = ? ORDER BY started_at DESC, rowid DESC LIMIT ?").all(sessionKey, limit).map(toTurn);
}

/** The way back from a turn through those it builds on, itself first: the history of its session, forks included. */
export function ancestry(store: Store, turnId: string, limit: number): Turn[] {
  return store.db
    .query<TurnRow, [string, number]>(
      `WITH RECURSIVE way(id, distance) AS (
         VALUES (?1, 0) UNION ALL SELECT t.parent_turn_id, way.distance + 1 FROM way JOIN turns t ON t.id = way.id WHERE t.parent_turn_id IS NOT NULL AND way.distance + 1 < ?2
       ) SELECT turns.* FROM way JOIN turns ON turns.id = way.id ORDER BY way.distance`,
    )
    .all(turnId, limit)
    .map(toTurn);
}

function toTurn({ context_json, usage_json, process_json, end_json: _end, request_json: _request, ...row }: TurnRow): Turn {
  const present = Object.fromEntries(Object.entries(row).filter(([, value]) => value !== null)) as Omit<Turn, "context" | "usage" | "process">;
  // All written above.
  return {
    ...present,
    ...(context_json === null ? {} : { context: JSON.parse(context_json) as AssembledContext }),
    ...(usage_json === null ? {} : { usage: JSON.parse(usage_json) as Usage }),
    ...(process_json === null ? {} : { process: JSON.parse(process_json) as ProcessMark }),
  };
}
