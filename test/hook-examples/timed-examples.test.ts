import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { ExampleDesk } from "./example-desk.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

let desk: ExampleDesk;
beforeEach(() => {
  desk = new ExampleDesk();
});
afterEach(() => desk[Symbol.dispose]());

let sent = 0;
function message(at: number, sender: string, text: string, thread = "family"): void {
  sent += 1;
  desk.store({ timestamp: at, channel: "imessage", thread_id: thread, sender_id: sender, content: text, source_id: `m${sent}` });
}

describe("casey-safety-check", () => {
  const three = Date.parse("2027-03-05T03:00:00+01:00");

  test("fires at the deadline when Casey wrote nothing, and tells the agent what to do", async () => {
    const casey = await desk.load("casey-safety-check");
    message(three - HOUR, "sam", "I'm home");
    const decision = await desk.decide(casey, desk.slot(casey, three));
    expect(decision).toMatchObject({ fire: true, agent: "atlas", context: { extracted: { messages: 0 } } });
    expect(casey.metadata).toMatchObject({ mode: "one-shot", schedule: { cron: "0 3 * * *", timezone: "Europe/Berlin" } });
  });

  test.each(["Home!", "home safe :)", "I'm home, good night", "Got home safe", "im home", "Made it home", "Safe and sound", "Arrived safely", " home"])(
    "%p is a confirmation: it does not fire and ends itself",
    async (text) => {
      const casey = await desk.load("casey-safety-check");
      message(three - 2 * HOUR, "casey", text);
      expect(await desk.decide(casey, desk.slot(casey, three))).toMatchObject({ fire: false, disable_hook: true });
    },
  );

  test.each(["I'll text you when I'm home", "on my way home", "Home in 10", "home soon", "I'm not home yet", "take me home", "are you home?", "Can't get home", "almost home"])(
    "%p is no confirmation: it fires and quotes it as data",
    async (text) => {
      const casey = await desk.load("casey-safety-check");
      message(three - 2 * HOUR, "casey", text);
      const decision = await desk.decide(casey, desk.slot(casey, three));
      expect(decision).toMatchObject({ fire: true, context: { extracted: { messages: 1, last_message: text } } });
      expect(decision?.context?.prompt).not.toContain(text);
    },
  );

  test("a confirmation of the day before does not count, one that came before a late evaluation does", async () => {
    const casey = await desk.load("casey-safety-check");
    message(three - 10 * HOUR, "casey", "I'm home");
    const slot = desk.slot(casey, three);
    expect(await desk.decide(casey, slot)).toMatchObject({ fire: true });
    message(three + 25 * MINUTE, "casey", "Home now");
    expect(await desk.decide(casey, slot, { now: three + HOUR })).toMatchObject({ fire: false, disable_hook: true });
  });

  test("sees its own slot only", async () => {
    const casey = await desk.load("casey-safety-check");
    expect(await desk.decide(casey, desk.tick(three))).toBeUndefined();
  });
});

describe("daily-digest", () => {
  const monday = Date.parse("2027-03-08T08:30:00+01:00");
  const tuesday = monday + 24 * HOUR;

  test("counts what came since the last digest by channel, each event once", async () => {
    const digest = await desk.load("daily-digest");
    message(monday - 25 * HOUR, "sam", "before the first digest's day");
    message(monday - HOUR, "sam", "in it");
    message(monday - HOUR, "casey", "in it too");
    desk.store({ timestamp: monday - 1, type: "webhook", channel: "webhook", source_id: "w1" });
    desk.store({ timestamp: monday - 1, channel: "imessage", direction: "sent", sender_id: "robin", content: "own", source_id: "own" });
    desk.tick(monday - MINUTE);
    const first = await desk.decide(digest, desk.slot(digest, monday));
    expect(first).toMatchObject({ fire: true, agent: "scribe" });
    expect(first?.context?.extracted?.["channels"]).toEqual([
      { channel: "imessage", events: 2, senders: 2 },
      { channel: "webhook", events: 1, senders: 0 },
    ]);
    message(monday, "sam", "exactly at the slot belongs to the next");
    const second = await desk.decide(digest, desk.slot(digest, tuesday), { now: tuesday + HOUR });
    expect(second?.context?.extracted).toMatchObject({ since: monday, until: tuesday, channels: [{ channel: "imessage", events: 1 }] });
  });

  test("does not fire for a day without events", async () => {
    const digest = await desk.load("daily-digest");
    expect(await desk.decide(digest, desk.slot(digest, monday))).toMatchObject({ fire: false });
  });
});

describe("quiet-channel", () => {
  const start = Date.parse("2027-03-05T12:00:00Z");

  test("fires once for each silence of two hours", async () => {
    const quiet = await desk.load("quiet-channel");
    const decideAt = async (minutes: number): Promise<boolean | undefined> => (await desk.decide(quiet, desk.slot(quiet, start + minutes * MINUTE)))?.fire;
    message(start, "mira", "release?", "launch");
    message(start + 150 * MINUTE, "sam", "another thread does not count", "family");
    expect(await decideAt(90)).toBe(false);
    expect(await decideAt(120)).toBe(true);
    expect(await decideAt(180)).toBe(false);
    message(start + 200 * MINUTE, "jonas", "yes", "launch");
    expect(await decideAt(210)).toBe(false);
    expect(await decideAt(330)).toBe(true);
  });

  test("does not fire for a thread that never spoke", async () => {
    const quiet = await desk.load("quiet-channel");
    expect(await desk.decide(quiet, desk.slot(quiet, start))).toMatchObject({ fire: false });
  });

  test("names the silence and where to answer", async () => {
    const quiet = await desk.load("quiet-channel");
    message(start, "mira", "release?", "launch");
    const decision = await desk.decide(quiet, desk.slot(quiet, start + 3 * HOUR));
    expect(decision).toMatchObject({ routing: { mode: "thread", target: "launch" }, context: { extracted: { last_sender: "mira", minutes: 180 } } });
  });
});

describe("night-watch", () => {
  const midnight = Date.parse("2027-03-05T00:00:00+01:00");

  test("reports what came, at most once an hour, and only if something came", async () => {
    const watch = await desk.load("night-watch");
    const fires: number[] = [];
    for (let minute = 0; minute < 240; minute += 1) {
      const at = midnight + minute * MINUTE;
      if (minute === 10 || minute === 11 || minute === 65 || minute === 200) message(at, "lena", `minute ${minute}`);
      const decision = await desk.decide(watch, desk.tick(at));
      if (decision?.fire === true) fires.push(minute);
    }
    expect(fires).toEqual([10, 70, 200]);
  });

  test.each([
    ["22:59", false],
    ["23:00", true],
    ["06:59", true],
    ["07:00", false],
  ])("at %s in Berlin, in summer too, it fires: %p", async (time, fires) => {
    const watch = await desk.load("night-watch");
    const at = Date.parse(`2027-07-05T${time}:00+02:00`);
    message(at - MINUTE, "lena", "hello?");
    expect((await desk.decide(watch, desk.tick(at)))?.fire).toBe(fires);
  });

  test("its own messages do not wake anybody", async () => {
    const watch = await desk.load("night-watch");
    desk.store({ timestamp: midnight - MINUTE, channel: "imessage", direction: "sent", sender_id: "robin", content: "good night", source_id: "own" });
    expect((await desk.decide(watch, desk.tick(midnight)))?.fire).toBe(false);
  });
});
