import type { Notice, NoticeKind } from "../core/notice.ts";
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

interface NoticeRow {
  readonly seq: number;
  readonly id: string;
  readonly at: number;
  readonly kind: NoticeKind;
  readonly hook_id: string | null;
  readonly event_id: string | null;
  readonly data_json: string;
}

/** A notice with its place among all of them. */
export interface StoredNotice extends Notice {
  readonly seq: number;
}

/** Newest first. */
export function newestNotices(store: Store, limit: number): StoredNotice[] {
  return store.db.query<NoticeRow, [number]>("SELECT * FROM notices ORDER BY seq DESC LIMIT ?").all(limit).map(toNotice);
}

/** What came after a seq, oldest first. */
export function noticesAfter(store: Store, seq: number, limit: number): StoredNotice[] {
  return store.db.query<NoticeRow, [number, number]>("SELECT * FROM notices WHERE seq > ? ORDER BY seq LIMIT ?").all(seq, limit).map(toNotice);
}

/** The seqs there are; undefined for none. */
export function noticeSpan(store: Store): { readonly first: number; readonly last: number } | undefined {
  const row = store.db.query<{ first: number | null; last: number | null }, []>("SELECT (SELECT min(seq) FROM notices) AS first, (SELECT max(seq) FROM notices) AS last").get();
  return row === null || row.first === null || row.last === null ? undefined : { first: row.first, last: row.last };
}

function toNotice({ seq, id, at, kind, hook_id, event_id, data_json }: NoticeRow): StoredNotice {
  // Written by addNotice.
  const data = JSON.parse(data_json) as Notice["data"];
  return { seq, id, at, kind, ...(hook_id === null ? {} : { hook_id }), ...(event_id === null ? {} : { event_id }), data };
}
