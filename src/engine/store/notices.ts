import type { Notice, NoticeKind } from "../core/notice.ts";
import type { Store } from "./open.ts";

/** The newest so many are kept. */
export const NOTICES_KEPT = 50_000;

interface NoticeRow {
  seq: number;
  id: string;
  at: number;
  kind: NoticeKind;
  hook_id: string | null;
  event_id: string | null;
  data_json: string;
}

/** Inside a transaction. */
export function addNotice(store: Store, notice: Notice): void {
  const { lastInsertRowid } = store.db
    .query("INSERT INTO notices(id, at, kind, hook_id, event_id, data_json) VALUES (?, ?, ?, ?, ?, ?)")
    .run(notice.id, notice.at, notice.kind, notice.hook_id ?? null, notice.event_id ?? null, JSON.stringify(notice.data));
  // Every thousandth pays for the trimming of a thousand.
  const seq = Number(lastInsertRowid);
  if (seq % 1_000 === 0) store.db.query("DELETE FROM notices WHERE seq <= ?").run(seq - NOTICES_KEPT);
}

/** Newest first. */
export function listNotices(store: Store, limit: number, hookId?: string): Notice[] {
  const rows =
    hookId === undefined
      ? store.db.query<NoticeRow, [number]>("SELECT * FROM notices ORDER BY seq DESC LIMIT ?").all(limit)
      : store.db.query<NoticeRow, [string, number]>("SELECT * FROM notices WHERE hook_id = ? ORDER BY seq DESC LIMIT ?").all(hookId, limit);
  return rows.map(toNotice);
}

function toNotice(row: NoticeRow): Notice {
  return {
    id: row.id,
    at: row.at,
    kind: row.kind,
    ...(row.hook_id === null ? {} : { hook_id: row.hook_id }),
    ...(row.event_id === null ? {} : { event_id: row.event_id }),
    // Written by addNotice.
    data: JSON.parse(row.data_json) as Notice["data"],
  };
}
