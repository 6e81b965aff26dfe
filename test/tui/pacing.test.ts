import { expect, test } from "bun:test";
import { ProcessorShare } from "../../src/tui/processor-share.ts";

test("the first look is free, and the dearer one was, the later comes the next, but never later than three seconds", () => {
  let used = 500;
  let now = 0;
  const share = new ProcessorShare({ used: () => used, now: () => now });
  expect(share.free).toBe(true);
  const wait = (cost: number): number => {
    share.begin();
    used += cost;
    const began = now;
    while (!share.free) now += 10;
    return now - began;
  };
  expect([wait(0), wait(3), wait(30), wait(90), wait(10_000)]).toEqual([0, 100, 1_000, 3_000, 3_000]);
});
