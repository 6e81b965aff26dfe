import type { Dispatch, DispatchStatus } from "../core/dispatch.ts";
import type { EffectiveMode } from "../core/queue-mode.ts";
import type { Profile } from "../core/profile.ts";
import { nextWork } from "./meta.ts";
import { profileOf } from "./provenance.ts";
import type { Store } from "./open.ts";

interface DispatchRow {
  readonly id: string;
  readonly hook_id: string | null;
  readonly version_id: string | null;
  readonly event_id: string;
  readonly invocation_id: string | null;
  readonly status: DispatchStatus;
  readonly agent: string | null;
  readonly routing_json: string;
  readonly session_key: string;
  readonly prompt: string | null;
  readonly context_json: string;
  readonly created_at: number;
  readonly persona: string | null;
  readonly thread_id: string | null;
  readonly sender: string | null;
  readonly effective_mode: EffectiveMode | null;
  readonly turn_id: string | null;
  readonly attempts: number;
  readonly not_before: number;
  readonly reason: string | null;
  readonly settled_at: number | null;
  readonly untold: number;
  readonly profile: Profile;
}

/** Inside a transaction. False when the pair was dispatched before: it never is twice. */
export function insertDispatch(store: Store, given: Dispatch): boolean {
  const dispatch = store.redactor.value(given);
  const { changes } = store.db
    .query(
      `INSERT INTO dispatches(id, hook_id, version_id, event_id, invocation_id, status, agent, routing_json, session_key, prompt, context_json, created_at, persona, thread_id, sender, reason, settled_at, profile)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT(event_id, hook_id) DO NOTHING`,
    )
    .run(
      dispatch.id,
      dispatch.hook_id ?? null,
      dispatch.version_id ?? null,
      dispatch.event_id,
      dispatch.invocation_id ?? null,
      dispatch.status,
      dispatch.agent ?? null,
      JSON.stringify(dispatch.routing),
      dispatch.session_key,
      dispatch.prompt ?? null,
      JSON.stringify(dispatch.context),
      dispatch.created_at,
      dispatch.persona ?? null,
      dispatch.thread_id ?? null,
      dispatch.sender ?? null,
      dispatch.reason ?? null,
      dispatch.settled_at ?? null,
      profileOf(store, dispatch),
    );
  return changes === 1;
}

export interface DispatchFilter {
  readonly limit: number;
  readonly status?: DispatchStatus | undefined;
  readonly session?: string | undefined;
  readonly agent?: string | undefined;
  readonly hook?: string | undefined;
}

/** Newest first. */
export function listDispatches(store: Store, { limit, ...filter }: DispatchFilter): Dispatch[] {
  const columns = { status: filter.status, session_key: filter.session, agent: filter.agent, hook_id: filter.hook };
  const given = Object.entries(columns).filter((entry): entry is [string, string] => entry[1] !== undefined);
  const where = given.length === 0 ? "" : `WHERE ${given.map(([column]) => `${column} = ?`).join(" AND ")}`;
  return store.db.query<DispatchRow, (string | number)[]>(`SELECT * FROM dispatches ${where} ORDER BY rowid DESC LIMIT ?`).all(...given.map(([, value]) => value), limit).map(toDispatch);
}

/** Those that wait or run, oldest first. */
export function openDispatches(store: Store, limit: number): Dispatch[] {
  return store.db.query<DispatchRow, [number]>("SELECT * FROM dispatches WHERE status IN ('pending', 'running') ORDER BY created_at, rowid LIMIT ?").all(limit).map(toDispatch);
}

/** Those that ended without an answer, newest first. */
export function failedDispatches(store: Store, limit: number): Dispatch[] {
  return store.db.query<DispatchRow, [number]>("SELECT * FROM dispatches WHERE status IN ('failed', 'dropped', 'expired', 'cancelled') ORDER BY created_at DESC, rowid DESC LIMIT ?").all(limit).map(toDispatch);
}

/** How many wait in each session, the longest queues first. */
export function waitingBySession(store: Store, limit: number): { readonly session: string; readonly waiting: number; readonly oldest_at: number }[] {
  return store.db
    .query<{ session: string; waiting: number; oldest_at: number }, [number]>("SELECT session_key AS session, count(*) AS waiting, min(created_at) AS oldest_at FROM dispatches WHERE status = 'pending' GROUP BY session_key ORDER BY waiting DESC, session LIMIT ?")
    .all(limit);
}

export function dispatchById(store: Store, id: string): Dispatch | undefined {
  const row = store.db.query<DispatchRow, [string]>("SELECT * FROM dispatches WHERE id = ?").get(id);
  return row === null ? undefined : toDispatch(row);
}

export function dispatchesOfEvent(store: Store, eventId: string): Dispatch[] {
  return store.db.query<DispatchRow, [string]>("SELECT * FROM dispatches WHERE event_id = ? ORDER BY rowid").all(eventId).map(toDispatch);
}

/** In the order in which they came. */
export function dispatchesOfTurn(store: Store, turnId: string): Dispatch[] {
  return store.db.query<DispatchRow, [string]>("SELECT * FROM dispatches WHERE turn_id = ? ORDER BY rowid").all(turnId).map(toDispatch);
}

