import { beforeAll, describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { CatchUp } from "../../../src/engine/core/hook.ts";
import { compileSchedule } from "../../../src/engine/pipeline/schedule.ts";
import { jitterOf, nextDue, planSlots } from "../../../src/engine/pipeline/schedule-plan.ts";
import type { PlanInput } from "../../../src/engine/pipeline/schedule-plan.ts";
import { everySlots, singleSlot } from "../../../src/engine/pipeline/schedule-slots.ts";
import type { CompiledSchedule } from "../../../src/engine/pipeline/schedule-slots.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const POLICIES: readonly CatchUp[] = ["skip", "last", "all"];

/** Every ten minutes from time 0. */
const tenMinutes = everySlots(10 * MINUTE, 0);
const at = (minutes: number): number => minutes * MINUTE;

function plan(input: Partial<PlanInput> & { now: number }): ReturnType<typeof planSlots> {
  return planSlots({ compiled: tenMinutes, after: 0, cap: 100, lateAfterMs: MINUTE, ...input });
}

describe("planSlots", () => {
  test.each(POLICIES)("runs a slot on time under %s", (catchUp) => {
    expect(plan({ now: at(10), catchUp })).toEqual({ run: [{ slot: at(10), late: false }] });
    expect(plan({ now: at(11), catchUp })).toEqual({ run: [{ slot: at(10), late: false }] });
  });

  test.each(POLICIES)("plans nothing before a slot is due under %s", (catchUp) => {
    expect(plan({ now: at(10) - 1, catchUp })).toEqual({ run: [] });
  });

  test("runs only the newest overdue slot by default and marks it late", () => {
    expect(plan({ now: at(35) })).toEqual({
      missed: { slot: at(10), until_slot: at(20), slot_count: 2 },
      run: [{ slot: at(30), late: true }],
    });
  });

  test("runs no overdue slot under skip", () => {
    expect(plan({ now: at(35), catchUp: "skip" })).toEqual({ missed: { slot: at(10), until_slot: at(30), slot_count: 3 }, run: [] });
  });

  test("runs the newest slot under skip when it is on time, and misses those before it", () => {
    expect(plan({ now: at(30.5), catchUp: "skip" })).toEqual({
      missed: { slot: at(10), until_slot: at(20), slot_count: 2 },
      run: [{ slot: at(30), late: false }],
    });
  });

  test("runs every overdue slot in order under all", () => {
    expect(plan({ now: at(30.5), catchUp: "all" })).toEqual({
      run: [
        { slot: at(10), late: true },
        { slot: at(20), late: true },
        { slot: at(30), late: false },
      ],
    });
  });

  test("runs the newest up to the cap under all, and folds the older ones into one range", () => {
    const { missed, run } = plan({ now: at(10_000), catchUp: "all", cap: 3 });
    expect(run.map(({ slot }) => slot)).toEqual([at(9_980), at(9_990), at(10_000)]);
    expect(missed).toEqual({ slot: at(10), until_slot: at(9_970), slot_count: 997 });
  });

  test.each(POLICIES)("gives nothing under %s when the clock went back", (catchUp) => {
    expect(plan({ after: at(30), now: at(5), catchUp })).toEqual({ run: [] });
  });

  test("gives the only slot of at once", () => {
    const compiled = singleSlot(at(10));
    expect(plan({ compiled, now: at(600) }).run).toEqual([{ slot: at(10), late: true }]);
    expect(plan({ compiled, after: at(10), now: at(600) })).toEqual({ run: [] });
    expect(plan({ compiled, now: at(600), catchUp: "skip" })).toEqual({ missed: { slot: at(10), until_slot: at(10), slot_count: 1 }, run: [] });
  });

  test("waits for a slot's jitter, and counts lateness from there", () => {
    const jitter = (): number => at(5);
    expect(plan({ now: at(15) - 1, jitter })).toEqual({ run: [] });
    expect(plan({ now: at(16), jitter })).toEqual({ run: [{ slot: at(10), late: false }] });
    expect(plan({ now: at(24), jitter })).toEqual({ run: [{ slot: at(10), late: true }] });
    expect(plan({ now: at(25), jitter })).toEqual({ missed: { slot: at(10), until_slot: at(10), slot_count: 1 }, run: [{ slot: at(20), late: false }] });
  });

  test("takes an older slot along when its successor is due first", () => {
    const jitter = (slot: number): number => (slot === at(10) ? at(15) : 0);
    expect(plan({ now: at(20), jitter, catchUp: "all" }).run.map(({ slot }) => slot)).toEqual([at(10), at(20)]);
  });

  test("is plain data", () => {
    const result = plan({ now: at(35) });
    expect(structuredClone(result)).toEqual(result);
  });
});

describe("nextDue", () => {
  test("says which slot comes next and when, jitter included", () => {
    expect(nextDue(tenMinutes, at(10))).toEqual({ slot: at(20), due_at: at(20) });
    expect(nextDue(tenMinutes, at(10), () => 7)).toEqual({ slot: at(20), due_at: at(20) + 7 });
    expect(nextDue(singleSlot(at(10)), at(10))).toBeUndefined();
  });

  test("names the moment from which planSlots has something to do", () => {
    const jitter = (slot: number): number => jitterOf("hook_a", slot, at(9));
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1e12 }), (after) => {
        const due = nextDue(tenMinutes, after, jitter)!;
        expect(plan({ after, now: due.due_at - 1, jitter }).run).toEqual([]);
        expect(plan({ after, now: due.due_at, jitter }).run).toEqual([{ slot: due.slot, late: false }]);
      }),
    );
  });
});

