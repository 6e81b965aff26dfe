import type { CircuitState } from "../core/hook.ts";

/**
 * The circuit breaker of one hook, as pure moves over plain data (contract section 3).
 *
 *   closed ── `failures` consecutive failures ──▶ open ── cooldown over, next event ──▶ half-open (one trial)
 *     ▲                                            ▲                                        │
 *     └── success of the trial, or `hooks enable`  └────────────── failure of the trial ◀───┘
 *
 * A result counts only in the generation it was begun in: what was already under way when the breaker moved neither
 * opens nor closes it.
 */
export interface Breaker {
  readonly state: CircuitState;
  readonly failures: number;
  /** Unix ms; set while open and half-open. */
  readonly openedAt: number | undefined;
  readonly generation: number;
}

export interface BreakerRules {
  readonly failures: number;
  readonly cooldownMs: number;
}

export type Admission = "run" | "trial" | "skip";

/** Whether the next event may run, and the breaker after that decision. */
export function admit(breaker: Breaker, rules: BreakerRules, now: number): { admission: Admission; breaker: Breaker } {
  if (breaker.state === "closed") return { admission: "run", breaker };
  if (breaker.state === "half-open") return { admission: "skip", breaker };
  const waited = now - (breaker.openedAt ?? now);
  // The clock went back: wait the full time again rather than for ever.
  if (waited < 0) return { admission: "skip", breaker: { ...breaker, openedAt: now } };
  if (waited < rules.cooldownMs) return { admission: "skip", breaker };
  return { admission: "trial", breaker: { ...breaker, state: "half-open", generation: breaker.generation + 1 } };
}

export function succeed(breaker: Breaker, generation: number): Breaker {
  if (generation !== breaker.generation) return breaker;
  if (breaker.state === "half-open") return { state: "closed", failures: 0, openedAt: undefined, generation: breaker.generation + 1 };
  return breaker.failures === 0 ? breaker : { ...breaker, failures: 0 };
}

export function fail(breaker: Breaker, generation: number, rules: BreakerRules, now: number): Breaker {
  if (generation !== breaker.generation || breaker.state === "open") return breaker;
  const failures = breaker.failures + 1;
  if (breaker.state === "closed" && failures < rules.failures) return { ...breaker, failures };
  return { state: "open", failures, openedAt: now, generation: breaker.generation + 1 };
}

/** A trial that was cut short by no fault of the hook is no answer: the next event tries again. */
export function abandonTrial(breaker: Breaker): Breaker {
  return breaker.state === "half-open" ? { ...breaker, state: "open" } : breaker;
}
