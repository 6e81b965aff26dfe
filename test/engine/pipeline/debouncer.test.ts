import { expect, test } from "bun:test";
import fc from "fast-check";
import type { Job } from "../../../src/engine/runtime/job.ts";
import { Debouncer } from "../../../src/engine/pipeline/debouncer.ts";
import { HookQueue } from "../../../src/engine/pipeline/hook-queue.ts";
import { Random } from "../../simulation/random.ts";
import { SimLoop } from "../../simulation/sim-loop.ts";
import { takeTime } from "../../simulation/take-time.ts";
import { storedMessage, T0 } from "../../helpers/rows.ts";

const QUIET = 1_000;
const MOST = 3_000;

function queue(): HookQueue {
  const limits = { timeout_ms: 1_000, concurrency: 1, memory_mb: 64, llm_calls: 0, debounce_ms: QUIET, debounce_max_ms: MOST };
  const metadata = { name: "h", mode: "persistent", stage: "runAutomations", priority: 0, isolation: "warm", config: {}, limits } as const;
  const version = { id: "v", hook_id: "h", version: 1, script_path: "", script_hash: "", source_path: "", source_hash: "", metadata, creator: {}, created_at: 0 };
  return new HookQueue({ id: "h", slug: "h", status: "active", version, creator: {}, created_at: 0, updated_at: 0, trigger_count: 0, consecutive_errors: 0, circuit_state: "closed", circuit_generation: 0 });
}

/** What must be let go, and when: bursts end with a silence, or with their longest time. */
function expected(times: readonly number[]): (readonly [number, at: number])[] {
  const released: (readonly [number, number])[] = [];
  let held: { n: number; since: number; due: number } | undefined;
  for (const [n, at] of times.entries()) {
    if (held !== undefined && held.due <= at) {
      released.push([held.n, held.due]);
      held = undefined;
    }
    const since: number = held?.since ?? at;
    held = { n, since, due: Math.min(at + QUIET, since + MOST) };
  }
  if (held !== undefined) released.push([held.n, held.due]);
  return released;
}

// switch: mutant debouncer-holds-for-ever
test("the last event of each burst is let go when it is due, whatever the wall clock is set to", () => {
  fc.assert(
    fc.property(fc.array(fc.record({ after: fc.integer({ min: 1, max: 1_500 }), jump: fc.integer({ min: -86_400_000, max: 86_400_000 }) }), { maxLength: 40 }), fc.nat(), (bursts, seed) => {
      const loop = new SimLoop(new Random(seed), T0);
      using _time = takeTime(loop);
      const released: (readonly [number, number])[] = [];
      const superseded: number[] = [];
      const held = queue();
      const debouncer = new Debouncer(() => loop.monotonic(), {
        release: (_, job) => released.push([job.event.seq, loop.monotonic()]),
        supersede: (_, job) => superseded.push(job.event.seq),
      });
      const pass = (until: number): void => {
        while (loop.untilTimer !== undefined && loop.monotonic() + loop.untilTimer <= until) {
          loop.advance(loop.untilTimer);
          while (loop.step());
        }
        loop.advance(until - loop.monotonic());
      };
      let at = 0;
      const times = bursts.map(({ after }) => (at += after));
      for (const [n, time] of times.entries()) {
        pass(time);
        loop.jump(bursts[n]?.jump ?? 0);
        const job: Job = { event: storedMessage(n), line: "", attempt: 1 };
        debouncer.hold(held, job);
      }
      pass(at + MOST);
      expect(released).toEqual(expected(times));
      // Each event is either let go or superseded, once.
      expect([...released.map(([n]) => n), ...superseded].toSorted((a, b) => a - b)).toEqual(times.map((_, n) => n));
      debouncer.dispose();
    }),
    { numRuns: 500 },
  );
});
