import type { StoredSession } from "../core/turn.ts";
import type { Store } from "./open.ts";

interface SessionRow {
  readonly key: string;
  readonly persona: string;
  readonly thread_id: string | null;
  readonly head_turn_id: string | null;
  readonly forked_from: string | null;
  readonly created_at: number;
  readonly updated_at: number;
}

/** Inside a transaction: the session, made where it is new. */
export function openSession(store: Store, session: Pick<StoredSession, "key" | "persona" | "thread_id">, at: number): StoredSession {
  store.db
    .query("INSERT INTO sessions(key, persona, thread_id, created_at, updated_at) VALUES (?, ?, ?, ?, ?) ON CONFLICT(key) DO NOTHING")
    .run(session.key, session.persona, session.thread_id ?? null, at, at);
  const stored = sessionByKey(store, session.key);
  if (stored === undefined) throw new Error(`the session ${session.key} was neither stored nor there before`);
  return stored;
}

export function sessionByKey(store: Store, key: string): StoredSession | undefined {
  const row = store.db.query<SessionRow, [string]>("SELECT * FROM sessions WHERE key = ?").get(key);
  return row === null ? undefined : toSession(row);
}

/** Most recently used first. */
export function listSessions(store: Store, limit: number): StoredSession[] {
  return store.db.query<SessionRow, [number]>("SELECT * FROM sessions ORDER BY updated_at DESC LIMIT ?").all(limit).map(toSession);
}

/** Inside a transaction: a turn has ended, and the next one builds on it. */
export function moveHead(store: Store, key: string, turnId: string, at: number): void {
  store.db.query("UPDATE sessions SET head_turn_id = ?, updated_at = ? WHERE key = ?").run(turnId, at, key);
}

/** Inside a transaction: a session of its own that begins where the other stood at that turn. False when the name is taken. */
export function forkSession(store: Store, from: StoredSession, key: string, turnId: string, at: number): boolean {
  const insert = "INSERT INTO sessions(key, persona, thread_id, head_turn_id, forked_from, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT(key) DO NOTHING";
  return store.db.query(insert).run(key, from.persona, from.thread_id ?? null, turnId, from.key, at, at).changes === 1;
}

function toSession(row: SessionRow): StoredSession {
  return Object.fromEntries(Object.entries(row).filter(([, value]) => value !== null)) as unknown as StoredSession;
}
