import { expect, test } from "bun:test";
import { applyStateWrites, copyState, loadState } from "../../../src/engine/store/hook-state.ts";
import { tempStore } from "../../helpers/rows.ts";

test("writes set, replace and delete keys of one version, and of no other", () => {
  using temp = tempStore();
  applyStateWrites(temp.store, "ver_a", [["count", 1], ["seen", { ids: ["x"] }], ["gone", true], ["nothing", null]]);
  applyStateWrites(temp.store, "ver_b", [["count", 9]]);
  applyStateWrites(temp.store, "ver_a", [["count", 2], ["gone"]]);
  expect(loadState(temp.store, "ver_a")).toEqual({ count: 2, seen: { ids: ["x"] }, nothing: null });
  expect(loadState(temp.store, "ver_b")).toEqual({ count: 9 });
  expect(loadState(temp.store, "ver_c")).toEqual({});
});

test("a new version can begin with the state of another, and goes its own way", () => {
  using temp = tempStore();
  applyStateWrites(temp.store, "ver_a", [["count", 1]]);
  copyState(temp.store, "ver_a", "ver_b");
  applyStateWrites(temp.store, "ver_b", [["count", 2]]);
  expect([loadState(temp.store, "ver_a"), loadState(temp.store, "ver_b")]).toEqual([{ count: 1 }, { count: 2 }]);
});
