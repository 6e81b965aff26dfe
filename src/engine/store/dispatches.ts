import type { Dispatch } from "../core/dispatch.ts";
import type { Store } from "./open.ts";

interface DispatchRow {
  id: string;
  hook_id: string;
  version_id: string;
  event_id: string;
  invocation_id: string;
  status: "pending";
  agent: string | null;
  routing_json: string;
  session_key: string;
  prompt: string | null;
  context_json: string;
  created_at: number;
}

/** Inside a transaction. False when the pair was dispatched before: it never is twice. */
export function insertDispatch(store: Store, given: Dispatch): boolean {
  const dispatch = store.redactor.value(given);
  const { changes } = store.db
    .query(
      `INSERT INTO dispatches(id, hook_id, version_id, event_id, invocation_id, status, agent, routing_json, session_key, prompt, context_json, created_at)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT(event_id, hook_id) DO NOTHING`,
    )
    .run(
      dispatch.id,
      dispatch.hook_id,
      dispatch.version_id,
      dispatch.event_id,
      dispatch.invocation_id,
      dispatch.status,
      dispatch.agent ?? null,
      JSON.stringify(dispatch.routing),
      dispatch.session_key,
      dispatch.prompt ?? null,
      JSON.stringify(dispatch.context),
      dispatch.created_at,
    );
  return changes === 1;
}

/** Newest first. */
export function listDispatches(store: Store, limit: number): Dispatch[] {
  return store.db.query<DispatchRow, [number]>("SELECT * FROM dispatches ORDER BY rowid DESC LIMIT ?").all(limit).map(toDispatch);
}

export function countPendingDispatches(store: Store): number {
  return store.db.query<{ n: number }, []>("SELECT count(*) AS n FROM dispatches WHERE status = 'pending'").get()?.n ?? 0;
}

/** Times of a hook's fires since then, oldest first. */
export function firesSince(store: Store, hookId: string, since: number): number[] {
  return store.db
    .query<{ created_at: number }, [string, number]>("SELECT created_at FROM dispatches WHERE hook_id = ? AND created_at > ? ORDER BY created_at")
    .all(hookId, since)
    .map(({ created_at }) => created_at);
}

function toDispatch({ agent, prompt, routing_json, context_json, ...row }: DispatchRow): Dispatch {
  return {
    ...row,
    ...(agent === null ? {} : { agent }),
    ...(prompt === null ? {} : { prompt }),
    // Both written by insertDispatch.
    routing: JSON.parse(routing_json) as Dispatch["routing"],
    context: JSON.parse(context_json) as Dispatch["context"],
  };
}
