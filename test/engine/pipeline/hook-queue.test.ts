import { expect, test } from "bun:test";
import fc from "fast-check";
import type { Hook } from "../../../src/engine/core/hook.ts";
import { Evaluation } from "../../../src/engine/pipeline/evaluation.ts";
import { HookQueue } from "../../../src/engine/pipeline/hook-queue.ts";
import type { Job } from "../../../src/engine/runtime/job.ts";
import { storedMessage } from "../../helpers/rows.ts";

const LIMITS = { timeout_ms: 1_000, concurrency: 4, memory_mb: 64, llm_calls: 0 };
const METADATA = { name: "h", mode: "persistent", stage: "runAutomations", priority: 0, isolation: "warm", config: {}, limits: LIMITS } as const;
const VERSION = { id: "v", hook_id: "h", version: 1, script_path: "", script_hash: "", source_path: "", source_hash: "", metadata: METADATA, creator: {}, created_at: 0 };
const HOOK: Hook = { id: "h", slug: "h", status: "active", version: VERSION, creator: {}, created_at: 0, updated_at: 0, trigger_count: 0, consecutive_errors: 0, circuit_state: "closed", circuit_generation: 0, active_from_seq: 0 };

const job = (seq: number): Job => ({ event: storedMessage(seq), line: "", attempt: 1 });

// switch: mutant returned-out-of-order
test("what is handed out and comes back, in whatever pieces and order, waits in the order of the ledger", () => {
  fc.assert(
    fc.property(fc.array(fc.record({ take: fc.nat(5), back: fc.nat(3) }), { maxLength: 40 }), (moves) => {
      const queue = new HookQueue(HOOK);
      for (let seq = 1; seq <= 60; seq += 1) queue.waiting.push(job(seq));
      const out: Job[][] = [];
      for (const { take, back } of moves) {
        const taken = Array.from({ length: take }, () => queue.waiting.shift()).filter((one) => one !== undefined);
        if (taken.length > 0) out.push(taken);
        const [returned] = out.length === 0 || back === 0 ? [] : out.splice(back % out.length, 1);
        if (returned !== undefined) queue.waiting.unshift(returned);
      }
      const seqs: number[] = [];
      for (let one = queue.waiting.shift(); one !== undefined; one = queue.waiting.shift()) seqs.push(one.event.seq);
      expect(seqs).toEqual(seqs.toSorted((a, b) => a - b));
      expect(seqs.length + out.flat().length).toBe(60);
    }),
    { numRuns: 500 },
  );
});

// switch: mutant trial-lost-with-an-old-result
test("an older invocation that comes back does not end the trial; the trial that comes back does", () => {
  const evaluation = idle();
  const queue = evaluation.queueOf(HOOK);
  const [old, trial] = [job(1), job(2)];
  queue.breaker = { state: "half-open", failures: 5, openedAt: 0, generation: 3 };
  queue.inFlight.set(old, { generation: 1, version: VERSION });
  queue.inFlight.set(trial, { generation: 3, version: VERSION });
  evaluation.onReturned("v", [old], "innocent");
  expect(queue.breaker.state).toBe("half-open");
  evaluation.onReturned("v", [trial], "halted");
  expect(queue.breaker.state).toBe("open");
});

// switch: mutant halted-for-ever
test("what comes back waits for the commit of what came before it: that wakes its hook, and is asked for", () => {
  let commits = 0;
  const evaluation = idle(() => (commits += 1));
  const queue = evaluation.queueOf(HOOK);
  evaluation.onReturned("v", [job(1)], "halted");
  expect(queue.halted).toBe(true);
  expect(commits).toBe(1);
  evaluation.resume();
  expect(queue.halted).toBe(false);
});

/** Without a runtime: what it decides stays undone. */
function idle(commitSoon: () => void = () => undefined): Evaluation {
  return new Evaluation({
    rules: { failures: 5, cooldownMs: 1_000 },
    now: () => 0,
    monotonic: () => 0,
    load: () => {
      throw new Error("nothing is run here");
    },
    find: () => HOOK,
    settle: () => undefined,
    loadFailed: () => undefined,
    commitSoon,
  });
}
