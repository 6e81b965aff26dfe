import { HOUR_MS } from "../core/retention.ts";
import { countPendingDispatches } from "./dispatches.ts";
import type { Store } from "./open.ts";

/** How the Broker stands. */
export interface BrokerFacts {
  readonly pending: number;
  /** Turns under way. */
  readonly running: number;
  /** Dispatches of the last hour that have failed, and messages that are dead letters. */
  readonly failed_last_hour: number;
  readonly dead_last_hour: number;
  /** Dispatches of the last hour that no agent will see: their queue was full, or they had waited for too long. */
  readonly lost_last_hour: number;
}

/** Each by an index. */
export function brokerFacts(store: Store, now: number): BrokerFacts {
  const count = (sql: string, ...values: number[]): number => store.db.query<{ n: number }, number[]>(`SELECT count(*) AS n FROM ${sql}`).get(...values)?.n ?? 0;
  return {
    pending: countPendingDispatches(store),
    running: count("turns WHERE status = 'running'"),
    failed_last_hour: count("dispatches WHERE status = 'failed' AND created_at > ?", now - HOUR_MS),
    lost_last_hour: count("dispatches WHERE status IN ('dropped', 'expired') AND created_at > ?", now - HOUR_MS),
    dead_last_hour: count("deliveries WHERE status = 'dead' AND created_at > ?", now - HOUR_MS),
  };
}
