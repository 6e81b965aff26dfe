import { expect, test } from "bun:test";
import { decodeTime, isValid } from "ulid";
import { createIds } from "../../../src/engine/core/ids.ts";

test("ids are valid ULIDs of their time, unique, and sort in the order they were made, also when the clock goes back", () => {
  const ids = createIds();
  const times = [1_000, 1_000, 1_001, 900, 1_001, 5_000, 4_999, 5_000];
  const made = times.flatMap((at) => Array.from({ length: 2_000 }, () => ids.make("inv", at)));
  expect(made.toSorted()).toEqual(made);
  expect(new Set(made).size).toBe(made.length);
  expect(made.every((id) => id.startsWith("inv_") && isValid(id.slice(4)))).toBe(true);
  expect(decodeTime(made[0]?.slice(4) ?? "")).toBe(1_000);
  expect(decodeTime(made.at(-1)?.slice(4) ?? "")).toBe(5_000);
});

test("more ids in a millisecond than the counter holds go on in the next", () => {
  const ids = createIds();
  let last = ids.make("inv", 7);
  for (let n = 0; n < 1_024 * 1_024 + 10; n += 1) {
    const next = ids.make("inv", 7);
    if (next <= last) throw new Error(`${next} does not come after ${last}`);
    last = next;
  }
  expect(decodeTime(last.slice(4))).toBe(8);
});

test("two factories do not make the same ids", () => {
  expect(createIds().make("hook", 1)).not.toBe(createIds().make("hook", 1));
});
