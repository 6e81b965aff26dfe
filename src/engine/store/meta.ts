import type { Store } from "./open.ts";

/**
 * Single values, all whole numbers:
 *
 * - `eval_cursor`: every event up to this seq has its outcomes;
 * - `registry_generation`: grows with each change of a hook;
 * - `identity_generation`: grows with each change of a person or of whose a contact is;
 * - `epoch`: grows with each start of a daemon, which thereby ends the rights of the one before;
 * - `clean_stop`: 1 after an orderly stop, 0 while a daemon runs and after it was killed;
 * - `recoveries`, `recovery_cursor`: how often in a row a daemon was killed without evaluation getting past that cursor;
 * - `heartbeat`: when the daemon last committed anything, to a few seconds;
 * - `horizon_seq`, `horizon_at`: the newest event that retention removed, and when it had been received;
 * - `invocations_horizon_at`: the same of invocations that had something to say, by their beginning;
 * - `events_removed`, `invocations_removed`: how many ever;
 * - `text_tidied`: events_removed when the full text was last rewritten;
 * - `sources_generation`: grows with each hold of a source, and each release;
 * - `recovery_released`: the first released event that had not all its outcomes when the daemon last started;
 * - `work_generation`: grows when another process gives the Broker something to do, or takes it away;
 * - `housekeeper_at`: when retention last looked, to the hour, or removed something.
 */
export type MetaKey =
  | "eval_cursor"
  | "registry_generation"
  | "identity_generation"
  | "epoch"
  | "clean_stop"
  | "recoveries"
  | "recovery_cursor"
  | "heartbeat"
  | "horizon_seq"
  | "horizon_at"
  | "invocations_horizon_at"
  | "events_removed"
  | "invocations_removed"
  | "text_tidied"
  | "sources_generation"
  | "recovery_released"
  | "work_generation"
  | "housekeeper_at";

export function getMeta(store: Store, key: MetaKey): number | undefined {
  return store.db.query<{ value: number }, [string]>("SELECT value FROM meta WHERE key = ?").get(key)?.value;
}

export function setMeta(store: Store, key: MetaKey, value: number): void {
  store.db.query("INSERT INTO meta(key, value) VALUES (?, ?) ON CONFLICT(key) DO UPDATE SET value = excluded.value").run(key, value);
}

/** Inside a transaction: the next generation of the registry, for the rows that change with it. */
export function nextGeneration(store: Store): number {
  const next = (getMeta(store, "registry_generation") ?? 0) + 1;
  setMeta(store, "registry_generation", next);
  return next;
}

/** Inside a transaction: a running daemon's Broker looks at what waits. */
export function nextWork(store: Store): void {
  setMeta(store, "work_generation", (getMeta(store, "work_generation") ?? 0) + 1);
}
