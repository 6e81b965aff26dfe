import { describe, expect, test } from "bun:test";
import { NexusError } from "../../../src/engine/core/errors.ts";
import type { Schedule } from "../../../src/engine/core/hook.ts";
import { compileSchedule, validateSchedule } from "../../../src/engine/pipeline/schedule.ts";

const NOW = Date.parse("2026-05-01T12:00:00Z");
const MINUTE = 60_000;

async function refusal(schedule: Schedule): Promise<NexusError> {
  try {
    await validateSchedule(schedule, { now: NOW });
  } catch (error) {
    if (error instanceof NexusError) return error;
    throw error;
  }
  throw new Error(`${JSON.stringify(schedule)} was accepted`);
}

describe("validateSchedule accepts", () => {
  test.each<[Schedule, string]>([
    [{ cron: "0 9 * * 1-5" }, "2026-05-04T09:00:00.000Z"],
    [{ cron: "0 9 * * 1-5", timezone: "Europe/Rome" }, "2026-05-04T07:00:00.000Z"],
    [{ cron: "  30 0 9 * * MON  " }, "2026-05-04T09:00:30.000Z"],
    [{ cron: "@daily" }, "2026-05-02T00:00:00.000Z"],
    [{ cron: "0 0 29 2 *" }, "2028-02-29T00:00:00.000Z"],
    [{ cron: "0 0 * MAR THU" }, "2027-03-04T00:00:00.000Z"],
    [{ cron: "0 12 L * *" }, "2026-05-31T12:00:00.000Z"],
    [{ cron: "0 9 * * *", timezone: "+02:00" }, "2026-05-02T07:00:00.000Z"],
    [{ every: "15m" }, "2026-05-01T12:15:00.000Z"],
    [{ every: "1s", jitter: "999ms" }, "2026-05-01T12:00:01.000Z"],
    [{ at: "2026-05-01T12:00:00.001Z" }, "2026-05-01T12:00:00.001Z"],
    [{ at: "2026-05-01T15:00+02:00", jitter: "2h" }, "2026-05-01T13:00:00.000Z"],
    [{ cron: "0 9,10 * * *", jitter: "59m" }, "2026-05-02T09:00:00.000Z"],
  ])("%j, whose first slot is %s", async (schedule, first) => {
    const compiled = await validateSchedule(schedule, { now: NOW });
    expect(new Date(compiled.next(NOW) ?? Number.NaN).toISOString()).toBe(first);
  });
});

