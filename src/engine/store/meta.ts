import type { Store } from "./open.ts";

/**
 * Single values: `eval_cursor` (how far evaluation is), `registry_generation` (grows with each change of a hook),
 * `running_since` (the start of a daemon that has not ended in order).
 */
export type MetaKey = "eval_cursor" | "registry_generation" | "running_since";

export function getMeta(store: Store, key: MetaKey): number | undefined {
  return store.db.query<{ value: number }, [string]>("SELECT value FROM meta WHERE key = ?").get(key)?.value;
}

export function setMeta(store: Store, key: MetaKey, value: number): void {
  store.db.query("INSERT INTO meta(key, value) VALUES (?, ?) ON CONFLICT(key) DO UPDATE SET value = excluded.value").run(key, value);
}

export function deleteMeta(store: Store, key: MetaKey): void {
  store.db.query("DELETE FROM meta WHERE key = ?").run(key);
}

/** Inside a transaction: the next generation of the registry, for the rows that change with it. */
export function nextGeneration(store: Store): number {
  const next = (getMeta(store, "registry_generation") ?? 0) + 1;
  setMeta(store, "registry_generation", next);
  return next;
}
