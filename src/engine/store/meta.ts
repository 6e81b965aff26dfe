import type { Store } from "./open.ts";

/**
 * Single values: `eval_cursor` (how far evaluation is), `registry_generation` (grows with each change of a hook),
 * `heartbeat` (when the daemon last committed anything, to a few seconds), `degraded` (since when it refuses to store,
 * because it could not).
 *
 * Of retention: `horizon_seq` and `horizon_at` (the newest event that was removed, and when it had been received),
 * `invocations_horizon_at` (the same of invocations that had something to say, by their beginning), `events_removed` and
 * `invocations_removed` (how many ever), `text_tidied` (events_removed when the full text was last rewritten),
 * `housekeeper_at` (when it last looked, to the hour, or removed something).
 */
export type MetaKey =
  | "eval_cursor"
  | "registry_generation"
  | "horizon_seq"
  | "horizon_at"
  | "invocations_horizon_at"
  | "events_removed"
  | "invocations_removed"
  | "text_tidied"
  | "housekeeper_at"
  | "degraded"
  | "heartbeat";

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
