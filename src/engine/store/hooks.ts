import type { CircuitState, Hook, HookStatus } from "../core/hook.ts";
import type { VersionRow } from "./hook-versions.ts";
import { toCreator, toVersion, VERSION_COLUMNS } from "./hook-versions.ts";
import { getMeta, nextGeneration } from "./meta.ts";
import type { Store } from "./open.ts";

interface HookRow extends VersionRow {
  id: string;
  slug: string;
  status: HookStatus;
  created_by_agent: string | null;
  created_by_session: string | null;
  created_by_thread: string | null;
  created_by_persona: string | null;
  created_at: number;
  updated_at: number;
  disabled_at: number | null;
  disabled_reason: string | null;
  deleted_at: number | null;
  last_triggered: number | null;
  trigger_count: number;
  last_error: string | null;
  consecutive_errors: number;
  circuit_state: CircuitState;
  circuit_opened_at: number | null;
  circuit_generation: number;
  active_from_seq: number | null;
}

const SELECT = `SELECT h.id, h.slug, h.status, h.created_by_agent, h.created_by_session, h.created_by_thread, h.created_by_persona,
  h.created_at, h.updated_at, h.disabled_at, h.disabled_reason, h.deleted_at, h.last_triggered, h.trigger_count, h.last_error,
  h.consecutive_errors, h.circuit_state, h.circuit_opened_at, h.circuit_generation,
  (SELECT a.from_seq FROM hook_activations a WHERE a.hook_id = h.id AND a.until_seq IS NULL) AS active_from_seq,
  ${VERSION_COLUMNS}
  FROM hooks h JOIN hook_versions v ON v.id = h.version_id`;

export interface HookFilter {
  readonly status?: HookStatus;
  readonly createdBy?: string;
  /** Only the deleted ones; otherwise only the others. */
  readonly deleted?: boolean;
}

/** In the order of their creation. */
export function listHooks(store: Store, filter: HookFilter = {}): Hook[] {
  const conditions = [filter.deleted === true ? "h.deleted_at IS NOT NULL" : "h.deleted_at IS NULL"];
  const values: string[] = [];
  if (filter.status !== undefined) {
    conditions.push("h.status = ?");
    values.push(filter.status);
  }
  if (filter.createdBy !== undefined) {
    conditions.push("h.created_by_agent = ?");
    values.push(filter.createdBy);
  }
  return store.db.query<HookRow, string[]>(`${SELECT} WHERE ${conditions.join(" AND ")} ORDER BY h.created_at, h.id`).all(...values).map(toHook);
}

/** How many there are of each status, without the deleted ones. */
export function countHooks(store: Store): Record<HookStatus, number> {
  const counted = store.db.query<{ status: HookStatus; hooks: number }, []>("SELECT status, count(*) AS hooks FROM hooks WHERE deleted_at IS NULL GROUP BY status").all();
  return { active: 0, paused: 0, disabled: 0, errored: 0, ...Object.fromEntries(counted.map(({ status, hooks }) => [status, hooks])) };
}

export function hookById(store: Store, id: string): Hook | undefined {
  const row = store.db.query<HookRow, [string]>(`${SELECT} WHERE h.id = ?`).get(id);
  return row === null ? undefined : toHook(row);
}

/** Not deleted. */
export function hookBySlug(store: Store, slug: string): Hook | undefined {
  const row = store.db.query<HookRow, [string]>(`${SELECT} WHERE h.slug = ? AND h.deleted_at IS NULL`).get(slug);
  return row === null ? undefined : toHook(row);
}

/** The one of that slug that was deleted last. */
export function deletedBySlug(store: Store, slug: string): Hook | undefined {
  const row = store.db.query<HookRow, [string]>(`${SELECT} WHERE h.slug = ? AND h.deleted_at IS NOT NULL ORDER BY h.deleted_at DESC, h.id DESC LIMIT 1`).get(slug);
  return row === null ? undefined : toHook(row);
}

/** The first ten at most: more than one is ambiguous, however many there are. */
export function hooksByIdPrefix(store: Store, prefix: string, deleted: boolean): Hook[] {
  const end = `${prefix}\u{10FFFF}`;
  return store.db
    .query<HookRow, [string, string, number]>(`${SELECT} WHERE h.id >= ? AND h.id < ? AND (h.deleted_at IS NOT NULL) = ? ORDER BY h.id LIMIT 10`)
    .all(prefix, end, deleted ? 1 : 0)
    .map(toHook);
}

