import { firstIdAt } from "../../core/ids.ts";
import { DAY_MS, HOUR_MS, type RetentionRules } from "../../core/retention.ts";
import type { Store } from "../open.ts";
import { foldStats, removeStats } from "../stats.ts";
import { noteInvocationHorizon, removeLog } from "./invocation-walk.ts";
import type { RemovalRecord } from "./retention-log.ts";

/** Inside a transaction: removes at most so many rows that are too old. Returns how many went. */
type Expire = (store: Store, rules: RetentionRules, now: number, limit: number, record: RemovalRecord) => number;

/** What goes by age alone, each from its oldest row on. */
export const EXPIRIES: readonly Expire[] = [expireLogs, expireDispatches, expireTurns, expireNotices, expireSlots, expireStats, expireCounts];

/** An invocation's id begins with the time it was made. */
function expireLogs(store: Store, rules: RetentionRules, now: number, limit: number, record: RemovalRecord): number {
  const before = now - rules.logs_days * DAY_MS;
  const old = "SELECT invocation_id FROM invocation_logs WHERE invocation_id < ? ORDER BY invocation_id LIMIT ?";
  const { changes } = store.db.query(`DELETE FROM invocation_logs WHERE invocation_id IN (${old})`).run(firstIdAt("inv", before), limit);
  record.add("logs", "age", changes, before);
  return changes;
}

/** A settled dispatch goes together with its fire, when both are old: neither is ever without the other. */
function expireDispatches(store: Store, rules: RetentionRules, now: number, limit: number, record: RemovalRecord): number {
  const before = now - Math.max(rules.dispatches_days, rules.invocations_days) * DAY_MS;
  const old = "SELECT rowid FROM dispatches WHERE status NOT IN ('pending', 'running') AND created_at < ? ORDER BY created_at LIMIT ?";
  const gone = store.db
    .query<{ event_id: string; hook_id: string; created_at: number }, [number, number]>(`DELETE FROM dispatches WHERE rowid IN (${old}) RETURNING event_id, hook_id, created_at`)
    .all(before, limit);
  for (const { event_id, hook_id, created_at } of gone) {
    record.add("dispatches", "age", 1, created_at);
    const fire = store.db.query<{ id: string }, [string, string]>("DELETE FROM hook_invocations WHERE event_id = ? AND hook_id = ? AND stage = '' RETURNING id").get(event_id, hook_id);
    if (fire === null) continue;
    record.add("invocations", "age", 1, created_at);
    record.add("logs", "age", removeLog(store, fire.id), created_at);
    noteInvocationHorizon(store, created_at);
  }
  return gone.length;
}

/**
 * A turn goes when no dispatch and no session's end needs it, with its messages; a session when it was not used for as
 * long. What is still to be delivered stays.
 */
function expireTurns(store: Store, rules: RetentionRules, now: number, limit: number, record: RemovalRecord): number {
  const before = now - Math.max(rules.dispatches_days, rules.invocations_days) * DAY_MS;
  const sessions = "DELETE FROM sessions WHERE key IN (SELECT key FROM sessions WHERE updated_at < ? AND NOT EXISTS (SELECT 1 FROM turns t WHERE t.session_key = sessions.key AND t.status = 'running') LIMIT ?) RETURNING updated_at AS at";
  const needed = `EXISTS (SELECT 1 FROM dispatches d WHERE d.turn_id = t.id) OR EXISTS (SELECT 1 FROM sessions s WHERE s.head_turn_id = t.id)
    OR EXISTS (SELECT 1 FROM deliveries v WHERE v.turn_id = t.id AND v.status = 'pending')`;
  const old = store.db
    .query<{ id: string; started_at: number }, [number, number]>(`SELECT t.id, t.started_at FROM turns t WHERE t.started_at < ? AND t.status <> 'running' AND NOT (${needed}) ORDER BY t.started_at LIMIT ?`)
    .all(before, limit);
  for (const { id, started_at } of old) {
    record.add("deliveries", "age", store.db.query("DELETE FROM deliveries WHERE turn_id = ?").run(id).changes, started_at);
    store.db.query("DELETE FROM inbox_items WHERE turn_id = ?").run(id);
    store.db.query("DELETE FROM turns WHERE id = ?").run(id);
    record.add("turns", "age", 1, started_at);
  }
  return old.length + remove(store, sessions, [before, limit], (at) => record.add("sessions", "age", 1, at));
}

function expireNotices(store: Store, rules: RetentionRules, now: number, limit: number, record: RemovalRecord): number {
  // In the order of their writing: a notice from a time when the clock was ahead holds up the next ones, and no longer than their count allows.
  const oldest = "SELECT seq, at FROM notices ORDER BY seq LIMIT ?2";
  const young = `SELECT min(seq) FROM (${oldest}) WHERE at >= ?1`;
  const gone = `seq IN (SELECT seq FROM (${oldest})) AND seq < ifnull((${young}), 9e18)`;
  return remove(store, `DELETE FROM notices WHERE ${gone} RETURNING at`, [now - rules.notices_days * DAY_MS, limit], (at) => record.add("notices", "age", 1, at));
}

/** The newest of each schedule is where it goes on. A slot that is due waits for its event's evaluation. */
function expireSlots(store: Store, rules: RetentionRules, now: number, limit: number, record: RemovalRecord): number {
  const statuses = "status IN ('ran', 'late', 'missed', 'skipped') OR (status = 'due' AND NOT EXISTS (SELECT 1 FROM events e WHERE e.id = s.event_id))";
  const old = `SELECT schedule_id, slot FROM schedule_slots s WHERE slot < ? AND (${statuses})
    AND slot < (SELECT max(slot) FROM schedule_slots n WHERE n.schedule_id = s.schedule_id) LIMIT ?`;
  return remove(store, `DELETE FROM schedule_slots WHERE (schedule_id, slot) IN (${old}) RETURNING slot AS at`, [now - rules.slots_days * DAY_MS, limit], (at) => record.add("slots", "age", 1, at));
}

/** Folding loses nothing but the minutes, so it is no removal. */
function expireStats(store: Store, rules: RetentionRules, now: number, limit: number, record: RemovalRecord): number {
  const before = now - rules.stats_days * DAY_MS;
  const removed = removeStats(store, before, limit);
  record.add("stats", "age", removed, before);
  return removed + foldStats(store, now - rules.stats_fine_days * DAY_MS, limit);
}

function expireCounts(store: Store, rules: RetentionRules, now: number, limit: number, record: RemovalRecord): number {
  const before = now - rules.stats_days * DAY_MS;
  const old = "SELECT hook_id, hour, outcome FROM folded_invocations WHERE hour < ? ORDER BY hour LIMIT ?";
  const { changes } = store.db.query(`DELETE FROM folded_invocations WHERE (hook_id, hour, outcome) IN (${old})`).run(Math.floor(before / HOUR_MS), limit);
  record.add("stats", "age", changes, before);
  // A few rows a day: no limit is needed.
  store.db.query("DELETE FROM retention_log WHERE day < ?").run(Math.floor(before / DAY_MS));
  return changes;
}

function remove(store: Store, sql: string, values: [number, number], each: (at: number) => void): number {
  const rows = store.db.query<{ at: number }, [number, number]>(sql).all(...values);
  for (const { at } of rows) each(at);
  return rows.length;
}
