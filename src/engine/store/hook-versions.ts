import type { Creator, HookMetadata, HookVersion } from "../core/hook.ts";
import type { Store } from "./open.ts";

/** A row of `hook_versions`; also read through joins, with these names. */
export interface VersionRow {
  version_id: string;
  hook_id: string;
  version: number;
  previous_version_id: string | null;
  script_path: string;
  script_hash: string;
  source_path: string;
  source_hash: string;
  metadata_json: string;
  v_agent: string | null;
  v_session: string | null;
  v_thread: string | null;
  v_persona: string | null;
  v_created_at: number;
  approved_at: number | null;
  approved_by: string | null;
}

/** Columns of a version `v` under the names of VersionRow. */
export const VERSION_COLUMNS = `v.id AS version_id, v.hook_id, v.version, v.previous_version_id, v.script_path, v.script_hash, v.source_path,
  v.source_hash, v.metadata_json, v.created_by_agent AS v_agent, v.created_by_session AS v_session,
  v.created_by_thread AS v_thread, v.created_by_persona AS v_persona, v.created_at AS v_created_at, v.approved_at, v.approved_by`;

/** Inside a transaction. What a version runs is immutable: there is no update of it. */
export function insertVersion(store: Store, version: HookVersion): void {
  store.db
    .query(
      `INSERT INTO hook_versions(id, hook_id, version, previous_version_id, script_path, script_hash, source_path, source_hash,
         metadata_json, created_by_agent, created_by_session, created_by_thread, created_by_persona, created_at)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    )
    .run(
      version.id,
      version.hook_id,
      version.version,
      version.previous_version_id ?? null,
      version.script_path,
      version.script_hash,
      version.source_path,
      version.source_hash,
      JSON.stringify(version.metadata),
      version.creator.agent ?? null,
      version.creator.session ?? null,
      version.creator.thread ?? null,
      version.creator.persona ?? null,
      version.created_at,
    );
}

/** Inside a transaction: where the author keeps the file of a version, and how it looks there. What runs stays. */
export function saveSource(store: Store, versionId: string, path: string, hash: string): void {
  store.db.query("UPDATE hook_versions SET source_path = ?, source_hash = ? WHERE id = ?").run(path, hash, versionId);
}

/** Inside a transaction. */
export function saveApproval(store: Store, versionId: string, approved: HookVersion["approved"]): void {
  store.db.query("UPDATE hook_versions SET approved_at = ?, approved_by = ? WHERE id = ?").run(approved?.at ?? null, approved?.by ?? null, versionId);
}

export function versionById(store: Store, id: string): HookVersion | undefined {
  const row = store.db.query<VersionRow, [string]>(`SELECT ${VERSION_COLUMNS} FROM hook_versions v WHERE v.id = ?`).get(id);
  return row === null ? undefined : toVersion(row);
}

/** Newest first. */
export function versionsOf(store: Store, hookId: string): HookVersion[] {
  return store.db.query<VersionRow, [string]>(`SELECT ${VERSION_COLUMNS} FROM hook_versions v WHERE v.hook_id = ? ORDER BY v.version DESC`).all(hookId).map(toVersion);
}

export function toVersion(row: VersionRow): HookVersion {
  return {
    id: row.version_id,
    hook_id: row.hook_id,
    version: row.version,
    ...(row.previous_version_id === null ? {} : { previous_version_id: row.previous_version_id }),
    script_path: row.script_path,
    script_hash: row.script_hash,
    source_path: row.source_path,
    source_hash: row.source_hash,
    // Written by insertVersion from validated metadata.
    metadata: JSON.parse(row.metadata_json) as HookMetadata,
    creator: toCreator(row.v_agent, row.v_session, row.v_thread, row.v_persona),
    created_at: row.v_created_at,
    ...(row.approved_at === null ? {} : { approved: { at: row.approved_at, by: row.approved_by ?? "" } }),
  };
}

export function toCreator(agent: string | null, session: string | null, thread: string | null, persona: string | null): Creator {
  return {
    ...(agent === null ? {} : { agent }),
    ...(session === null ? {} : { session }),
    ...(thread === null ? {} : { thread }),
    ...(persona === null ? {} : { persona }),
  };
}
