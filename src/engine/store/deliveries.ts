import type { DeliveryStatus } from "../core/turn.ts";
import { nextWork } from "./meta.ts";
import type { Store } from "./open.ts";

/** One message on its way. */
export interface Delivery {
  readonly id: string;
  readonly turn_id: string;
  readonly event_id: string;
  readonly session_key: string;
  readonly outbound: string;
  readonly part: number;
  readonly parts: number;
  /** The message, as the adapter is given it. */
  readonly message_json: string;
  readonly status: DeliveryStatus;
  readonly attempts: number;
  readonly not_before: number;
  readonly code: string | null;
  readonly error: string | null;
  readonly receipt: string | null;
  readonly created_at: number;
  readonly settled_at: number | null;
}

/** Inside a transaction. */
export function insertDelivery(store: Store, given: Pick<Delivery, "id" | "turn_id" | "event_id" | "session_key" | "outbound" | "part" | "parts" | "message_json" | "created_at">): void {
  store.db
    .query("INSERT INTO deliveries(id, turn_id, event_id, session_key, outbound, part, parts, message_json, status, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'pending', ?)")
    .run(given.id, given.turn_id, given.event_id, given.session_key, given.outbound, given.part, given.parts, given.message_json, given.created_at);
}

/** Of each conversation the oldest that is not settled, and only where it is due: answers arrive in their order. */
export function dueDeliveries(store: Store, now: number, limit: number): Delivery[] {
  return store.db
    .query<Delivery, [number, number]>(
      `SELECT d.* FROM deliveries d WHERE d.rowid IN (SELECT min(rowid) FROM deliveries WHERE status = 'pending' GROUP BY session_key, outbound)
       AND d.not_before <= ? ORDER BY d.rowid LIMIT ?`,
    )
    .all(now, limit);
}

/** When the next one that is not due yet will be, Unix ms. */
export function nextDeliveryAt(store: Store, now: number): number | undefined {
  const row = store.db
    .query<{ at: number | null }, [number]>("SELECT min(not_before) AS at FROM deliveries WHERE rowid IN (SELECT min(rowid) FROM deliveries WHERE status = 'pending' GROUP BY session_key, outbound) AND not_before > ?")
    .get(now);
  return row?.at ?? undefined;
}

export function deliveryById(store: Store, id: string): Delivery | undefined {
  return store.db.query<Delivery, [string]>("SELECT * FROM deliveries WHERE id = ?").get(id) ?? undefined;
}

export function deliveriesOfTurn(store: Store, turnId: string): Delivery[] {
  return store.db.query<Delivery, [string]>("SELECT * FROM deliveries WHERE turn_id = ? ORDER BY part").all(turnId);
}

/** Newest first. */
export function listDeliveries(store: Store, status: DeliveryStatus | undefined, limit: number): Delivery[] {
  const where = status === undefined ? "" : "WHERE status = ?";
  return store.db.query<Delivery, (string | number)[]>(`SELECT * FROM deliveries ${where} ORDER BY rowid DESC LIMIT ?`).all(...(status === undefined ? [limit] : [status, limit]));
}

export interface Attempt {
  readonly status: DeliveryStatus;
  readonly at: number;
  readonly not_before?: number | undefined;
  readonly code?: string | undefined;
  readonly error?: string | undefined;
  readonly receipt?: string | undefined;
}

/** Inside a transaction: what came of an attempt. */
export function recordAttempt(store: Store, id: string, given: Attempt): void {
  const { status, at, not_before, code, error, receipt } = store.redactor.value(given);
  store.db
    .query("UPDATE deliveries SET status = ?, attempts = attempts + 1, not_before = ?, code = ?, error = ?, receipt = ?, settled_at = ? WHERE id = ? AND status = 'pending'")
    .run(status, not_before ?? 0, code ?? null, error ?? null, receipt ?? null, status === "pending" ? null : at, id);
}

/** Inside a transaction: a dead one, or one that waits for its next attempt, is tried now. False when it is neither. */
export function reviveDelivery(store: Store, id: string): boolean {
  const { changes } = store.db.query("UPDATE deliveries SET status = 'pending', attempts = 0, not_before = 0, settled_at = NULL WHERE id = ? AND status IN ('dead', 'pending')").run(id);
  if (changes === 1) nextWork(store);
  return changes === 1;
}

/** Why an adapter is switched off; undefined for one that is not. */
export function disabledOutbound(store: Store, name: string): string | undefined {
  return store.db.query<{ reason: string }, [string]>("SELECT reason FROM outbound_state WHERE name = ? AND disabled_at IS NOT NULL").get(name)?.reason;
}

/** Inside a transaction. */
export function disableOutbound(store: Store, name: string, at: number, reason: string): void {
  store.db
    .query("INSERT INTO outbound_state(name, disabled_at, reason) VALUES (?, ?, ?) ON CONFLICT(name) DO UPDATE SET disabled_at = excluded.disabled_at, reason = excluded.reason")
    .run(name, at, store.redactor.text(reason));
}

/** Inside a transaction: whoever retries one of its messages wants it back. */
export function enableOutbound(store: Store, name: string): void {
  store.db.query("DELETE FROM outbound_state WHERE name = ?").run(name);
}
