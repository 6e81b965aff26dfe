import type { Store } from "./open.ts";

/** What `ctx.state` of a version begins with. */
export function loadState(store: Store, versionId: string): Record<string, unknown> {
  const rows = store.db.query<{ key: string; value_json: string }, [string]>("SELECT key, value_json FROM hook_state WHERE version_id = ?").all(versionId);
  return Object.fromEntries(rows.map(({ key, value_json }): [string, unknown] => [key, JSON.parse(value_json)]));
}

/** Inside a transaction. A write without a value deletes. */
export function applyStateWrites(store: Store, versionId: string, writes: readonly (readonly [key: string, value?: unknown])[]): void {
  for (const write of store.redactor.value(writes)) {
    const [key, value] = write;
    if (write.length === 1) store.db.query("DELETE FROM hook_state WHERE version_id = ? AND key = ?").run(versionId, key);
    else {
      store.db
        .query("INSERT INTO hook_state(version_id, key, value_json) VALUES (?, ?, ?) ON CONFLICT(version_id, key) DO UPDATE SET value_json = excluded.value_json")
        .run(versionId, key, JSON.stringify(value));
    }
  }
}

/** Inside a transaction: gives a new version the state of another (`--keep-state`). */
export function copyState(store: Store, fromVersionId: string, toVersionId: string): void {
  store.db.query("INSERT INTO hook_state(version_id, key, value_json) SELECT ?, key, value_json FROM hook_state WHERE version_id = ?").run(toVersionId, fromVersionId);
}
