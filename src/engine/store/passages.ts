import type { Passage } from "../core/ref.ts";
import type { Store } from "./open.ts";

export interface PassageRow {
  readonly id: string;
  readonly content: string;
  readonly type: string;
  readonly metadata_json: string;
  readonly hash: string;
  readonly created_at: number;
  readonly created_by: string | null;
}

/** Inside a transaction. The caller has made its hash from what is stored: without secrets. */
export function insertPassage(store: Store, { id, content, type, metadata, hash, created_at, created_by }: Passage): void {
  store.db
    .query("INSERT INTO passages(id, content, type, metadata_json, hash, created_at, created_by) VALUES (?, ?, ?, ?, ?, ?, ?)")
    .run(id, content, type, JSON.stringify(metadata), hash, created_at, created_by ?? null);
}

export function passageById(store: Store, id: string): Passage | undefined {
  const row = store.db.query<PassageRow, [string]>("SELECT * FROM passages WHERE id = ?").get(id);
  return row === null ? undefined : passageOfRow(row);
}

export interface PassageFilter {
  readonly type?: string | undefined;
  readonly limit: number;
}

/** Newest first. */
export function listPassages(store: Store, { type, limit }: PassageFilter): Passage[] {
  const rows = type === undefined
    ? store.db.query<PassageRow, [number]>("SELECT * FROM passages ORDER BY rowid DESC LIMIT ?").all(limit)
    : store.db.query<PassageRow, [string, number]>("SELECT * FROM passages WHERE type = ? ORDER BY rowid DESC LIMIT ?").all(type, limit);
  return rows.map(passageOfRow);
}

export function passageOfRow({ metadata_json, created_by, ...row }: PassageRow): Passage {
  // Written by insertPassage.
  return { ...row, metadata: JSON.parse(metadata_json) as Passage["metadata"], ...(created_by === null ? {} : { created_by }) };
}
