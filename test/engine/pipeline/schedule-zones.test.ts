import { expect, test } from "bun:test";
import fc from "fast-check";
import { cronSlots } from "../../../src/engine/pipeline/schedule-cron.ts";
import { zoneClock } from "../../../src/engine/pipeline/zone-clock.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const FROM = Date.parse("2026-01-01T00:00:00Z");
const UNTIL = FROM + 2 * 365 * DAY;
const ZONES = Intl.supportedValuesOf("timeZone");
/** `NEXUS_ALL_ZONES=1`: every zone with every form (minutes); otherwise a sample, drawn anew in each run. */
const ALL = process.env["NEXUS_ALL_ZONES"] === "1";

const minute = fc.integer({ min: 0, max: 59 });
/** Expressions and the longest time between two of their slots where no clock is changed. */
const form = fc.oneof(
  fc.record({ m: minute, h: fc.integer({ min: 0, max: 23 }) }).map(({ m, h }) => ({ cron: `${m} ${h} * * *`, period: DAY })),
  fc.record({ m: minute, every: fc.constantFrom(2, 3, 4, 6, 8, 12) }).map(({ m, every }) => ({ cron: `${m} */${every} * * *`, period: every * HOUR })),
  fc.record({ m: minute }).map(({ m }) => ({ cron: `${m} * * * *`, period: HOUR })),
  fc.record({ m: minute, d: fc.integer({ min: 0, max: 6 }) }).map(({ m, d }) => ({ cron: `${m} 2 * * ${d}`, period: 7 * DAY })),
);

/** Two years around each change of the clock: slots strictly increase, and no gap is longer than the period and the change. */
async function check(timezone: string, { cron, period }: { readonly cron: string; readonly period: number }): Promise<void> {
  const zone = zoneClock(timezone);
  const compiled = await cronSlots(cron, timezone);
  for (let change = zone.firstTransition(FROM, UNTIL); change !== undefined; change = zone.firstTransition(change.at, UNTIL)) {
    const longest = period + Math.max(HOUR, Math.abs(change.after - change.before));
    let last = change.at - period - 2 * DAY;
    let count = 0;
    for (let slot = compiled.next(last); slot !== undefined && last < change.at + period + 2 * DAY; slot = compiled.next(last)) {
      if (slot <= last || (count > 0 && slot - last > longest)) throw new Error(`${timezone} ${cron}: ${new Date(slot).toISOString()} after ${new Date(last).toISOString()}`);
      last = slot;
      count += 1;
    }
    // Counted without stepping through them, they are as many.
    expect(compiled.count(change.at - period - 2 * DAY, last)).toBe(count);
  }
}

// switch: mutant cron-repeats-the-hour
test("in any zone, through two years of changes, slots strictly increase and no gap is longer than period and change", async () => {
  if (ALL) for (const zone of ZONES) for (const one of fc.sample(form, 20)) await check(zone, one);
  else await fc.assert(fc.asyncProperty(fc.constantFrom(...ZONES), form, check), { numRuns: 150 });
}, 600_000);
