import type { HookMetadata } from "../core/hook.ts";
import type { RefHandler } from "../core/ref.ts";
import type { Store } from "./open.ts";

interface HandlerRow {
  readonly kind: RefHandler["kind"];
  readonly name: string;
  readonly version: number;
  readonly script_path: string;
  readonly script_hash: string;
  readonly source_path: string;
  readonly source_hash: string;
  readonly metadata_json: string;
  readonly created_at: number;
  readonly created_by: string | null;
}

export function handlerByName(store: Store, kind: RefHandler["kind"], name: string): RefHandler | undefined {
  const row = store.db.query<HandlerRow, [string, string]>("SELECT * FROM ref_handlers WHERE kind = ? AND name = ?").get(kind, name);
  return row === null ? undefined : toHandler(row);
}

/** By name. */
export function listHandlers(store: Store, kind: RefHandler["kind"]): RefHandler[] {
  return store.db.query<HandlerRow, [string]>("SELECT * FROM ref_handlers WHERE kind = ? ORDER BY name LIMIT 1000").all(kind).map(toHandler);
}

/** Inside a transaction: in place of the one of that name, if there is one. */
export function saveHandler(store: Store, handler: RefHandler): void {
  store.db
    .query("INSERT OR REPLACE INTO ref_handlers(kind, name, version, script_path, script_hash, source_path, source_hash, metadata_json, created_at, created_by) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
    .run(handler.kind, handler.name, handler.version, handler.script_path, handler.script_hash, handler.source_path, handler.source_hash, JSON.stringify(handler.metadata), handler.created_at, handler.created_by ?? null);
}

/** Inside a transaction. */
export function deleteHandler(store: Store, kind: RefHandler["kind"], name: string): void {
  store.db.query("DELETE FROM ref_handlers WHERE kind = ? AND name = ?").run(kind, name);
}

function toHandler({ metadata_json, created_by, ...row }: HandlerRow): RefHandler {
  // Written by saveHandler.
  return { ...row, metadata: JSON.parse(metadata_json) as HookMetadata, ...(created_by === null ? {} : { created_by }) };
}
