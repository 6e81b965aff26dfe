import { nextWork } from "./meta.ts";
import type { Store } from "./open.ts";

export type InboxStatus = "waiting" | "taken" | "answered" | "closed";

export interface InboxItem {
  readonly turn_id: string;
  readonly agent: string;
  readonly status: InboxStatus;
  /** The turn's input, as every runner is given it. */
  readonly input_json: string;
  readonly taken_at: number | null;
  /** Unix ms; when it has passed without a sign, it can be taken again. */
  readonly lease_until: number | null;
  /** `{text}` or `{failed}`. */
  readonly answer_json: string | null;
  readonly created_at: number;
}

/** Inside a transaction. One that is there already stays as it is: its turn goes on after a restart. */
export function putInInbox(store: Store, item: Pick<InboxItem, "turn_id" | "agent" | "input_json" | "created_at">): void {
  store.db
    .query("INSERT INTO inbox_items(turn_id, agent, status, input_json, created_at) VALUES (?, ?, 'waiting', ?, ?) ON CONFLICT(turn_id) DO NOTHING")
    .run(item.turn_id, item.agent, item.input_json, item.created_at);
}

export function inboxItem(store: Store, turnId: string): InboxItem | undefined {
  return store.db.query<InboxItem, [string]>("SELECT * FROM inbox_items WHERE turn_id = ?").get(turnId) ?? undefined;
}

/** Inside a transaction: the oldest that nobody has, or whose taker gave no sign; it is the caller's until the lease ends. */
export function takeFromInbox(store: Store, agent: string, now: number, leaseMs: number): InboxItem | undefined {
  const next = "SELECT turn_id FROM inbox_items WHERE agent = ?1 AND (status = 'waiting' OR (status = 'taken' AND lease_until < ?2)) ORDER BY created_at, turn_id LIMIT 1";
  const take = `UPDATE inbox_items SET status = 'taken', taken_at = ?2, lease_until = ?2 + ?3 WHERE turn_id = (${next}) RETURNING *`;
  return store.db.query<InboxItem, [string, number, number]>(take).get(agent, now, leaseMs) ?? undefined;
}

/** Inside a transaction: its taker still works. False when it is not taken. */
export function keepInboxItem(store: Store, turnId: string, now: number, leaseMs: number): boolean {
  return store.db.query("UPDATE inbox_items SET lease_until = ? WHERE turn_id = ? AND status = 'taken'").run(now + leaseMs, turnId).changes === 1;
}

/** Inside a transaction. False when nobody waits for an answer (any more). */
export function answerInboxItem(store: Store, turnId: string, answer: { readonly text: string } | { readonly failed: string }): boolean {
  const { changes } = store.db.query("UPDATE inbox_items SET status = 'answered', answer_json = ? WHERE turn_id = ? AND status IN ('waiting', 'taken')").run(JSON.stringify(answer), turnId);
  if (changes === 1) nextWork(store);
  return changes === 1;
}

/** Inside a transaction: nobody needs an answer any more. False when one had come. */
export function closeInboxItem(store: Store, turnId: string): boolean {
  return store.db.query("UPDATE inbox_items SET status = 'closed' WHERE turn_id = ? AND status IN ('waiting', 'taken')").run(turnId).changes === 1;
}

/** Inside a transaction: adds to what nobody has taken yet. False when someone has. */
export function addToInboxItem(store: Store, turnId: string, input: (before: string) => string): boolean {
  const item = inboxItem(store, turnId);
  if (item?.status !== "waiting") return false;
  store.db.query("UPDATE inbox_items SET input_json = ? WHERE turn_id = ?").run(input(item.input_json), turnId);
  return true;
}
