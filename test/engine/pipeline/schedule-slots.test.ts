import { beforeAll, describe, expect, test } from "bun:test";
import fc from "fast-check";
import { compileSchedule } from "../../../src/engine/pipeline/schedule.ts";
import type { CompiledSchedule } from "../../../src/engine/pipeline/schedule-slots.ts";

const DAY = 86_400_000;
const ANCHOR = Date.parse("2026-02-20T10:11:12.345Z");

const SCHEDULES = [
  { every: "17m" },
  { every: "1s" },
  { at: "2026-03-08T07:10:00Z" },
  { cron: "*/15 * * * *", timezone: "Australia/Lord_Howe" },
  { cron: "7,37 1-3 * * *", timezone: "America/New_York" },
  { cron: "10,35 2 * * *", timezone: "Australia/Lord_Howe" },
  { cron: "*/20 * 2 * * *", timezone: "Europe/Rome" },
  { cron: "30 */2 * * *", timezone: "Antarctica/Troll" },
  { cron: "5/7 3-59/4 4,9 * 3,4,10 MON#2" },
  { cron: "0 12 L * FRI" },
] as const;

/** Near the changes of the clock in these zones, where mistakes would be. */
const INTERESTING = ["2026-03-08T07:00Z", "2026-03-29T01:00Z", "2026-04-04T15:00Z", "2026-10-03T15:30Z", "2026-10-25T01:00Z", "2026-11-01T06:00Z"].map((time) => Date.parse(time));
const instant = fc.tuple(fc.constantFrom(...INTERESTING), fc.integer({ min: -2 * DAY, max: 2 * DAY })).map(([time, shift]) => time + shift);

let lines: CompiledSchedule[] = [];

beforeAll(async () => {
  lines = await Promise.all(SCHEDULES.map((schedule) => compileSchedule(schedule, ANCHOR)));
});

function enumerate(line: CompiledSchedule, after: number, until: number): number[] {
  const slots: number[] = [];
  for (let slot = line.next(after); slot !== undefined && slot <= until; slot = line.next(slot)) slots.push(slot);
  return slots;
}

describe("every kind of schedule", () => {
  test.each(SCHEDULES.map((schedule, index) => [JSON.stringify(schedule), index] as const))("%s: next is the same wherever one asks from", (_name, index) => {
    const line = lines[index]!;
    fc.assert(
      fc.property(instant, (after) => {
        const slot = line.next(after);
        if (slot === undefined) return;
        expect(slot).toBeGreaterThan(after);
        for (const from of [slot - 1, Math.floor((after + slot - 1) / 2), after]) {
          // Asking for a time far away first makes it think again.
          line.next(ANCHOR - DAY);
          expect(line.next(from)).toBe(slot);
        }
        expect(line.next(slot) ?? Infinity).toBeGreaterThan(slot);
      }),
      { numRuns: 100 },
    );
  });

  test.each(SCHEDULES.map((schedule, index) => [JSON.stringify(schedule), index] as const))("%s: count and slotsBetween agree with stepping", (_name, index) => {
    const line = lines[index]!;
    const dense = line.count(ANCHOR, ANCHOR + 10 * DAY) > 1_500;
    const span = fc.integer({ min: -1_000, max: dense ? DAY / 6 : 20 * DAY });
    fc.assert(
      fc.property(instant, span, fc.integer({ min: 0, max: 12 }), (after, length, max) => {
        const until = after + length;
        const all = enumerate(line, after, until);
        expect(line.count(after, until)).toBe(all.length);
        const kept = max === 0 ? [] : all.slice(-max);
        const folded = all.slice(0, all.length - kept.length);
        const older = folded.length === 0 ? undefined : { slot: folded[0]!, until_slot: folded.at(-1)!, slot_count: folded.length };
        const result = line.slotsBetween(after, until, max);
        expect([...result.slots]).toEqual(kept);
        expect(result.older).toEqual(older);
      }),
      { numRuns: 25 },
    );
  });
});

describe("a long outage", () => {
  const until = Date.parse("2027-06-01T00:00:30Z");

  test.each([
    ["every minute for a year", { cron: "* * * * *", timezone: "America/New_York" }, 365, 525_600],
    ["every second for ten years", { cron: "* * * * * *", timezone: "Europe/Rome" }, 3_650, 315_360_000],
    ["every second of each January, seen from June", { cron: "* * * * 1 *" }, 1_460, 4 * 31 * 86_400],
    ["an interval of one second for ten years", { every: "1s" }, 3_650, 315_360_000],
  ])("%s is counted exactly and folded into one range", async (_name, schedule, days, total) => {
    const after = until - days * DAY;
    const line = await compileSchedule(schedule, after - DAY);
    const started = performance.now();
    const { slots, older } = line.slotsBetween(after, until, 100);
    // Stepping would take 14 s for the first of these; this takes about 10 ms. The bound only tells the two apart.
    expect(performance.now() - started).toBeLessThan(2_000);
    expect(slots).toHaveLength(100);
    expect(older?.slot_count).toBe(total - 100);
    expect(older?.slot).toBe(line.next(after));
    expect(line.next(older!.until_slot)).toBe(slots[0]);
    expect(line.next(slots.at(-1)!) ?? Infinity).toBeGreaterThan(until);
  });
});
