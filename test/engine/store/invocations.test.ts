import { expect, test } from "bun:test";
import { hookIdsEvaluated, invocationById, invocationsOf, invocationsOfEvent, logOf } from "../../../src/engine/store/invocation-queries.ts";
import { insertInvocations, insertLogs } from "../../../src/engine/store/invocations.ts";
import type { Store } from "../../../src/engine/store/open.ts";
import { invocation, rows, T0, tempStore } from "../../helpers/rows.ts";

function ids(store: Store, filter: Partial<Parameters<typeof invocationsOf>[2]> = {}): string[] {
  return invocationsOf(store, "hook_a", { limit: 10, ...filter }).map(({ id }) => id);
}

test("an invocation comes back as it was recorded", () => {
  using temp = tempStore();
  const full = invocation(1, { outcome: "fired", fired: true, reason: "a warning", result: { fire: true, context: { prompt: "x" } }, llm_calls: 2, llm_tokens_in: 30, llm_tokens_out: 4, search_calls: 1, latency_us: 1_234, attempt: 2 });
  const failed = invocation(2, { outcome: "error", error: "Error: no", stack_trace: "at x" });
  insertInvocations(temp.store, [full, failed]);
  expect(invocationById(temp.store, "inv_1")).toEqual(full);
  expect(invocationById(temp.store, "inv_2")).toEqual(failed);
  expect(invocationById(temp.store, "inv_3")).toBeUndefined();
});

test("a second outcome of the same pair is refused, and nothing of its batch is kept", () => {
  using temp = tempStore();
  insertInvocations(temp.store, [invocation(1)]);
  expect(() => temp.store.write(() => insertInvocations(temp.store, [invocation(2), invocation(3, { event_id: "test:1" })]))).toThrow("UNIQUE");
  expect(ids(temp.store)).toEqual(["inv_1"]);
});

test("a hook's invocations come newest first, and only its own", () => {
  using temp = tempStore();
  insertInvocations(temp.store, [invocation(1), invocation(2, { hook_id: "hook_b" }), invocation(3), invocation(4)]);
  expect(ids(temp.store)).toEqual(["inv_4", "inv_3", "inv_1"]);
  expect(ids(temp.store, { limit: 2 })).toEqual(["inv_4", "inv_3"]);
});

test("since and errors-only narrow them down, alone and together", () => {
  using temp = tempStore();
  const error = { outcome: "error", error: "no" } as const;
  insertInvocations(temp.store, [invocation(1, error), invocation(2), invocation(3, error), invocation(4)]);
  expect(ids(temp.store, { since: T0 + 2_000 })).toEqual(["inv_4", "inv_3", "inv_2"]);
  expect(ids(temp.store, { errorsOnly: true })).toEqual(["inv_3", "inv_1"]);
  expect(ids(temp.store, { errorsOnly: true, since: T0 + 2_000 })).toEqual(["inv_3"]);
});

test("since gives the same with very many recent rows, where another index is read", () => {
  using temp = tempStore();
  temp.store.db.run(
    `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 25000)
     INSERT INTO hook_invocations(id, hook_id, event_id, started_at, finished_at, latency_ms, fired, version_id, outcome, latency_us)
     SELECT 'x' || i, CASE i % 5000 WHEN 0 THEN 'hook_a' ELSE 'hook_b' END, 'e' || i, ${T0} + i, ${T0} + i, 0, 0, 'v', 'no_fire', 0 FROM n`,
  );
  expect(ids(temp.store, { since: T0 })).toEqual(["x25000", "x20000", "x15000", "x10000", "x5000"]);
  expect(ids(temp.store, { since: T0 + 15_000 })).toEqual(["x25000", "x20000", "x15000"]);
});

test.each([
  ["newest", "SELECT * FROM hook_invocations WHERE hook_id = ?1  ORDER BY rowid DESC LIMIT 20", "idx_invocations_hook"],
  ["failed", "SELECT * FROM hook_invocations WHERE hook_id = ?1 AND error IS NOT NULL ORDER BY rowid DESC LIMIT 20", "idx_invocations_failed"],
])("the %s ones are read from the end of an index, without sorting", (_, sql, index) => {
  using temp = tempStore();
  const plan = JSON.stringify(rows(temp.store, `EXPLAIN QUERY PLAN ${sql}`));
  expect(plan).toContain(index);
  expect(plan).not.toContain("TEMP B-TREE");
});

test("an event's invocations come in the order in which they were recorded", () => {
  using temp = tempStore();
  const of = (n: number, hook: string): ReturnType<typeof invocation> => invocation(n, { event_id: "test:1", hook_id: hook });
  insertInvocations(temp.store, [of(2, "hook_b"), of(1, "hook_a"), invocation(3)]);
  expect(invocationsOfEvent(temp.store, "test:1").map(({ id }) => id)).toEqual(["inv_2", "inv_1"]);
  expect(hookIdsEvaluated(temp.store, "test:1")).toEqual(new Set(["hook_a", "hook_b"]));
  expect(hookIdsEvaluated(temp.store, "test:9").size).toBe(0);
});

test("what a hook wrote is kept with its invocation", () => {
  using temp = tempStore();
  insertLogs(temp.store, "inv_1", [{ at: 1, level: "info", text: "hello" }], 7);
  expect(logOf(temp.store, "inv_1")).toEqual({ lines: [{ at: 1, level: "info", text: "hello" }], dropped_bytes: 7 });
  expect(logOf(temp.store, "inv_2")).toBeUndefined();
});
