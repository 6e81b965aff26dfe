import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { formatDuration, parseDuration } from "../../../src/engine/core/duration.ts";
import { NexusError } from "../../../src/engine/core/errors.ts";

function refusal(text: string, code?: "METADATA_INVALID" | "SCHEDULE_INVALID"): NexusError {
  try {
    parseDuration(text, "limits.throttle", code);
  } catch (error) {
    if (error instanceof NexusError) return error;
    throw error;
  }
  throw new Error(`${JSON.stringify(text)} was accepted`);
}

describe("parseDuration", () => {
  test.each([
    ["500ms", 500],
    ["90s", 90_000],
    ["15m", 900_000],
    ["2h", 7_200_000],
    ["1d", 86_400_000],
    ["1h30m", 5_400_000],
    ["1h 30m", 5_400_000],
    [" 2h ", 7_200_000],
    ["1d2h3m4s5ms", 93_784_005],
    ["1m5ms", 60_005],
    ["0h5m", 300_000],
    ["36500d", 3_153_600_000_000],
  ])("reads %s as %d ms", (text, ms) => {
    expect(parseDuration(text, "x")).toBe(ms);
  });

  test.each(["", " ", "5", "m", "-5m", "+5m", "1.5h", "1,5h", "5 m", "30m1h", "1h1h", "1w", "5M", "1h30", "1e3s", "Infinityd", "٣m", "5m\n6s", "PT5M", "five minutes"])(
    "refuses %j, naming value and place",
    (text) => {
      const error = refusal(text);
      expect(error.code).toBe("METADATA_INVALID");
      expect(error.message).toContain(JSON.stringify(text));
      expect(error.message).toContain("limits.throttle");
    },
  );

  test.each(["0s", "0h0m", "36501d", "99999999999999999999d", `${"9".repeat(400)}ms`])("refuses %j, which is out of range", (text) => {
    expect(refusal(text, "SCHEDULE_INVALID").code).toBe("SCHEDULE_INVALID");
  });

  test("says how to write a bare number and a fraction", () => {
    expect(refusal("90").details.hint).toContain("90s");
    expect(refusal("1.5h").details.hint).toContain("1h30m");
  });

  test("does not repeat a hostile value at full length", () => {
    expect(refusal("x".repeat(100_000)).message.length).toBeLessThan(300);
    expect(refusal("1".repeat(100_000)).details.hint?.length).toBeLessThan(100);
  });
});

describe("formatDuration", () => {
  test.each([
    [0, "0ms"],
    [250, "250ms"],
    [999.6, "1s"],
    [90_000, "1m 30s"],
    [5_400_000, "1h 30m"],
    [86_400_000, "1d"],
    [-5_400_000, "-1h 30m"],
  ])("writes %d as %s", (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
  });

  test("is read back by parseDuration as the same number", () => {
    fc.assert(fc.property(fc.integer({ min: 1, max: 36_500 * 86_400_000 }), (ms) => parseDuration(formatDuration(ms), "x") === ms));
  });
});
