import { expect, test } from "bun:test";
import fc from "fast-check";
import type { Hook } from "../../../src/engine/core/hook.ts";
import { decide } from "../../../src/engine/pipeline/admission.ts";
import { HookQueue } from "../../../src/engine/pipeline/hook-queue.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const RULES = { failures: 5, cooldownMs: 300_000 };

function queueWith(limits: Partial<Hook["version"]["metadata"]["limits"]>): HookQueue {
  const metadata: Hook["version"]["metadata"] = {
    name: "h", mode: "persistent", stage: "runAutomations", priority: 0, isolation: "warm", config: {},
    limits: { timeout_ms: 1_000, concurrency: 1, memory_mb: 64, llm_calls: 0, ...limits },
  };
  const version = { id: "ver_h", hook_id: "hook_h", version: 1, script_path: "", script_hash: "", source_path: "", source_hash: "", metadata, creator: {}, created_at: 0 };
  return new HookQueue({ id: "hook_h", slug: "h", status: "active", version, creator: {}, created_at: 0, updated_at: 0, trigger_count: 0, consecutive_errors: 0, circuit_state: "closed", circuit_generation: 0, active_from_seq: 0 });
}

const step = fc.oneof(
  { weight: 4, arbitrary: fc.constant({ kind: "event" as const, ms: 0 }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("wait" as const), ms: fc.integer({ min: 0, max: 2 * MINUTE }) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("back" as const), ms: fc.integer({ min: 1, max: 48 * HOUR }) }) },
);

test.each<[string, Partial<Hook["version"]["metadata"]["limits"]>, number, number]>([
  ["throttle", { throttle: { count: 3, per_ms: MINUTE } }, 3, MINUTE],
  ["max_fires_per_hour", { max_fires_per_hour: 3 }, 3, HOUR],
])("%s lets so many through in its time and not one more, and a clock that was set back blocks no longer than that", (_, limits, count, span) => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
      const queue = queueWith(limits);
      const passed: number[] = [];
      let wall = 1_000 * HOUR;
      let real = 0;
      const event = (): boolean => {
        const { run } = decide(queue, RULES, wall);
        if (run === "no") return false;
        (limits.throttle === undefined ? queue.fires : queue.admitted).push(wall);
        passed.push(real);
        return true;
      };
      for (const { kind, ms } of steps) {
        if (kind === "wait") {
          wall += ms;
          real += ms;
        }
        if (kind === "back") wall -= ms;
        if (kind === "event") event();
        // By a clock that only goes on, no window holds more than it may.
        expect(passed.filter((at) => at > real - span).length).toBeLessThanOrEqual(count);
      }
      // switch: mutant limits-wait-for-a-wrong-clock
      decide(queue, RULES, wall);
      wall += span;
      expect(event()).toBe(true);
    }),
    { numRuns: 2_000 },
  );
});

// switch: mutant trial-that-is-throttled
test("a trial that another limit forbids is none: the breaker stays open, and the next event that may run is the trial", () => {
  const queue = queueWith({ throttle: { count: 1, per_ms: 1_000 } });
  queue.breaker = { state: "open", failures: 3, openedAt: 0, generation: 1 };
  queue.admitted = [10_000];
  expect(decide(queue, { failures: 3, cooldownMs: 5_000 }, 10_500)).toMatchObject({ run: "no", outcome: "skipped_throttled" });
  expect(queue.breaker.state).toBe("open");
  expect(decide(queue, { failures: 3, cooldownMs: 5_000 }, 11_500)).toEqual({ run: "trial" });
});
