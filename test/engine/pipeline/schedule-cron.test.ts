import { describe, expect, test } from "bun:test";
import { CronExpressionParser } from "cron-parser";
import { cronSlots } from "../../../src/engine/pipeline/schedule-cron.ts";
import type { CompiledSchedule } from "../../../src/engine/pipeline/schedule-slots.ts";
import { zoneClock } from "../../../src/engine/pipeline/zone-clock.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const YEAR_START = Date.parse("2026-01-01T00:00:00Z");

function slotsFrom(compiled: CompiledSchedule, after: number, until: number): number[] {
  const slots: number[] = [];
  for (let slot = compiled.next(after); slot !== undefined && slot <= until; slot = compiled.next(slot)) slots.push(slot);
  return slots;
}

/** Slots in `[from, until)` as `08T03:30-04:00`: local day, time and offset. */
async function localSlots(cron: string, timezone: string, from: string, until: string): Promise<string[]> {
  const zone = zoneClock(timezone);
  return slotsFrom(await cronSlots(cron, timezone), Date.parse(from) - 1, Date.parse(until) - 1).map((slot) => {
    const offset = zone.offsetAt(slot);
    const size = Math.abs(offset) / 60_000;
    const pad = (count: number): string => String(Math.floor(count)).padStart(2, "0");
    return `${new Date(slot + offset).toISOString().slice(8, 16)}${offset < 0 ? "-" : "+"}${pad(size / 60)}:${pad(size % 60)}`;
  });
}

describe("a time in the spring gap runs once, later by the length of the gap", () => {
  test.each([
    ["America/New_York", "30 2 * * *", "2026-03-07T05:00Z", "2026-03-10T04:00Z", ["07T02:30-05:00", "08T03:30-04:00", "09T02:30-04:00"]],
    ["America/Chicago", "0 2 * * *", "2026-03-07T06:00Z", "2026-03-10T05:00Z", ["07T02:00-06:00", "08T03:00-05:00", "09T02:00-05:00"]],
    ["Europe/Rome", "30 2 * * *", "2026-03-27T23:00Z", "2026-03-30T22:00Z", ["28T02:30+01:00", "29T03:30+02:00", "30T02:30+02:00"]],
    ["Australia/Lord_Howe", "15 2 * * *", "2026-10-02T13:30Z", "2026-10-05T13:00Z", ["03T02:15+10:30", "04T02:45+11:00", "05T02:15+11:00"]],
    ["Africa/Cairo", "0 0 * * *", "2026-04-22T22:00Z", "2026-04-25T21:00Z", ["23T00:00+02:00", "24T01:00+03:00", "25T00:00+03:00"]],
  ])("in %s for %s", async (timezone, cron, from, until, expected) => {
    expect(await localSlots(cron, timezone, from, until)).toEqual(expected);
  });

  test("also when the hour after the gap has the same slot", async () => {
    expect(await localSlots("30 2,3 * * *", "America/New_York", "2026-03-08T05:00Z", "2026-03-09T04:00Z")).toEqual(["08T03:30-04:00"]);
  });

  test("in order when the gap's slots fall between regular ones", async () => {
    const slots = await localSlots("10,35 2 * * *", "Australia/Lord_Howe", "2026-10-03T13:30Z", "2026-10-04T13:00Z");
    expect(slots).toEqual(["04T02:35+11:00", "04T02:40+11:00"]);
  });
});

describe("a fixed time in the repeated autumn hour runs once, the first time", () => {
  test.each([
    ["America/New_York", "30 1 * * *", "2026-10-31T04:00Z", "2026-11-03T05:00Z", ["31T01:30-04:00", "01T01:30-04:00", "02T01:30-05:00"]],
    ["America/Chicago", "0 1 * * *", "2026-10-31T05:00Z", "2026-11-03T06:00Z", ["31T01:00-05:00", "01T01:00-05:00", "02T01:00-06:00"]],
    ["Europe/Rome", "30 2 * * *", "2026-10-23T22:00Z", "2026-10-26T23:00Z", ["24T02:30+02:00", "25T02:30+02:00", "26T02:30+01:00"]],
    ["Australia/Lord_Howe", "45 1 * * *", "2026-04-03T13:00Z", "2026-04-06T13:30Z", ["04T01:45+11:00", "05T01:45+11:00", "06T01:45+10:30"]],
    ["Australia/Lord_Howe", "15 1 * * *", "2026-04-03T13:00Z", "2026-04-06T13:30Z", ["04T01:15+11:00", "05T01:15+11:00", "06T01:15+10:30"]],
    ["America/Havana", "0 0 * * *", "2026-10-31T04:00Z", "2026-11-03T05:00Z", ["31T00:00-04:00", "01T00:00-04:00", "02T00:00-05:00"]],
  ])("in %s for %s", async (timezone, cron, from, until, expected) => {
    expect(await localSlots(cron, timezone, from, until)).toEqual(expected);
  });

  test("for one who asks in the middle of the second hour too", async () => {
    const compiled = await cronSlots("30 1 * * *", "America/New_York");
    expect(compiled.next(Date.parse("2026-11-01T06:10:00Z"))).toBe(Date.parse("2026-11-02T06:30:00Z"));
  });
});

