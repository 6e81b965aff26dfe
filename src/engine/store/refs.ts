import type { Ref, RefUpdate } from "../core/ref.ts";
import type { Store } from "./open.ts";

interface RefRow {
  readonly name: string;
  readonly passage_id: string;
  readonly metadata_json: string;
  readonly update_id: string;
  readonly created_at: number;
  readonly updated_at: number;
}

type UpdateRow = { readonly [Key in keyof RefUpdate]-?: Exclude<RefUpdate[Key], undefined> | null };

export function refByName(store: Store, name: string): Ref | undefined {
  const row = store.db.query<RefRow, [string]>("SELECT * FROM refs WHERE name = ?").get(name);
  return row === null ? undefined : toRef(row);
}

/** Those whose names begin so, by name. */
export function listRefs(store: Store, prefix: string, limit: number): Ref[] {
  return store.db.query<RefRow, [string, string, number]>("SELECT * FROM refs WHERE name >= ?1 AND substr(name, 1, length(?2)) = ?2 ORDER BY name LIMIT ?3").all(prefix, prefix, limit).map(toRef);
}

export interface RefWrite extends Omit<RefUpdate, "seq" | "previous_passage_id" | "previous_id"> {
  /** Of the ref from now on; as it was, where it is not given. */
  readonly metadata?: Readonly<Record<string, unknown>> | undefined;
}

/** Inside a transaction: moves, makes or (without passage) deletes a ref, and writes its history. No hook runs, no event is stored. */
export function writeRef(store: Store, { metadata, ...update }: RefWrite): RefUpdate {
  const { id, ref_name: name, passage_id, created_at: at } = update;
  const before = refByName(store, name);
  if (passage_id === undefined) store.db.query("DELETE FROM refs WHERE name = ?").run(name);
  else {
    store.db
      .query(
        `INSERT INTO refs(name, passage_id, metadata_json, update_id, created_at, updated_at) VALUES (?1, ?2, ?3, ?4, ?5, ?5)
         ON CONFLICT(name) DO UPDATE SET passage_id = excluded.passage_id, metadata_json = excluded.metadata_json, update_id = excluded.update_id, updated_at = excluded.updated_at`,
      )
      .run(name, passage_id, JSON.stringify(metadata ?? before?.metadata ?? {}), id, at);
  }
  const previous = historyOf(store, name, 1)[0];
  const { lastInsertRowid } = store.db
    .query("INSERT INTO ref_history(id, ref_name, passage_id, previous_passage_id, previous_id, transaction_id, depth, action, hooks, created_at, created_by) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
    .run(id, name, passage_id ?? null, before?.passage_id ?? null, previous?.id ?? null, update.transaction_id, update.depth, update.action, update.hooks, at, update.created_by ?? null);
  return { ...update, seq: Number(lastInsertRowid), ...(before === undefined ? {} : { previous_passage_id: before.passage_id }), ...(previous === undefined ? {} : { previous_id: previous.id }) };
}

/** Newest first. */
export function historyOf(store: Store, name: string, limit: number): RefUpdate[] {
  return store.db.query<UpdateRow, [string, number]>("SELECT * FROM ref_history WHERE ref_name = ? ORDER BY seq DESC LIMIT ?").all(name, limit).map(toUpdate);
}

export function updateById(store: Store, id: string): RefUpdate | undefined {
  const row = store.db.query<UpdateRow, [string]>("SELECT * FROM ref_history WHERE id = ?").get(id);
  return row === null ? undefined : toUpdate(row);
}

/** What an agent, a person or a run did, oldest first. */
export function updatesBy(store: Store, createdBy: string, limit: number): RefUpdate[] {
  return store.db.query<UpdateRow, [string, number]>("SELECT * FROM ref_history WHERE created_by = ? ORDER BY seq LIMIT ?").all(createdBy, limit).map(toUpdate);
}

function toRef({ metadata_json, ...row }: RefRow): Ref {
  return { ...row, metadata: JSON.parse(metadata_json) as Ref["metadata"] };
}

function toUpdate(row: UpdateRow): RefUpdate {
  // Every column of RefUpdate that may be missing is NULL then.
  return Object.fromEntries(Object.entries(row).filter(([, value]) => value !== null)) as unknown as RefUpdate;
}
