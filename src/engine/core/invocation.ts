import type { HookStage } from "./hook.ts";

/**
 * The terminal outcomes of one (event, hook) pair. Each pair reaches exactly one.
 *
 * `no_fire`, `fired`: the hook answered. `error`, `timeout`, `crashed`: counted by its breaker. `skipped_*`: the script
 * did not run for this event, and `reason` says why. `dead`: the daemon ended each time this pair was under way, so it is
 * not tried any more. Neither is counted by the breaker.
 */
export const OUTCOMES = [
  "no_fire",
  "fired",
  "error",
  "timeout",
  "crashed",
  "skipped_circuit",
  "skipped_disabled",
  "skipped_debounced",
  "skipped_throttled",
  "skipped_quota",
  "skipped_discarded",
  "dead",
] as const;
export type Outcome = (typeof OUTCOMES)[number];

export function isFailure(outcome: Outcome): boolean {
  return outcome === "error" || outcome === "timeout" || outcome === "crashed";
}

/** It has no answer of the hook. */
export function isSkip(outcome: Outcome): boolean {
  return outcome.startsWith("skipped_") || outcome === "dead";
}

/** A line a hook wrote while it ran. `at` is ms after the invocation began. */
export interface LogLine {
  readonly at: number;
  readonly level: "debug" | "info" | "warn" | "error";
  readonly text: string;
}

/** One evaluation of one hook version against one event. Times in Unix ms, `latency_us` in microseconds. */
export interface Invocation {
  readonly id: string;
  readonly hook_id: string;
  readonly version_id: string;
  readonly event_id: string;
  readonly started_at: number;
  readonly finished_at: number;
  readonly latency_ms: number;
  readonly latency_us: number;
  readonly outcome: Outcome;
  readonly fired: boolean;
  /** How often it was begun, 1 for nearly all; more after a crash of the process around it. */
  readonly attempt: number;
  /** Why it was skipped, or a warning about its result. */
  readonly reason?: string;
  readonly result?: unknown;
  readonly llm_calls: number;
  readonly llm_tokens_in: number;
  readonly llm_tokens_out: number;
  readonly search_calls: number;
  readonly error?: string;
  readonly stack_trace?: string;
  /** Of a stage hook only: its stage then, and the request it was asked about. */
  readonly stage?: HookStage;
  readonly request_id?: string;
}
