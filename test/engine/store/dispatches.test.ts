import { expect, test } from "bun:test";
import type { Dispatch } from "../../../src/engine/core/dispatch.ts";
import { claimDispatch, claimForSteering, countPendingDispatches, dispatchById, firesSince, insertDispatch, listDispatches, returnDispatch, reviveDispatch, settleDispatch } from "../../../src/engine/store/dispatches.ts";
import { T0, tempStore } from "../../helpers/rows.ts";

function dispatch(n: number, parts: Partial<Dispatch> = {}): Dispatch {
  return { id: `dsp_${n}`, hook_id: "hook_a", version_id: "ver_a", event_id: `test:${n}`, invocation_id: `inv_${n}`, status: "pending", routing: {}, session_key: "agent:default:test:dm:x", context: { data: {}, include_thread: false }, created_at: T0 + n, attempts: 0, not_before: 0, ...parts };
}

test("a dispatch comes back as it was made, newest first", () => {
  using temp = tempStore();
  const full = dispatch(2, { agent: "atlas", prompt: "look", routing: { mode: "session", target: "x" }, context: { data: { a: 1 }, include_thread: true } });
  expect([dispatch(1), full].map((one) => insertDispatch(temp.store, one))).toEqual([true, true]);
  expect(listDispatches(temp.store, { limit: 10 })).toEqual([{ ...full, profile: "reduced" }, { ...dispatch(1), profile: "reduced" }]);
  expect(listDispatches(temp.store, { limit: 1 })).toHaveLength(1);
  expect(countPendingDispatches(temp.store)).toBe(2);
});

test("a pair is dispatched once, whatever id and version the second one has", () => {
  using temp = tempStore();
  insertDispatch(temp.store, dispatch(1));
  expect(insertDispatch(temp.store, dispatch(2, { event_id: "test:1", version_id: "ver_b" }))).toBe(false);
  expect(insertDispatch(temp.store, dispatch(3, { event_id: "test:1", hook_id: "hook_b" }))).toBe(true);
  expect(listDispatches(temp.store, { limit: 10 }).map(({ id }) => id)).toEqual(["dsp_3", "dsp_1"]);
});

test("the fires of a quota are those of the hook since a time, oldest first", () => {
  using temp = tempStore();
  for (const n of [3, 1, 2]) insertDispatch(temp.store, dispatch(n));
  insertDispatch(temp.store, dispatch(4, { hook_id: "hook_b" }));
  expect(firesSince(temp.store, "hook_a", T0 + 1)).toEqual([T0 + 2, T0 + 3]);
});

// switch: mutant claim-twice
test("what waits is given to one turn; what is settled or taken is given to none, and comes back only from where it is", () => {
  using temp = tempStore();
  const { store } = temp;
  for (const n of [1, 2, 3]) insertDispatch(store, dispatch(n));
  expect(claimDispatch(store, "dsp_1", "trn_1", "direct")).toBe(true);
  expect(claimDispatch(store, "dsp_1", "trn_2", "direct")).toBe(false);
  expect(settleDispatch(store, "dsp_2", "pending", "cancelled", T0, "by hand")).toBe(true);
  expect(claimDispatch(store, "dsp_2", "trn_2", "direct")).toBe(false);
  expect(settleDispatch(store, "dsp_2", "running", "done", T0, undefined)).toBe(false);
  // A turn that has ended, or never was, takes nothing more.
  expect(claimForSteering(store, "dsp_3", "trn_9")).toBe(false);
  returnDispatch(store, "dsp_1", T0 + 5, "lost");
  expect(dispatchById(store, "dsp_1")).toMatchObject({ status: "pending", attempts: 1, not_before: T0 + 5, reason: "lost" });
  reviveDispatch(store, "dsp_2");
  expect(dispatchById(store, "dsp_2")).toMatchObject({ status: "pending", attempts: 0, reason: "retried by hand" });
});