export interface WaitingRow {
  /** The order in which they came. */
  readonly rowid: number;
  readonly id: string;
  readonly event_id: string;
  readonly agent: string | null;
  readonly session_key: string;
  readonly persona: string | null;
  readonly queue_mode: string | null;
  readonly created_at: number;
  readonly not_before: number;
  readonly attempts: number;
  readonly channel: string | null;
  readonly thread_id: string | null;
  readonly profile: Profile;
}

const WAITING = `SELECT d.rowid, d.id, d.event_id, d.agent, d.session_key, d.persona, d.routing_json ->> 'queue_mode' AS queue_mode, d.created_at, d.not_before, d.attempts, d.profile, e.channel, e.thread_id
       FROM dispatches d LEFT JOIN events e ON e.id = d.event_id WHERE +d.status = 'pending'`;

/** What waits for an agent and came behind that row, oldest first: no more of each than a queue needs to know. Along the rows, not by their status: nearly all before that row are settled. */
export function waitingAfter(store: Store, rowid: number, limit: number): WaitingRow[] {
  return store.db.query<WaitingRow, [number, number]>(`${WAITING} AND d.rowid > ? ORDER BY d.rowid LIMIT ?`).all(rowid, limit);
}

/** What waits in one session, oldest first. */
export function waitingIn(store: Store, sessionKey: string): WaitingRow[] {
  return store.db.query<WaitingRow, [string]>(`${WAITING} AND d.session_key = ? ORDER BY d.rowid`).all(sessionKey);
}

export function countPendingDispatches(store: Store): number {
  return store.db.query<{ n: number }, []>("SELECT count(*) AS n FROM dispatches WHERE status = 'pending'").get()?.n ?? 0;
}

/** Inside a transaction: gives a waiting one to a turn. False when it waits no longer (cancelled by hand). */
export function claimDispatch(store: Store, id: string, turnId: string, mode: EffectiveMode): boolean {
  const claim = "UPDATE dispatches SET status = 'running', turn_id = ?, effective_mode = ?, attempts = attempts + ?, reason = NULL WHERE id = ? AND status = 'pending'";
  // What steers another's turn was no attempt of its own.
  return store.db.query(claim).run(turnId, mode, mode === "steer" ? 0 : 1, id).changes === 1;
}

/** Inside a transaction: gives a waiting one to a turn that runs. False when one of them does so no longer. */
export function claimForSteering(store: Store, id: string, turnId: string): boolean {
  const runs = store.db.query("SELECT 1 FROM turns WHERE id = ? AND status = 'running'").get(turnId) !== null;
  return runs && claimDispatch(store, id, turnId, "steer");
}

/** Inside a transaction: it waits again; its turn did not do it. */
export function returnDispatch(store: Store, id: string, notBefore: number, reason: string | undefined): void {
  const text = reason === undefined ? null : store.redactor.text(reason);
  store.db.query("UPDATE dispatches SET status = 'pending', turn_id = NULL, effective_mode = NULL, not_before = ?, reason = ? WHERE id = ? AND status = 'running'").run(notBefore, text, id);
}

/** Inside a transaction. False when it is not in that state (any more). */
export function settleDispatch(store: Store, id: string, from: "pending" | "running", to: DispatchStatus, at: number, reason: string | undefined): boolean {
  const text = reason === undefined ? null : store.redactor.text(reason);
  return store.db.query("UPDATE dispatches SET status = ?, settled_at = ?, reason = ? WHERE id = ? AND status = ?").run(to, at, text, id, from).changes === 1;
}

/** Inside a transaction: a settled one waits again, as new; a running daemon takes it up. */
export function reviveDispatch(store: Store, id: string): void {
  store.db.query("UPDATE dispatches SET status = 'pending', settled_at = NULL, turn_id = NULL, effective_mode = NULL, attempts = 0, not_before = 0, untold = 0, reason = 'retried by hand' WHERE id = ?").run(id);
  nextWork(store);
}

/** Dropped ones of the session of which no turn has been told, oldest first. */
export function untoldDrops(store: Store, sessionKey: string, limit: number): Dispatch[] {
  return store.db.query<DispatchRow, [string, number]>("SELECT * FROM dispatches WHERE session_key = ? AND untold = 1 ORDER BY rowid LIMIT ?").all(sessionKey, limit).map(toDispatch);
}

/** Inside a transaction: a dropped one is to be told of. */
export function leaveUntold(store: Store, id: string): void {
  store.db.query("UPDATE dispatches SET untold = 1 WHERE id = ? AND status = 'dropped'").run(id);
}

/** Inside a transaction: that turn tells of a dropped one. */
export function tellDrop(store: Store, id: string, turnId: string): void {
  store.db.query("UPDATE dispatches SET turn_id = ?, untold = 0 WHERE id = ? AND status = 'dropped'").run(turnId, id);
}

/** Times of a hook's fires since then, oldest first. */
export function firesSince(store: Store, hookId: string, since: number): number[] {
  return store.db
    .query<{ created_at: number }, [string, number]>("SELECT created_at FROM dispatches WHERE hook_id = ? AND created_at > ? ORDER BY created_at")
    .all(hookId, since)
    .map(({ created_at }) => created_at);
}

function toDispatch({ routing_json, context_json, untold: _untold, ...row }: DispatchRow): Dispatch {
  const present = Object.fromEntries(Object.entries(row).filter(([, value]) => value !== null)) as Omit<Dispatch, "routing" | "context">;
  // Both written by insertDispatch.
  return { ...present, routing: JSON.parse(routing_json) as Dispatch["routing"], context: JSON.parse(context_json) as Dispatch["context"] };
}
