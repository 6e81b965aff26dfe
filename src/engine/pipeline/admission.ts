import type { Outcome } from "../core/invocation.ts";
import type { BreakerRules } from "./breaker.ts";
import { admit } from "./breaker.ts";
import type { HookQueue } from "./hook-queue.ts";

const HOUR_MS = 3_600_000;

export type Verdict =
  | { readonly run: "now" | "trial" }
  | { readonly run: "no"; readonly outcome: Outcome; readonly reason: string };

/** Whether the next waiting event of a hook runs now, and if not, why it never will. Moves the breaker to half-open. */
export function decide(queue: HookQueue, rules: BreakerRules, now: number): Verdict {
  const { hook } = queue;
  if (!queue.isActive) return { run: "no", outcome: "skipped_disabled", reason: inactiveReason(queue) };
  const { admission, breaker } = admit(queue.breaker, rules, now);
  if (admission === "skip") {
    queue.breaker = breaker;
    return { run: "no", outcome: "skipped_circuit", reason: breaker.state === "half-open" ? "breaker is half-open, one trial is running" : `breaker is open after ${breaker.failures} consecutive failures` };
  }
  const { throttle, max_fires_per_hour: quota } = hook.version.metadata.limits;
  if (throttle !== undefined) {
    queue.admitted = within(queue.admitted, now, throttle.per_ms);
    if (queue.admitted.length >= throttle.count) {
      return { run: "no", outcome: "skipped_throttled", reason: `throttle: ${throttle.count} evaluations in ${throttle.per_ms} ms are used up` };
    }
  }
  if (quota !== undefined && firesLeft(queue, now) <= 0) {
    return { run: "no", outcome: "skipped_quota", reason: `max_fires_per_hour: ${quota} fires are used up` };
  }
  // Only now: a trial that another limit forbids would never end, and nothing else could begin one.
  queue.breaker = breaker;
  return { run: admission === "trial" ? "trial" : "now" };
}

/** An update has given the hook another stage while this waited: its script knows nothing of the old one. */
export function movedAway(queue: HookQueue): Verdict {
  return { run: "no", outcome: "skipped_disabled", reason: `the hook was moved to the stage ${queue.stage} while this waited` };
}

/** How many more events may be under way without going over the quota, should all of them fire. */
export function firesLeft(queue: HookQueue, now: number): number {
  const quota = queue.hook.version.metadata.limits.max_fires_per_hour;
  if (quota === undefined) return Number.POSITIVE_INFINITY;
  queue.fires = within(queue.fires, now, HOUR_MS);
  return quota - queue.fires.length;
}

/** The same array where nothing has passed: it may be long, and is asked for with every event. */
function within(times: number[], now: number, spanMs: number): number[] {
  // The clock went back: what lies in the future counts from now on, not for as long as the clock was wrong.
  if ((times.at(-1) ?? now) > now) return within(times.map((time) => Math.min(time, now)), now, spanMs);
  const [oldest] = times;
  if (oldest === undefined || oldest > now - spanMs) return times;
  const from = times.findIndex((time) => time > now - spanMs);
  return from === -1 ? [] : times.slice(from);
}

function inactiveReason({ hook }: HookQueue): string {
  if (hook.deleted_at !== undefined) return "deleted while the event waited";
  if (hook.status === "errored") return `its version cannot be loaded: ${hook.last_error ?? "unknown"}`;
  return hook.disabled_reason === undefined ? "disabled while the event waited" : `disabled while the event waited: ${hook.disabled_reason}`;
}
