import { readdirSync, statSync, unlinkSync } from "node:fs";
import { join } from "node:path";
import { DAY_MS } from "../../core/retention.ts";
import { evaluatedUpTo } from "../held-events.ts";
import type { Store } from "../open.ts";
import type { RemovalRecord } from "./retention-log.ts";

/** A hook that was deleted before this can no longer be restored; a pending dispatch keeps it, and so do unevaluated events. */
const PAST = `h.deleted_at < ? AND NOT EXISTS (SELECT 1 FROM dispatches d WHERE d.hook_id = h.id AND d.status IN ('pending', 'running'))
  AND NOT EXISTS (SELECT 1 FROM hook_activations a WHERE a.hook_id = h.id AND ifnull(a.until_seq, 9e18) > ?)`;

/** A registration stores its script first and names it afterwards; by then it is never so old. */
const SCRIPT_AGE_MS = DAY_MS;

/**
 * Inside a transaction, for hooks deleted before the time: state, earlier versions and the claim on the script go at once;
 * the hook itself, whose name its invocations still need, when nothing of it is left.
 */
export function purgeHooks(store: Store, deletedBefore: number, record: RemovalRecord): void {
  const { db } = store;
  const hooks = db
    .query<{ id: string; version_id: string; deleted_at: number }, [number, number]>(`SELECT h.id, h.version_id, h.deleted_at FROM hooks h WHERE ${PAST}`)
    .all(deletedBefore, evaluatedUpTo(store));
  for (const { id, version_id, deleted_at } of hooks) {
    const state = db.query("DELETE FROM hook_state WHERE version_id IN (SELECT id FROM hook_versions WHERE hook_id = ?)").run(id);
    record.add("state", "deleted", state.changes, deleted_at);
    const versions = db.query("DELETE FROM hook_versions WHERE hook_id = ? AND id <> ?").run(id, version_id);
    record.add("versions", "deleted", versions.changes, deleted_at);
    db.query("UPDATE hook_versions SET previous_version_id = NULL, script_hash = '', script_path = '' WHERE id = ? AND script_hash <> ''").run(version_id);
    const named = db.query("SELECT 1 FROM hook_invocations WHERE hook_id = ?1 UNION ALL SELECT 1 FROM dispatches WHERE hook_id = ?1 LIMIT 1").get(id);
    if (named !== null) continue;
    for (const table of ["hook_versions", "hook_activations", "hook_stats", "folded_invocations"]) db.query(`DELETE FROM ${table} WHERE hook_id = ?`).run(id);
    db.query("DELETE FROM schedule_slots WHERE schedule_id = ?").run(id);
    db.query("DELETE FROM hooks WHERE id = ?").run(id);
    record.add("hooks", "deleted", 1, deleted_at);
  }
}

/**
 * Inside a transaction: forgets which version saw parts of the ledger that are gone. The last part of each hook before
 * what is kept stays: `nexus why` says from it since when a hook was inactive.
 */
export function trimActivations(store: Store): void {
  store.db
    .query(
      `DELETE FROM hook_activations WHERE until_seq < ?1 AND EXISTS (
         SELECT 1 FROM hook_activations later WHERE later.hook_id = hook_activations.hook_id AND later.from_seq > hook_activations.from_seq AND later.from_seq < ?1)`,
    )
    .run(store.db.query<{ first: number | null }, []>("SELECT min(seq) AS first FROM events").get()?.first ?? 0);
}

/** Removes stored scripts that no version names any more, and what a crash left of one that was being written. */
export function removeScripts(store: Store, now: number, record: RemovalRecord): void {
  const named = store.db.query("SELECT 1 FROM hook_versions WHERE script_hash = ?1 UNION ALL SELECT 1 FROM ref_handlers WHERE script_hash = ?1 LIMIT 1");
  for (const name of readdirSync(store.hooksFolder)) {
    const hash = /^\.?([0-9a-f]{64})\./.exec(name)?.[1];
    if (hash === undefined) continue;
    if (name.endsWith(".mjs") && named.get(hash) !== null) continue;
    const path = join(store.hooksFolder, name);
    const { mtimeMs } = statSync(path);
    if (now - mtimeMs < SCRIPT_AGE_MS) continue;
    unlinkSync(path);
    record.add("scripts", "deleted", 1, Math.floor(mtimeMs));
  }
}