describe("every quarter hour stays every real quarter hour", () => {
  test.each([
    ["America/New_York", "2026-03-08T06:00Z", "2026-11-01T05:00Z"],
    ["America/Chicago", "2026-03-08T07:00Z", "2026-11-01T06:00Z"],
    ["Europe/Rome", "2026-03-29T00:00Z", "2026-10-25T00:00Z"],
    ["Australia/Lord_Howe", "2026-10-03T14:30Z", "2026-04-04T14:00Z"],
  ])("in %s through both changes", async (timezone, spring, autumn) => {
    const compiled = await cronSlots("*/15 * * * *", timezone);
    for (const change of [spring, autumn]) {
      const from = Date.parse(change);
      const expected = Array.from({ length: 24 }, (_, index) => from + index * 900_000);
      expect(slotsFrom(compiled, from - 1, from + 6 * HOUR - 1)).toEqual(expected);
    }
  });
});

describe("cron-parser itself", () => {
  test.each(["America/New_York", "Europe/Rome", "America/Chicago"])("gives the same slots around both changes of %s", async (timezone) => {
    for (const cron of ["30 1 * * *", "30 2 * * *", "0 0 * * *", "*/20 1-3 * * *", "30 */2 * * *", "30 2,3 * * *", "7 * * * *", "0 9 * * 1-5", "0 12 L * *", "*/15 * * * *", "20 0 0-22 * * *"]) {
      const compiled = await cronSlots(cron, timezone);
      for (let at = YEAR_START; ; ) {
        const change = zoneClock(timezone).firstTransition(at, YEAR_START + 365 * DAY);
        if (change === undefined) break;
        at = change.at;
        const reference = CronExpressionParser.parse(cron, { tz: timezone, currentDate: new Date(at - 2 * DAY) });
        const expected: number[] = [];
        for (let slot = reference.next().getTime(); slot <= at + 2 * DAY; slot = reference.next().getTime()) expected.push(slot);
        expect(slotsFrom(compiled, at - 2 * DAY, at + 2 * DAY)).toEqual(expected);
      }
    }
  });
});

describe("over all zones", () => {
  test("two years of 02:30 strictly increase without a gap above a day and the change of the clock", async () => {
    const from = YEAR_START;
    const until = YEAR_START + 2 * 365 * DAY;
    const seen = new Set<string>();
    for (const timezone of Intl.supportedValuesOf("timeZone")) {
      const zone = zoneClock(timezone);
      const changes: { at: number; by: number }[] = [];
      for (let change = zone.firstTransition(from, until); change !== undefined; change = zone.firstTransition(change.at, until)) {
        changes.push({ at: change.at, by: Math.abs(change.after - change.before) });
      }
      // Zones with the same offset and the same changes are one line of instants: about 60 of 445 differ.
      const line = JSON.stringify([zone.offsetAt(from), changes]);
      if (seen.has(line)) continue;
      seen.add(line);
      // Antarctica/Troll moves by two hours, all others by one or less.
      const longest = DAY + Math.max(0, ...changes.map((change) => change.by));
      expect(longest).toBeLessThanOrEqual(timezone === "Antarctica/Troll" ? 26 * HOUR : 25 * HOUR);
      const slots = slotsFrom(await cronSlots("30 2 * * *", timezone), from, until);
      expect(slots.length).toBe(730);
      for (const [index, slot] of slots.entries()) {
        const gap = slot - (slots[index - 1] ?? slot - DAY);
        if (gap <= 0 || gap > longest) throw new Error(`${timezone}: ${gap / HOUR} h before ${new Date(slot).toISOString()}`);
      }
    }
    expect(seen.size).toBeGreaterThan(30);
  }, 60_000);

  test("Samoa's missing day runs its slot once, on the day after", async () => {
    const slots = await localSlots("0 9 * * *", "Pacific/Apia", "2011-12-29T10:00Z", "2012-01-01T10:00Z");
    expect(slots).toEqual(["29T09:00-10:00", "31T09:00+14:00", "01T09:00+14:00"]);
  });
});

describe("zoneClock", () => {
  test("finds a change to the millisecond", () => {
    const change = zoneClock("America/New_York").firstTransition(YEAR_START, YEAR_START + 365 * DAY);
    expect(change).toEqual({ at: Date.parse("2026-03-08T07:00:00Z"), before: -5 * HOUR, after: -4 * HOUR });
  });

  test("gives the offset on both sides of a change", () => {
    const zone = zoneClock("Australia/Lord_Howe");
    const change = Date.parse("2026-04-04T15:00:00Z");
    expect([zone.offsetAt(change - 1), zone.offsetAt(change)]).toEqual([11 * HOUR, 10.5 * HOUR]);
  });

  test("includes a change at the end of the asked span and excludes one at its beginning", () => {
    const zone = zoneClock("Europe/Rome");
    const change = Date.parse("2026-03-29T01:00:00Z");
    expect(zone.firstTransition(change - 1, change)?.at).toBe(change);
    expect(zone.firstTransition(change, change + DAY)).toBeUndefined();
    expect(zone.firstTransition(change - DAY, change - 1)).toBeUndefined();
  });
});
