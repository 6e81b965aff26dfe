import type { SecretSource } from "../core/outbound-settings.ts";
import { nextWork } from "./meta.ts";
import type { Store } from "./open.ts";

/** A POST as it is stored. What is secret in it is named, and read when it is sent. */
export interface WebhookRequest {
  readonly url: string | SecretSource;
  readonly headers: Readonly<Record<string, string | SecretSource>>;
  readonly body: string;
}

export const WEBHOOK_STATUSES = ["pending", "sent", "dead", "cancelled"] as const;
export type WebhookStatus = (typeof WEBHOOK_STATUSES)[number];

/** A webhook that an update asked for, and that goes out because it was committed. */
export interface RefWebhook {
  readonly id: string;
  readonly update_id: string;
  readonly hook_id: string;
  readonly ref_name: string;
  readonly request: WebhookRequest;
  readonly status: WebhookStatus;
  readonly attempts: number;
  /** Unix ms. */
  readonly not_before: number;
  readonly code?: string;
  readonly error?: string;
  readonly created_at: number;
  readonly settled_at?: number;
}

type WebhookRow = { readonly [Key in Exclude<keyof RefWebhook, "request">]-?: Exclude<RefWebhook[Key], undefined> | null } & { readonly request_json: string };

/** Inside a transaction. */
export function enqueueWebhook(store: Store, { id, update_id, hook_id, ref_name, request, created_at }: Pick<RefWebhook, "id" | "update_id" | "hook_id" | "ref_name" | "request" | "created_at">): void {
  store.db
    .query("INSERT INTO ref_outbox(id, update_id, hook_id, ref_name, request_json, status, created_at) VALUES (?, ?, ?, ?, ?, 'pending', ?)")
    .run(id, update_id, hook_id, ref_name, JSON.stringify(request), created_at);
  nextWork(store);
}

export function countWaitingWebhooks(store: Store): number {
  return store.db.query<{ n: number }, []>("SELECT count(*) AS n FROM ref_outbox WHERE status = 'pending'").get()?.n ?? 0;
}

/** Of each hook the oldest that is not settled, and only where it is due: a receiver hears of updates in their order. */
export function dueWebhooks(store: Store, now: number, limit: number): RefWebhook[] {
  return store.db
    .query<WebhookRow, [number, number]>("SELECT * FROM ref_outbox WHERE rowid IN (SELECT min(rowid) FROM ref_outbox WHERE status = 'pending' GROUP BY hook_id) AND not_before <= ? ORDER BY rowid LIMIT ?")
    .all(now, limit)
    .map(toWebhook);
}

/** When the next one that is not due yet will be, Unix ms. */
export function nextWebhookAt(store: Store, now: number): number | undefined {
  const row = store.db
    .query<{ at: number | null }, [number]>("SELECT min(not_before) AS at FROM ref_outbox WHERE rowid IN (SELECT min(rowid) FROM ref_outbox WHERE status = 'pending' GROUP BY hook_id) AND not_before > ?")
    .get(now);
  return row?.at ?? undefined;
}

export interface WebhookAttempt {
  readonly status: WebhookStatus;
  readonly at: number;
  readonly not_before?: number | undefined;
  readonly code?: string | undefined;
  readonly error?: string | undefined;
}

/** Inside a transaction: what came of an attempt. One that was settled meanwhile stays so. */
export function recordWebhookAttempt(store: Store, id: string, given: WebhookAttempt): void {
  const { status, at, not_before, code, error } = store.redactor.value(given);
  store.db
    .query("UPDATE ref_outbox SET status = ?, attempts = attempts + 1, not_before = ?, code = ?, error = ?, settled_at = ? WHERE id = ? AND status = 'pending'")
    .run(status, not_before ?? 0, code ?? null, error ?? null, status === "pending" ? null : at, id);
}

/** Inside a transaction: one that ended without success, or waits for its next attempt, is tried now. False when it is neither. */
export function reviveWebhook(store: Store, id: string): boolean {
  const { changes } = store.db.query("UPDATE ref_outbox SET status = 'pending', attempts = 0, not_before = 0, settled_at = NULL WHERE id = ? AND status IN ('dead', 'cancelled', 'pending')").run(id);
  if (changes === 1) nextWork(store);
  return changes === 1;
}

/** Inside a transaction. False when it does not wait. */
export function cancelWebhook(store: Store, id: string, at: number): boolean {
  const { changes } = store.db.query("UPDATE ref_outbox SET status = 'cancelled', settled_at = ? WHERE id = ? AND status = 'pending'").run(at, id);
  if (changes === 1) nextWork(store);
  return changes === 1;
}

export function webhookById(store: Store, id: string): RefWebhook | undefined {
  const row = store.db.query<WebhookRow, [string]>("SELECT * FROM ref_outbox WHERE id = ?").get(id);
  return row === null ? undefined : toWebhook(row);
}

/** Newest first. */
export function listWebhooks(store: Store, status: WebhookStatus | undefined, limit: number): RefWebhook[] {
  return store.db.query<WebhookRow, [string | null, number]>("SELECT * FROM ref_outbox WHERE ?1 IS NULL OR status = ?1 ORDER BY rowid DESC LIMIT ?2").all(status ?? null, limit).map(toWebhook);
}

function toWebhook({ request_json, ...row }: WebhookRow): RefWebhook {
  const given = Object.fromEntries(Object.entries(row).filter(([, value]) => value !== null));
  // Every column of RefWebhook that may be missing is NULL then; the request was written by enqueueWebhook.
  return { ...(given as unknown as Omit<RefWebhook, "request">), request: JSON.parse(request_json) as WebhookRequest };
}
