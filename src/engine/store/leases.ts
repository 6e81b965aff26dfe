import type { Store } from "./open.ts";

/** How often the pair was given out under a lease; 0 when it never was. */
export function leaseAttempts(store: Store, eventId: string, hookId: string): number {
  return store.db.query<{ attempt: number }, [string, string]>("SELECT attempt FROM evaluation_leases WHERE event_id = ? AND hook_id = ?").get(eventId, hookId)?.attempt ?? 0;
}

/** Inside a transaction that must be durable before the pair is handed over. */
export function takeLease(store: Store, lease: { readonly eventId: string; readonly hookId: string; readonly attempt: number; readonly epoch: number; readonly at: number }): void {
  store.db
    .query(
      `INSERT INTO evaluation_leases(event_id, hook_id, attempt, epoch, leased_at) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT(event_id, hook_id) DO UPDATE SET attempt = excluded.attempt, epoch = excluded.epoch, leased_at = excluded.leased_at`,
    )
    .run(lease.eventId, lease.hookId, lease.attempt, lease.epoch, lease.at);
}

/** Inside a transaction: all pairs that were given out one at a time have their outcomes. */
export function dropLeases(store: Store): void {
  store.db.run("DELETE FROM evaluation_leases");
}
