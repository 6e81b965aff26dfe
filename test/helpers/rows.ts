import type { NewEvent, StoredEvent } from "../../src/engine/core/event.ts";
import type { Invocation } from "../../src/engine/core/invocation.ts";
import { DEFAULT_STORE_OPTIONS, openStore } from "../../src/engine/store/open.ts";
import type { Store } from "../../src/engine/store/open.ts";
import { tempHome } from "./temp-home.ts";

/** 2026-01-28T01:30:00Z */
export const T0 = 1_769_563_800_000;

/** A store in a home of its own; closed, and its home gone, at the end of the `using` block. */
export function tempStore(): { readonly store: Store; readonly home: string; [Symbol.dispose](): void } {
  const home = tempHome();
  const store = openStore(home.path, { ...DEFAULT_STORE_OPTIONS, durability: "normal" });
  return {
    store,
    home: home.path,
    [Symbol.dispose]: () => {
      store.close();
      home[Symbol.dispose]();
    },
  };
}

/** A message `test:N` of the channel `test`, one second after N-1. */
export function message(n: number, parts: Partial<NewEvent> = {}): NewEvent {
  return {
    id: `test:${n}`,
    timestamp: T0 + n * 1_000,
    received_at: T0 + n * 1_000,
    type: "message",
    channel: "test",
    content_types: [],
    direction: "received",
    source_adapter: "test",
    source_id: String(n),
    metadata: {},
    depth: 0,
    ...parts,
  };
}

export function storedMessage(n: number, parts: Partial<StoredEvent> = {}): StoredEvent {
  return { ...message(n), seq: n, ...parts };
}

/** The invocation `inv_N` of the event `test:N`, which took 2 ms and did not fire. */
export function invocation(n: number, parts: Partial<Invocation> = {}): Invocation {
  return {
    id: `inv_${n}`,
    hook_id: "hook_a",
    version_id: "ver_a",
    event_id: `test:${n}`,
    started_at: T0 + n * 1_000,
    finished_at: T0 + n * 1_000 + 2,
    latency_ms: 2,
    latency_us: 2_000,
    outcome: "no_fire",
    fired: false,
    attempt: 1,
    llm_calls: 0,
    llm_tokens_in: 0,
    llm_tokens_out: 0,
    search_calls: 0,
    ...parts,
  };
}

/** All rows of a query, for what has no reader of its own. */
export function rows(store: Store, sql: string): unknown[] {
  return store.db.query(sql).all();
}
