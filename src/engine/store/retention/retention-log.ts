import { DAY_MS } from "../../core/retention.ts";
import type { MetaKey } from "../meta.ts";
import { getMeta, setMeta } from "../meta.ts";
import type { Store } from "../open.ts";

export type RemovedKind = "events" | "invocations" | "logs" | "dispatches" | "turns" | "deliveries" | "sessions" | "notices" | "slots" | "stats" | "episodes" | "threads" | "contacts" | "hooks" | "versions" | "state" | "scripts" | "executions" | "webhooks" | "runs" | "moves" | "passages";

/** `orphan`: nothing named it any more. `deleted`: its hook can no longer be restored. */
export type RemovedWhy = "folded" | "age" | "bytes" | "orphan" | "deleted";

/** What was removed on one day for one reason. Times in Unix ms. */
export interface Removed {
  readonly what: RemovedKind;
  readonly why: RemovedWhy;
  readonly rows: number;
  /** Of the oldest and the newest row. */
  readonly first_at: number;
  readonly last_at: number;
}

/** Gathers what one transaction removes and writes it with it: nothing goes without a row that says so. */
export class RemovalRecord {
  readonly #entries = new Map<string, { what: RemovedKind; why: RemovedWhy; rows: number; first: number; last: number }>();

  add(what: RemovedKind, why: RemovedWhy, rows: number, first: number, last = first): void {
    if (rows === 0) return;
    const key = `${what} ${why}`;
    const entry = this.#entries.get(key);
    if (entry === undefined) {
      this.#entries.set(key, { what, why, rows, first, last });
      return;
    }
    entry.rows += rows;
    entry.first = Math.min(entry.first, first);
    entry.last = Math.max(entry.last, last);
  }

  /** Inside a transaction. Returns how many rows went. */
  save(store: Store, now: number): number {
    let rows = 0;
    for (const entry of this.#entries.values()) {
      rows += entry.rows;
      store.db
        .query(
          `INSERT INTO retention_log(day, what, why, rows, first_at, last_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
           ON CONFLICT(day, what, why) DO UPDATE SET rows = rows + ?4, first_at = min(first_at, ?5), last_at = max(last_at, ?6)`,
        )
        .run(Math.floor(now / DAY_MS), entry.what, entry.why, entry.rows, entry.first, entry.last);
      if (entry.what === "events") addMeta(store, "events_removed", entry.rows);
      if (entry.what === "invocations") addMeta(store, "invocations_removed", entry.rows);
    }
    if (rows > 0) setMeta(store, "housekeeper_at", now);
    this.#entries.clear();
    return rows;
  }

  /** What was gathered was undone. */
  clear(): void {
    this.#entries.clear();
  }
}

/** Since a time, to the day; largest first. */
export function removedSince(store: Store, since: number): Removed[] {
  return store.db
    .query<Removed, [number]>(
      `SELECT what, why, sum(rows) AS rows, min(first_at) AS first_at, max(last_at) AS last_at FROM retention_log
       WHERE day >= ? GROUP BY what, why ORDER BY rows DESC, what, why`,
    )
    .all(Math.floor(since / DAY_MS));
}

/** The newest event that was ever removed: what is newer is still there. Undefined when none was. */
export function retentionHorizon(store: Store): { readonly seq: number; readonly received_at: number } | undefined {
  const seq = getMeta(store, "horizon_seq");
  const received_at = getMeta(store, "horizon_at");
  return seq === undefined || received_at === undefined ? undefined : { seq, received_at };
}

function addMeta(store: Store, key: MetaKey, more: number): void {
  setMeta(store, key, (getMeta(store, key) ?? 0) + more);
}