/** Of the deleted hooks, or of the others. */
export function slugs(store: Store, deleted = false): string[] {
  return store.db
    .query<{ slug: string }, [number]>("SELECT slug FROM hooks WHERE (deleted_at IS NOT NULL) = ?")
    .all(deleted ? 1 : 0)
    .map(({ slug }) => slug);
}

/** What changed after `generation`, deleted hooks included. */
export function loadChangedHooks(store: Store, generation: number): { generation: number; hooks: Hook[] } {
  const now = getMeta(store, "registry_generation") ?? 0;
  if (now === generation) return { generation, hooks: [] };
  return { generation: now, hooks: store.db.query<HookRow, [number]>(`${SELECT} WHERE h.generation > ? ORDER BY h.created_at, h.id`).all(generation).map(toHook) };
}

/** Inside a transaction: writes a whole hook, new or changed, with its version's mirrored columns. */
export function saveHook(store: Store, hook: Hook): void {
  const { version, creator } = hook;
  store.db
    .query(
      `INSERT INTO hooks(id, name, description, mode, status, script_path, script_hash, created_by_agent, created_by_session,
         created_by_thread, version, previous_version_id, created_at, updated_at, disabled_at, disabled_reason, last_triggered,
         trigger_count, last_error, consecutive_errors, circuit_state, circuit_opened_at, slug, version_id, created_by_persona,
         deleted_at, circuit_generation, generation)
       VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24, ?25, ?26, ?27, ?28)
       ON CONFLICT(id) DO UPDATE SET name = ?2, description = ?3, mode = ?4, status = ?5, script_path = ?6, script_hash = ?7,
         version = ?11, previous_version_id = ?12, updated_at = ?14, disabled_at = ?15, disabled_reason = ?16, last_error = ?19,
         consecutive_errors = ?20, circuit_state = ?21, circuit_opened_at = ?22, slug = ?23, version_id = ?24, deleted_at = ?26,
         circuit_generation = ?27, generation = ?28`,
    )
    .run(
      hook.id,
      version.metadata.name,
      version.metadata.description ?? null,
      version.metadata.mode,
      hook.status,
      version.script_path,
      version.script_hash,
      creator.agent ?? null,
      creator.session ?? null,
      creator.thread ?? null,
      version.version,
      version.previous_version_id ?? null,
      hook.created_at,
      hook.updated_at,
      hook.disabled_at ?? null,
      hook.disabled_reason ?? null,
      hook.last_triggered ?? null,
      hook.trigger_count,
      hook.last_error ?? null,
      hook.consecutive_errors,
      hook.circuit_state,
      hook.circuit_opened_at ?? null,
      hook.slug,
      version.id,
      creator.persona ?? null,
      hook.deleted_at ?? null,
      hook.circuit_generation,
      nextGeneration(store),
    );
}

/** Inside the daemon's transaction: what evaluation itself changes. Neither `updated_at` nor the generation moves. */
export function saveRuntimeState(store: Store, hook: Hook): void {
  store.db
    .query(
      `UPDATE hooks SET status = ?, last_triggered = ?, trigger_count = ?, last_error = ?, consecutive_errors = ?,
         circuit_state = ?, circuit_opened_at = ?, circuit_generation = ? WHERE id = ?`,
    )
    .run(
      hook.status,
      hook.last_triggered ?? null,
      hook.trigger_count,
      hook.last_error === undefined ? null : store.redactor.text(hook.last_error),
      hook.consecutive_errors,
      hook.circuit_state,
      hook.circuit_opened_at ?? null,
      hook.circuit_generation,
      hook.id,
    );
}

function toHook(row: HookRow): Hook {
  return {
    id: row.id,
    slug: row.slug,
    status: row.status,
    version: toVersion({ ...row, hook_id: row.id }),
    creator: toCreator(row.created_by_agent, row.created_by_session, row.created_by_thread, row.created_by_persona),
    created_at: row.created_at,
    updated_at: row.updated_at,
    trigger_count: row.trigger_count,
    consecutive_errors: row.consecutive_errors,
    circuit_state: row.circuit_state,
    circuit_generation: row.circuit_generation,
    ...(row.disabled_at === null ? {} : { disabled_at: row.disabled_at }),
    ...(row.disabled_reason === null ? {} : { disabled_reason: row.disabled_reason }),
    ...(row.deleted_at === null ? {} : { deleted_at: row.deleted_at }),
    ...(row.last_triggered === null ? {} : { last_triggered: row.last_triggered }),
    ...(row.last_error === null ? {} : { last_error: row.last_error }),
    ...(row.circuit_opened_at === null ? {} : { circuit_opened_at: row.circuit_opened_at }),
    ...(row.active_from_seq === null ? {} : { active_from_seq: row.active_from_seq }),
  };
}