describe("validateSchedule refuses", () => {
  test.each<[string, Schedule, RegExp]>([
    ["nothing to run by", {}, /none of cron, every and at; expected exactly one/],
    ["two ways at once", { cron: "0 9 * * *", every: "5m" }, /cron and every of cron, every and at; expected exactly one/],
    ["an empty cron, which cron-parser takes for every minute", { cron: "" }, /cron is empty/],
    ["a blank cron", { cron: " \t\n" }, /cron is empty/],
    ["four fields, which cron-parser fills up", { cron: "0 9 * *" }, /"0 9 \* \*" has 4 fields; expected five or six/],
    ["seven fields", { cron: "0 0 9 * * * 2027" }, /has 7 fields/],
    ["a minute out of range", { cron: "60 9 * * *" }, /"60 9 \* \* \*".*60 expected range 0-59/],
    ["words", { cron: "every day at nine ok" }, /not a possible cron expression/],
    ["an unknown alias", { cron: "@reboot" }, /"@reboot" is not a possible/],
    ["31 February", { cron: "0 0 31 2 *" }, /"0 0 31 2 \*"/],
    ["30 February within a list", { cron: "0 0 30,31 2 *" }, /"0 0 30,31 2 \*"/],
    ["H, which would move with each restart", { cron: "H 9 * * *" }, /uses H/],
    ["an interval below a second", { every: "500ms" }, /"500ms" is shorter than the minimum of 1s/],
    ["an interval of zero", { every: "0s" }, /"0s" must be longer than zero/],
    ["an interval without a unit", { every: "15" }, /schedule\.every: "15" is not a duration/],
    ["a time that has passed", { at: "2026-05-01T11:59:59Z" }, /"2026-05-01T11:59:59Z" is in the past/],
    ["the present moment, which no timer can still meet", { at: "2026-05-01T12:00:00Z" }, /in the past/],
    ["a time without an offset", { at: "2027-01-01T09:00:00" }, /not an ISO 8601 time with an offset/],
    ["a date without a time", { at: "2027-01-01" }, /not an ISO 8601 time/],
    ["30 February as a date", { at: "2027-02-30T09:00:00Z" }, /2027-02-30/],
    ["a 13th month", { at: "2027-13-01T09:00:00Z" }, /2027-13-01/],
    ["25 o'clock", { at: "2027-01-01T25:00:00Z" }, /T25/],
    ["words for a time", { at: "tomorrow" }, /"tomorrow"/],
    ["a zone for an interval", { every: "1h", timezone: "Europe/Rome" }, /timezone "Europe\/Rome" has no meaning with every/],
    ["a jitter as long as the interval", { every: "1h", jitter: "60m" }, /"60m" must be shorter .* 1h/],
    ["a jitter as long as the shortest gap of a cron", { cron: "0 9,10 * * *", jitter: "1h" }, /"1h" must be shorter .* 1h/],
    ["a jitter that is no duration", { every: "1h", jitter: "some" }, /schedule\.jitter: "some"/],
    ["an empty zone", { cron: "0 9 * * *", timezone: "" }, /timezone: "" is not an IANA time zone/],
    ["a name that only luxon knows", { cron: "0 9 * * *", timezone: "local" }, /"local" is not an IANA/],
    ["an offset out of range", { cron: "0 9 * * *", timezone: "+24:00" }, /"\+24:00"/],
  ])("%s", async (_what, schedule, message) => {
    const error = await refusal(schedule);
    expect(error.code).toBe("SCHEDULE_INVALID");
    expect(error.message).toMatch(message);
  });

  test.each([
    ["Europe/Roma", "Europe/Rome"],
    ["Rome", "Europe/Rome"],
    ["America/NewYork", "America/New_York"],
    ["US/New York", "America/New_York"],
  ])("the zone %s and suggests %s", async (timezone, meant) => {
    const error = await refusal({ cron: "0 9 * * *", timezone });
    expect(error.message).toContain(timezone);
    expect(error.details.did_you_mean?.[0]).toBe(meant);
  });

  test("a hostile expression without repeating all of it", async () => {
    const error = await refusal({ cron: `${"1,".repeat(50_000)}1 * * * *` });
    expect(error.message.length).toBeLessThan(400);
  });
});

describe("compileSchedule", () => {
  test("counts the slots of every from the hook's creation, the first one interval later", async () => {
    const compiled = await compileSchedule({ every: "15m" }, NOW + 7);
    expect(compiled.next(NOW - 1e9)).toBe(NOW + 7 + 15 * MINUTE);
    expect(compiled.next(NOW + 7)).toBe(NOW + 7 + 15 * MINUTE);
    expect(compiled.next(NOW + 7 + 15 * MINUTE)).toBe(NOW + 7 + 30 * MINUTE);
    expect(compiled.next(NOW + 7 + 15 * MINUTE - 1)).toBe(NOW + 7 + 15 * MINUTE);
  });

  test("gives at its one slot, and none after it", async () => {
    const at = NOW + MINUTE;
    const compiled = await compileSchedule({ at: new Date(at).toISOString() }, NOW);
    expect([compiled.next(NOW), compiled.next(at - 1), compiled.next(at)]).toEqual([at, at, undefined]);
  });

  test("still compiles an at that has passed, so that a stored hook can be read after a stop", async () => {
    const compiled = await compileSchedule({ at: "2020-01-01T00:00:00Z" }, NOW);
    expect(compiled.next(NOW)).toBeUndefined();
  });

  test("does not load cron-parser for a schedule without cron", async () => {
    const script = `
      const { validateSchedule } = await import(${JSON.stringify(new URL("../../../src/engine/pipeline/schedule.ts", import.meta.url).pathname)});
      const { plugin } = Bun;
      let loaded = false;
      plugin({ name: "watch", setup(build) { build.onLoad({ filter: /node_modules\\/(cron-parser|luxon)\\// }, () => { loaded = true; throw new Error("seen"); }); } });
      await validateSchedule({ every: "1h" }, { now: 0 });
      await validateSchedule({ at: "2027-01-01T00:00:00Z" }, { now: 0 });
      const before = loaded;
      await validateSchedule({ cron: "0 9 * * *" }, { now: 0 }).catch(() => undefined);
      console.log(JSON.stringify([before, loaded]));`;
    const child = Bun.spawn([process.execPath, "-e", script], { stdout: "pipe", stderr: "pipe" });
    expect(JSON.parse(await new Response(child.stdout).text())).toEqual([false, true]);
    expect(await child.exited).toBe(0);
  });
});
