import { expect, test } from "bun:test";
import { Places } from "../../../src/engine/api/places.ts";

const never = new AbortController().signal;

// switch: mutant dry-runs-without-a-limit
test("so many at once; the others wait in order, and too many are refused", async () => {
  const places = new Places(1, 2);
  const order: string[] = [];
  const first = await places.take(never);
  const waits = ["a", "b"].map(async (name) => {
    using _place = await places.take(never);
    order.push(name);
  });
  expect(await places.take(never).catch((error: { code: string }) => error.code)).toBe("QUEUE_FULL");
  expect(order).toEqual([]);
  first[Symbol.dispose]();
  await Promise.all(waits);
  expect(order).toEqual(["a", "b"]);
  using _again = await places.take(never);
});

test("who no longer waits takes no place", async () => {
  const places = new Places(1, 2);
  const first = await places.take(never);
  const leaves = new AbortController();
  const gone = places.take(leaves.signal).catch(String);
  const stays = places.take(never);
  leaves.abort("left");
  expect(await gone).toBe("left");
  first[Symbol.dispose]();
  (await stays)[Symbol.dispose]();
  using _again = await places.take(never);
  expect(await places.take(leaves.signal).catch(String)).toBe("left");
});
