import type { Notice } from "../core/notice.ts";
import type { Store } from "./open.ts";

/** The newest so many are kept. */
export const NOTICES_KEPT = 50_000;

/** Inside a transaction. */
export function addNotice(store: Store, notice: Notice): void {
  const { lastInsertRowid } = store.db
    .query("INSERT INTO notices(id, at, kind, hook_id, event_id, data_json) VALUES (?, ?, ?, ?, ?, ?)")
    .run(notice.id, notice.at, notice.kind, notice.hook_id ?? null, notice.event_id ?? null, JSON.stringify(store.redactor.value(notice.data)));
  // Every thousandth pays for the trimming of a thousand.
  const seq = Number(lastInsertRowid);
  if (seq % 1_000 === 0) store.db.query("DELETE FROM notices WHERE seq <= ?").run(seq - NOTICES_KEPT);
}
