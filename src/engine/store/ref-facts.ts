import { HOUR_MS } from "../core/retention.ts";
import type { Store } from "./open.ts";

/** How what belongs to refs stands. */
export interface RefFacts {
  readonly webhooks_pending: number;
  readonly runs_pending: number;
  readonly runs_running: number;
  /** Of those that were made in the last hour. */
  readonly webhooks_dead_last_hour: number;
  readonly runs_failed_last_hour: number;
}

/** Each by an index. */
export function refFacts(store: Store, now: number): RefFacts {
  const count = (sql: string, ...values: number[]): number => store.db.query<{ n: number }, number[]>(`SELECT count(*) AS n FROM ${sql}`).get(...values)?.n ?? 0;
  return {
    webhooks_pending: count("ref_outbox WHERE status = 'pending'"),
    runs_pending: count("runs WHERE status = 'pending'"),
    runs_running: count("runs WHERE status = 'running'"),
    webhooks_dead_last_hour: count("ref_outbox WHERE status = 'dead' AND created_at > ?", now - HOUR_MS),
    runs_failed_last_hour: count("runs WHERE status = 'failed' AND created_at > ?", now - HOUR_MS),
  };
}
