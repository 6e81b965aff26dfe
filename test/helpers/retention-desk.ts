import { configSchema } from "../../src/engine/config.ts";
import type { NewEvent } from "../../src/engine/core/event.ts";
import type { Invocation } from "../../src/engine/core/invocation.ts";
import { DAY_MS, type RetentionRules } from "../../src/engine/core/retention.ts";
import { Housekeeper } from "../../src/engine/pipeline/housekeeper.ts";
import { insertDispatch } from "../../src/engine/store/dispatches.ts";
import { insertEvents } from "../../src/engine/store/events.ts";
import { insertInvocations } from "../../src/engine/store/invocations.ts";
import { setMeta } from "../../src/engine/store/meta.ts";
import type { Store } from "../../src/engine/store/open.ts";
import { FakeClock } from "./fake-clock.ts";
import { invocation, message, rows, T0, tempStore } from "./rows.ts";

export interface Told {
  readonly kind: string;
  readonly data: Readonly<Record<string, unknown>>;
}

export function housekeeperOf(store: Store, clock: FakeClock, rules: Partial<RetentionRules>, told: Told[] = []): Housekeeper {
  const notice = (kind: string, data: Told["data"]): void => void told.push({ kind, data });
  return new Housekeeper({ store, clock, rules: { ...configSchema.parse({}).retention, ...rules }, deleteRetentionDays: 30, busy: () => false, notice });
}

/** A ledger with evaluated events and a housekeeper, in a home of its own. Event N is the message `test:N` of second N. */
export class RetentionDesk {
  readonly store: Store;
  readonly home: string;
  readonly clock = new FakeClock(T0);
  readonly housekeeper: Housekeeper;
  readonly told: Told[] = [];
  readonly #temp = tempStore();

  constructor(rules: Partial<RetentionRules> = {}) {
    this.store = this.#temp.store;
    this.home = this.#temp.home;
    this.housekeeper = housekeeperOf(this.store, this.clock, rules, this.told);
  }

  /** Stores event N, evaluated by `hook_a` as said, and moves the cursor behind it. */
  evaluated(n: number, parts: Partial<Invocation> = {}, event: Partial<NewEvent> = {}): void {
    this.store.write(() => {
      this.#insert(n, event);
      insertInvocations(this.store, [invocation(n, parts)]);
    });
  }

  /** Stores event N; nothing has looked at it. */
  unevaluated(n: number, event: Partial<NewEvent> = {}): void {
    this.store.write(() => void insertEvents(this.store, [message(n, event)], { maxDepth: 8, maxChain: 1_000 }));
  }

  fired(n: number, status = "pending"): void {
    this.evaluated(n, { outcome: "fired", fired: true, result: { fire: true } });
    const dispatch = { id: `dsp_${n}`, hook_id: "hook_a", version_id: "ver_a", event_id: `test:${n}`, invocation_id: `inv_${n}`, status: "pending", routing: {}, session_key: "s", context: { data: {}, include_thread: false }, created_at: T0 + n * 1_000, attempts: 0, not_before: 0 } as const;
    insertDispatch(this.store, dispatch);
    this.store.db.query("UPDATE dispatches SET status = ? WHERE id = ?").run(status, dispatch.id);
  }

  days(n: number): void {
    this.clock.advance(n * DAY_MS);
  }

  ids(table: "events" | "hook_invocations" | "dispatches"): string[] {
    return rows(this.store, `SELECT id FROM ${table} ORDER BY rowid`).map((row) => String(Object.values(row as object)[0]));
  }

  count(table: string): number {
    return this.store.db.query<{ n: number }, []>(`SELECT count(*) AS n FROM ${table}`).get()?.n ?? 0;
  }

  [Symbol.dispose](): void {
    this.#temp[Symbol.dispose]();
  }

  #insert(n: number, event: Partial<NewEvent>): void {
    for (const { event: stored } of insertEvents(this.store, [message(n, event)], { maxDepth: 8, maxChain: 1_000 })) setMeta(this.store, "eval_cursor", stored.seq);
  }
}
