import { expect, test } from "bun:test";
import fc from "fast-check";
import { MOST_ATTEMPTS, nextAttempt } from "../../../../src/engine/broker/outbound/retry-ladder.ts";
import { retryAfterMs, secondsToMs } from "../../../../src/engine/clients/retry-after.ts";
import { T0 } from "../../../helpers/rows.ts";

const HOUR = 3_600_000;
const middle = (): number => 0.5;

test("the pauses are those of Standard Webhooks, and after the last attempt there is none", () => {
  const pauses = Array.from({ length: MOST_ATTEMPTS }, (_, index) => nextAttempt(index + 1, T0, {}, middle)).map((at) => (at === undefined ? undefined : (at - T0) / 1_000));
  expect(pauses).toEqual([5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400, undefined]);
});

test("chance makes a pause a fifth longer or shorter, and no more", () => {
  expect(nextAttempt(1, T0, {}, () => 0)).toBe(T0 + 4_000);
  fc.assert(
    fc.property(fc.integer({ min: 1, max: MOST_ATTEMPTS - 1 }), fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (attempt, chance) => {
      const even = nextAttempt(attempt, 0, {}, middle) ?? Number.NaN;
      const pause = nextAttempt(attempt, 0, {}, () => chance) ?? Number.NaN;
      expect(pause / even).toBeWithin(0.8 - 1e-9, 1.2 + 1e-9);
    }),
  );
});

test("what the receiver asks for wins when it is longer, up to a day, and gives no attempt more", () => {
  expect(nextAttempt(1, T0, { retryAfterMs: 60_000 }, middle)).toBe(T0 + 60_000);
  expect(nextAttempt(2, T0, { retryAfterMs: 60_000 }, middle)).toBe(T0 + 300_000);
  expect(nextAttempt(1, T0, { retryAfterMs: 1_000 * HOUR }, middle)).toBe(T0 + 24 * HOUR);
  expect(nextAttempt(MOST_ATTEMPTS, T0, { retryAfterMs: 1_000 }, middle)).toBeUndefined();
});

test("Retry-After is seconds or an HTTP date, and anything else says nothing", () => {
  const date = new Date(T0 + 90_000).toUTCString();
  const said: [string | null, number | undefined][] = [
    ["120", 120_000],
    [" 1.5 ", 1_500],
    [date, 90_000],
    [new Date(T0 - 5_000).toUTCString(), 0],
    ["-5", undefined],
    ["soon", undefined],
    ["2026", 2_026_000],
    ["", undefined],
    [null, undefined],
    ["9".repeat(400), undefined],
  ];
  expect(said.map(([header]) => retryAfterMs(header, T0))).toEqual(said.map(([, ms]) => ms));
  expect([secondsToMs(0.25), secondsToMs("3"), secondsToMs(-1), secondsToMs(Number.NaN)]).toEqual([250, undefined, 0, undefined]);
});
