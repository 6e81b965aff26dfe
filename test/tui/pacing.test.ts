import { expect, test } from "bun:test";
import { ProcessorShare } from "../../src/tui/processor-share.ts";
import { PacedOutput } from "../../src/tui/terminal/paced-output.ts";
import { whenClear } from "../../src/tui/terminal/when-clear.ts";

/** A line that takes what it is given; time is the test's. */
function line(perSecond: number, most: number): { readonly output: PacedOutput; readonly frame: (bytes: number) => void; readonly wait: (ms: number) => void; readonly sent: string[] } {
  let now = 0;
  const sent: string[] = [];
  const out = { columns: 80, rows: 24, on: () => undefined, write: (text: string) => (sent.push(text), true) };
  const output = new PacedOutput({ out: out as unknown as NodeJS.WriteStream, budget: { perSecond, most }, now: () => now });
  return { output, sent, wait: (ms) => void (now += ms), frame: (bytes) => void output.write(`${"x".repeat(bytes)}\u001b[?2026l`) };
}

// switch: mutant keys-pay-for-data
test("data has its share of the line, and what keys lead to is not set against it", () => {
  const { output, frame, wait } = line(1_000, 4_000);
  for (let key = 0; key < 10; key += 1) {
    frame(10_000);
    output.arrived();
  }
  expect(output.ready).toBe(true);
  output.drawsFor = "data";
  let bytes = 0;
  for (let ms = 0; ms < 100_000; ms += 100) {
    wait(100);
    if (!output.ready) continue;
    frame(9_000);
    bytes += 9_000;
    output.arrived();
  }
  expect(bytes / 100).toBeWithin(900, 1_100);
});

// switch: mutant frames-unacknowledged
test("data waits for the answer to the last frame, and no longer than a terminal that never answers is waited for", () => {
  const { output, frame, wait, sent } = line(1_000, 4_000);
  frame(100);
  expect(sent.at(-1)).toEndWith("\u001b[5n");
  expect(output.ready).toBe(false);
  output.arrived();
  expect(output.ready).toBe(true);
  frame(100);
  wait(1_400);
  expect(output.ready).toBe(false);
  wait(200);
  expect(output.ready).toBe(true);
  frame(100);
  expect(sent.at(-1)).not.toContain("\u001b[5n");
  expect(output.ready).toBe(true);
});

// switch: mutant dear-looks-are-free
test("the first look is free, and the dearer one was, the later comes the next, but never later than five seconds, or twenty beside a daemon that is behind", () => {
  let used = 500;
  let now = 0;
  const share = new ProcessorShare({ used: () => used, now: () => now });
  expect(share.free(true)).toBe(true);
  const wait = (cost: number, busy = false): number => {
    share.begin();
    used += cost;
    const began = now;
    while (!share.free(busy)) now += 10;
    return now - began;
  };
  expect([wait(0), wait(3), wait(30), wait(90), wait(10_000), wait(3, true), wait(30, true), wait(90, true), wait(10_000, true)]).toEqual([0, 150, 1_500, 4_500, 5_000, 600, 6_000, 18_000, 30_000]);
});

// switch: mutant screens-pile-up
test("while a whole screen is under way what is drawn waits for it, and is drawn once; small frames follow each other", async () => {
  const { output, frame } = line(1_000, 4_000);
  let drawn = 0;
  const changed = whenClear(() => {
    drawn += 1;
    frame(6_000);
  }, output);
  for (let key = 0; key < 50; key += 1) changed();
  expect(drawn).toBe(1);
  output.arrived();
  await settled();
  expect(drawn).toBe(2);
  output.arrived();
  await settled();
  expect([drawn, output.clear]).toEqual([2, true]);
  // Each is asked about in its turn: a thousand bytes behind the first question do not count as arrived with it.
  for (let key = 0; key < 10; key += 1) frame(180);
  expect(output.clear).toBe(true);
  frame(180);
  expect(output.clear).toBe(false);
  output.arrived();
  expect(output.clear).toBe(true);
});

async function settled(): Promise<void> {
  await new Promise<void>((resolve) => setImmediate(resolve));
}
