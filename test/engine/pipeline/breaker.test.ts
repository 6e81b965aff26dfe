import { expect, test } from "bun:test";
import fc from "fast-check";
import { abandonTrial, admit, fail, succeed, type Breaker } from "../../../src/engine/pipeline/breaker.ts";
import { averageAfter, chunkSize } from "../../../src/engine/pipeline/chunk-size.ts";
import { Watermark } from "../../../src/engine/pipeline/watermark.ts";

const RULES = { failures: 5, cooldownMs: 300_000 };
const CLOSED: Breaker = { state: "closed", failures: 0, openedAt: undefined, generation: 0 };

/** What can happen to a hook: time passes, an event comes, the oldest invocation under way ends. */
const action = fc.oneof(
  fc.record({ kind: fc.constant("wait" as const), ms: fc.integer({ min: -400_000, max: 400_000 }) }),
  fc.record({ kind: fc.constant("event" as const) }),
  fc.record({ kind: fc.constant("end" as const), ok: fc.boolean(), pick: fc.nat(8) }),
  fc.record({ kind: fc.constant("lost" as const) }),
);

test("over any order of events, ends and clock jumps the breaker keeps to the contract", () => {
  fc.assert(
    fc.property(fc.array(action, { maxLength: 120 }), (actions) => {
      let breaker = CLOSED;
      let now = 1_000_000_000;
      let flying: { generation: number; trial: boolean }[] = [];
      for (const step of actions) {
        const before = breaker;
        if (step.kind === "wait") now += step.ms;
        if (step.kind === "event") {
          const decided = admit(breaker, RULES, now);
          breaker = decided.breaker;
          if (decided.admission !== "skip") flying.push({ generation: breaker.generation, trial: decided.admission === "trial" });
          // It runs only when closed, or as the trial after a full cooldown.
          if (decided.admission === "run") expect(before.state).toBe("closed");
          if (decided.admission === "trial") {
            expect(before.state).toBe("open");
            expect(now - (before.openedAt ?? now)).toBeGreaterThanOrEqual(RULES.cooldownMs);
          }
        }
        if (step.kind === "end" && flying.length > 0) {
          const [one] = flying.splice(step.pick % flying.length, 1);
          if (one === undefined) continue;
          breaker = step.ok ? succeed(breaker, one.generation) : fail(breaker, one.generation, RULES, now);
          // Only the trial, in its own generation, closes or opens again.
          if (before.state === "half-open" && breaker.state !== "half-open") expect(one.trial && one.generation === before.generation).toBe(true);
          if (before.state === "closed" && breaker.state === "open") expect(before.failures).toBe(RULES.failures - 1);
          if (one.generation !== before.generation) expect(breaker).toEqual(before);
        }
        if (step.kind === "lost") {
          flying = flying.filter(({ trial }) => !trial);
          breaker = abandonTrial(breaker);
        }
        // Never two trials at once, and half-open always has one.
        const trials = flying.filter(({ trial, generation }) => trial && generation === breaker.generation).length;
        expect(trials).toBe(breaker.state === "half-open" ? 1 : 0);
        expect(breaker.failures).toBeGreaterThanOrEqual(0);
        if (breaker.state === "closed") expect(breaker.failures).toBeLessThan(RULES.failures);
      }
    }),
    { numRuns: 3_000 },
  );
});

// switch: mutant breaker-waits-for-a-wrong-clock
test("a clock that went back makes it wait the whole cooldown again, not for ever", () => {
  const open: Breaker = { state: "open", failures: 5, openedAt: 1_000_000, generation: 1 };
  const { admission, breaker } = admit(open, RULES, 400_000);
  expect([admission, breaker.openedAt]).toEqual(["skip", 400_000]);
  expect(admit(breaker, RULES, 700_000).admission).toBe("trial");
});

test("the watermark is the highest seq with nothing open at or below it", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 60 }), fc.infiniteStream(fc.nat()), (pairs, random) => {
      const mark = new Watermark(0);
      const open = pairs.flatMap((count, index) => Array.from({ length: count }, () => index + 1));
      for (const [index, count] of pairs.entries()) mark.add(index + 1, count);
      while (open.length > 0) {
        const lowest = Math.min(...open);
        expect(mark.cursor).toBe(lowest - 1);
        expect(mark.pairs).toBe(open.length);
        const [seq] = open.splice((random.next().value ?? 0) % open.length, 1);
        mark.settle(seq ?? 0);
      }
      expect(mark.cursor).toBe(pairs.length);
    }),
    { numRuns: 300 },
  );
});

test("slow hooks get one event at a time, quick ones many, and one slow answer is felt at once", () => {
  expect([chunkSize(undefined), chunkSize(60_000), chunkSize(500), chunkSize(1)]).toEqual([1, 1, 10, 256]);
  expect(averageAfter(undefined, 10)).toBe(10);
  expect(averageAfter(10, 10_000)).toBe(10_000);
  expect(averageAfter(100, 200)).toBeCloseTo(110);
});