describe("jitterOf", () => {
  test("is the same for the same slot, in every version", () => {
    expect([jitterOf("hook_a", 1_800_000_000_000, HOUR), jitterOf("hook_a", 1_800_000_060_000, HOUR), jitterOf("hook_b", 1_800_000_000_000, HOUR)]).toEqual([10_429, 2_432_281, 1_689_350]);
  });

  test("stays below its limit", () => {
    fc.assert(
      fc.property(fc.string(), fc.integer({ min: 0, max: 4e12 }), fc.integer({ min: 1, max: 1e10 }), (id, slot, limit) => {
        const jitter = jitterOf(id, slot, limit);
        return Number.isInteger(jitter) && jitter >= 0 && jitter < limit;
      }),
    );
  });

  test("spreads the slots of one schedule, and schedules with one slot, over the whole span", () => {
    const tenths = (jitters: number[]): number[] => {
      const counts = Array.from({ length: 10 }, () => 0);
      for (const jitter of jitters) counts[Math.floor(jitter / 100)]! += 1;
      return counts;
    };
    const slots = Array.from({ length: 1_000 }, (_, index) => jitterOf("hook_a", index * MINUTE, 1_000));
    const schedules = Array.from({ length: 1_000 }, (_, index) => jitterOf(`hook_${index}`, 1_800_000_000_000, 1_000));
    for (const count of [...tenths(slots), ...tenths(schedules)]) {
      expect(count).toBeGreaterThan(60);
      expect(count).toBeLessThan(140);
    }
  });
});

describe("over random walks of the clock", () => {
  const START = Date.parse("2026-10-24T12:00:00Z");
  const specs = [{ every: "7m" }, { cron: "*/20 * * * *", timezone: "Europe/Rome" }, { cron: "30 1,2 * * *", timezone: "Europe/Rome" }, { at: "2026-10-25T00:10:00Z" }] as const;
  let lines: CompiledSchedule[] = [];

  beforeAll(async () => {
    lines = await Promise.all(specs.map((schedule) => compileSchedule(schedule, START)));
  });

  /** Steps of the clock: mostly small, some outages of hours, some backwards. */
  const steps = fc.array(
    fc.oneof({ weight: 5, arbitrary: fc.integer({ min: 0, max: 5 * MINUTE }) }, { weight: 2, arbitrary: fc.integer({ min: 0, max: 9 * HOUR }) }, { weight: 2, arbitrary: fc.integer({ min: -5 * HOUR, max: 0 }) }),
    { maxLength: 30 },
  );

  test.each(specs.map((schedule, index) => [JSON.stringify(schedule), index] as const))("%s: each slot is exactly once run or missed, under every policy, with and without jitter", (_name, index) => {
    const compiled = lines[index]!;
    fc.assert(
      fc.property(steps, fc.constantFrom(...POLICIES), fc.constantFrom(0, 6 * MINUTE), fc.integer({ min: 1, max: 5 }), (walk, catchUp, jitterMs, cap) => {
        const jitter = (slot: number): number => jitterOf("hook_a", slot, jitterMs);
        const handled: number[] = [];
        let [after, now] = [START, START];
        for (const step of walk) {
          now += step;
          const { missed, run } = planSlots({ compiled, after, now, catchUp, cap, lateAfterMs: MINUTE, jitter });
          expect(run.length).toBeLessThanOrEqual(catchUp === "all" ? cap : 1);
          if (missed !== undefined) {
            const range: number[] = [];
            for (let slot = compiled.next(missed.slot - 1); slot !== undefined && slot <= missed.until_slot; slot = compiled.next(slot)) range.push(slot);
            expect(range).toHaveLength(missed.slot_count);
            handled.push(...range);
          }
          handled.push(...run.map(({ slot }) => slot));
          for (const { slot } of run) expect(slot + jitter(slot)).toBeLessThanOrEqual(now);
          after = handled.at(-1) ?? after;
        }
        const expected: number[] = [];
        for (let slot = compiled.next(START); slot !== undefined && slot <= after; slot = compiled.next(slot)) expected.push(slot);
        expect(handled).toEqual(expected);
        // What is still open is not due yet, however the clock moved.
        const due = nextDue(compiled, after, jitter);
        if (due !== undefined && walk.length > 0) expect(due.due_at).toBeGreaterThan(now);
      }),
      { numRuns: 60 },
    );
  });
});
