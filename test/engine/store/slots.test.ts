import { expect, test } from "bun:test";
import type { Slot } from "../../../src/engine/store/slots.ts";
import { insertSlot, lastSlot, settleSlot, slotsOf } from "../../../src/engine/store/slots.ts";
import { T0, tempStore } from "../../helpers/rows.ts";

function slot(n: number, parts: Partial<Slot> = {}): Slot {
  return { schedule_id: "hook_a", slot: T0 + n, until_slot: T0 + n, slot_count: 1, status: "due", event_id: `timer:hook_a:${T0 + n}`, created_at: T0, ...parts };
}

test("a slot is given out once, and the second try changes nothing", () => {
  using temp = tempStore();
  expect(insertSlot(temp.store, slot(1))).toBe(true);
  expect(insertSlot(temp.store, slot(1, { status: "ran", created_at: T0 + 9 }))).toBe(false);
  expect(slotsOf(temp.store, "hook_a", 10)).toEqual([slot(1)]);
  expect(insertSlot(temp.store, slot(1, { schedule_id: "hook_b" }))).toBe(true);
});

test("what became of a slot is written beside it", () => {
  using temp = tempStore();
  for (const n of [1, 2]) insertSlot(temp.store, slot(n));
  settleSlot(temp.store, "hook_a", T0 + 1, { status: "skipped", reason: "breaker is open", at: T0 + 5 });
  settleSlot(temp.store, "hook_a", T0 + 2, { status: "ran", reason: undefined, at: T0 + 6 });
  expect(slotsOf(temp.store, "hook_a", 10)).toEqual([slot(2, { status: "ran", settled_at: T0 + 6 }), slot(1, { status: "skipped", reason: "breaker is open", settled_at: T0 + 5 })]);
});

test("the newest slot is the end of a missed range, and undefined for a schedule without slots", () => {
  using temp = tempStore();
  insertSlot(temp.store, slot(1));
  insertSlot(temp.store, slot(2, { until_slot: T0 + 50, slot_count: 20, status: "missed", reason: "down" }));
  expect(lastSlot(temp.store, "hook_a")).toBe(T0 + 50);
  expect(lastSlot(temp.store, "hook_b")).toBeUndefined();
});
