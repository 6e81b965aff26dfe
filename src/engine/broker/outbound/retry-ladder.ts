const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** What Standard Webhooks proposes: the pause after the first attempt, after the second, and so on. */
const LADDER_MS = [5 * SECOND, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 5 * HOUR, 10 * HOUR, 14 * HOUR, 20 * HOUR, 24 * HOUR] as const;

/** Of a pause, either way: what failed together is not tried again together. */
const JITTER = 0.2;
const LONGEST_RETRY_AFTER_MS = 24 * HOUR;

/** Attempts of one message, the first included. */
export const MOST_ATTEMPTS = LADDER_MS.length + 1;

/**
 * When a message is tried again after its `attempt`-th attempt (from 1) has failed, Unix ms. Undefined: never, it goes
 * to the dead letters. What the receiver asked for wins when it is longer, up to 24 h. `random` gives 0 to 1.
 */
export function nextAttempt(attempt: number, now: number, asked: { readonly retryAfterMs?: number }, random: () => number): number | undefined {
  const step = LADDER_MS[Math.max(1, Math.trunc(attempt)) - 1];
  if (step === undefined) return undefined;
  const pause = step * (1 - JITTER + 2 * JITTER * random());
  return now + Math.round(Math.max(pause, Math.min(asked.retryAfterMs ?? 0, LONGEST_RETRY_AFTER_MS)));
}
