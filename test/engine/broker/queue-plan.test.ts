import { expect, test } from "bun:test";
import fc from "fast-check";
import { nextStep, type Item, type QueueRules, type SessionQueue, type Step } from "../../../src/engine/broker/queue-plan.ts";
import type { QueueMode } from "../../../src/engine/core/queue-mode.ts";

const RULES: QueueRules = { debounceMs: 500, cap: 3, drop: "old", ttlMs: 60_000 };
const NOW = 1_000_000;
const item = (order: number, mode: QueueMode, parts: Partial<Item> = {}): Item => ({ id: `dsp_${order}`, order, mode, agent: "atlas", group: "atlas\nchat\n1", created_at: NOW - 1_000 + order, not_before: 0, blocked: false, unsteered: false, ...parts });
const busy: NonNullable<SessionQueue["running"]> = { agent: "atlas", group: "atlas\nchat\n1", steerable: true, ending: false };
const short = (step: Step): string => {
  if ("items" in step) return `${step.step} ${step.items.map(({ order }) => order).join(",")}${step.step === "start" ? ` ${step.mode}` : ""}`;
  return "item" in step ? `${step.step} ${step.item.order}` : step.step;
};
const next = (session: SessionQueue, rules: Partial<QueueRules> = {}, now = NOW): string => short(nextStep(session, { ...RULES, ...rules }, now));

test("a free session takes the oldest at once; one that had to wait says so", () => {
  expect(next({ waiting: [] })).toBe("rest");
  expect(next({ waiting: [item(1, "steer"), item(2, "followup")] })).toBe("start 1 direct");
  expect(next({ waiting: [item(1, "steer", { blocked: true })] })).toBe("start 1 followup");
});

test("steering is decided for each item: one that cannot keeps no other from it", () => {
  expect(next({ running: busy, waiting: [item(1, "followup"), item(2, "steer")] })).toBe("steer 2");
  expect(next({ running: busy, waiting: [item(1, "steer", { unsteered: true }), item(2, "steer")] })).toBe("steer 2");
  expect(next({ running: busy, waiting: [item(1, "steer", { group: "other" })] })).toBe("rest");
  expect(next({ running: { ...busy, steerable: false }, waiting: [item(1, "steer")] })).toBe("rest");
  expect(next({ running: { ...busy, ending: true }, waiting: [item(1, "steer"), item(2, "interrupt")] })).toBe("rest");
});

test("what is to be collected becomes one turn after a quiet time, or when as many wait as may; other conversations stay apart", () => {
  const waiting = [item(1, "collect"), item(2, "collect", { group: "other" }), item(3, "collect")];
  expect(nextStep({ waiting }, { ...RULES, debounceMs: 1_500 }, NOW)).toEqual({ step: "wait", until: NOW - 1_000 + 3 + 1_500 });
  expect(next({ waiting }, { debounceMs: 500 })).toBe("start 1,3 collect");
  expect(next({ waiting: [item(1, "collect"), item(2, "collect"), item(3, "collect")] }, { debounceMs: 60_000 })).toBe("start 1,2,3 collect");
  // In order: a later followup does not overtake.
  expect(next({ waiting: [item(1, "collect"), item(2, "followup")] }, { debounceMs: 5_000 })).toBe("wait");
});

test("a clock that was set back makes no window longer", () => {
  expect(nextStep({ waiting: [item(1, "collect", { created_at: NOW + 3_600_000 })] }, RULES, NOW)).toEqual({ step: "wait", until: NOW + 500 });
});

test("an interrupt ends the running turn, and is next; of several the newest", () => {
  expect(next({ running: busy, waiting: [item(1, "followup"), item(2, "interrupt")] })).toBe("interrupt 2");
  expect(next({ waiting: [item(1, "followup"), item(2, "interrupt", { blocked: true })] })).toBe("start 2 interrupt");
  expect(next({ waiting: [item(1, "interrupt"), item(2, "interrupt")] })).toBe("drop 1");
});

test("past the cap the oldest go, or the newest; past its time anything expires", () => {
  const waiting = [1, 2, 3, 4, 5].map((n) => item(n, "followup"));
  expect(next({ running: busy, waiting })).toBe("drop 1,2");
  expect(next({ running: busy, waiting }, { drop: "summarize" })).toBe("drop 1,2");
  expect(next({ running: busy, waiting }, { drop: "new" })).toBe("drop 4,5");
  expect(next({ running: busy, waiting: [item(1, "interrupt"), ...waiting.slice(1)] })).toBe("drop 2,3");
  expect(next({ running: busy, waiting: [item(1, "followup", { created_at: NOW - 60_000 }), item(2, "followup")] })).toBe("expire 1");
});

test("what failed for a passing reason is waited for", () => {
  expect(nextStep({ waiting: [item(1, "followup", { not_before: NOW + 7 })] }, RULES, NOW)).toEqual({ step: "wait", until: NOW + 7 });
});

// switch: mutant collect-loses, drop-too-many
test("whatever waits: steps end, nothing is named twice, and what is neither started, steered nor dropped still waits", () => {
  const anyItem = fc.record({ mode: fc.constantFrom<QueueMode>("steer", "followup", "collect", "interrupt"), group: fc.constantFrom("a", "b"), age: fc.nat(90_000), blocked: fc.boolean(), unsteered: fc.boolean() });
  fc.assert(
    fc.property(fc.array(anyItem, { maxLength: 8 }), fc.boolean(), fc.constantFrom<QueueRules["drop"]>("old", "new", "summarize"), (given, isBusy, drop) => {
      let waiting: readonly Item[] = given.map(({ age, ...parts }, index) => item(index + 1, parts.mode, { ...parts, created_at: NOW - age }));
      const all = waiting.length;
      let seen = 0;
      let running: SessionQueue["running"] = isBusy ? { ...busy, group: "a" } : undefined;
      for (let round = 0; round < 50; round += 1) {
        const step = nextStep({ running, waiting }, { ...RULES, drop }, NOW);
        if (step.step === "rest" || step.step === "wait") break;
        if (step.step === "interrupt") running = undefined;
        else {
          const taken = "items" in step ? step.items : [step.item];
          expect(taken.length).toBeGreaterThan(0);
          expect(taken.every((one) => waiting.includes(one))).toBe(true);
          if (step.step === "start") expect(new Set(taken.map(({ group }) => group)).size).toBe(1);
          if (step.step === "drop") expect(waiting.length > RULES.cap || taken.every(({ mode }) => mode === "interrupt")).toBe(true);
          waiting = waiting.filter((one) => !taken.includes(one));
          seen += taken.length;
          // A started turn ends at once here.
        }
        expect(round).toBeLessThan(49);
      }
      expect(seen + waiting.length).toBe(all);
      expect(waiting.length).toBeLessThanOrEqual(RULES.cap + 1);
    }),
    { numRuns: 2_000 },
  );
});
