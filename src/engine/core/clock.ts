/**
 * Time as an argument: all logic asks a Clock, so a test or a replay can stand the time where it wants it.
 *
 * `now` is wall time in Unix milliseconds and may jump. `monotonic` is in milliseconds from an arbitrary start, never
 * goes back, and is what durations are measured with.
 */
export interface Clock {
  now(): number;
  monotonic(): number;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
};
