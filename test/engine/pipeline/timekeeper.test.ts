import { expect, test } from "bun:test";
import type { Schedule } from "../../../src/engine/core/hook.ts";
import { slotsOf } from "../../../src/engine/store/slots.ts";
import { FakeClock } from "../../helpers/fake-clock.ts";
import { tempHome } from "../../helpers/temp-home.ts";
import { TestEngine } from "../../helpers/test-engine.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

function slots(t: TestEngine, name: string): string[] {
  return slotsOf(t.store, t.hook(name).id, 1_000)
    .reverse()
    .map(({ slot, until_slot, slot_count, status }) => `${status} ${new Date(slot).toISOString().slice(11, 16)}${slot_count > 1 ? `-${new Date(until_slot).toISOString().slice(11, 16)} x${slot_count}` : ""}`);
}

async function walk(t: TestEngine, clock: FakeClock, steps: number, ms: number): Promise<void> {
  for (let step = 0; step < steps; step += 1) {
    clock.advance(ms);
    await t.engine.tick();
    await t.drain();
  }
}

async function scheduled(clock: FakeClock, schedule: Schedule, home?: string): Promise<TestEngine> {
  const t = await TestEngine.start({ clock, ...(home === undefined ? {} : { home }) });
  t.register("job", `(ctx) => ({ fire: true, context: { prompt: ctx.now.toISOString().slice(11, 16) } })`, { schedule });
  await t.engine.tick();
  await t.drain();
  return t;
}

test("a schedule gives each slot once, to its own hook only, and other events pass it by", async () => {
  const clock = new FakeClock("2026-03-01T08:00:30Z");
  await using t = await scheduled(clock, { cron: "*/15 * * * *" });
  t.register("other", `() => undefined`, { triggers: { event: { types: ["schedule"] } } });
  await walk(t, clock, 60, MINUTE);
  expect(slots(t, "job")).toEqual(["ran 08:15", "ran 08:30", "ran 08:45", "ran 09:00"]);
  expect(t.invocations("job").map(({ event_id }) => event_id.replace(t.hook("job").id, "ID"))).toEqual([8.25, 8.5, 8.75, 9].map((hour) => `timer:ID:${Date.parse("2026-03-01T00:00:00Z") + hour * HOUR}`));
  expect(t.outcomes("other")).toEqual([]);
});

test("a timer_tick comes every minute and carries the minute in its id", async () => {
  const clock = new FakeClock("2026-03-01T08:00:30Z");
  await using t = await scheduled(clock, { every: "1d" });
  t.register("beat", `() => undefined`, { triggers: { event: { types: ["timer_tick"] } } });
  await walk(t, clock, 5, MINUTE);
  const minute = Date.parse("2026-03-01T08:00:00Z") / MINUTE;
  expect(t.invocations("beat").map(({ event_id }) => event_id)).toEqual([0, 1, 2, 3, 4].map((n) => `timer:tick:${minute + 1 + n}`));
});

test.each<[catchUp: "skip" | "last" | "all", expected: string[]]>([
  ["skip", ["missed 10:00-14:00 x5"]],
  ["last", ["missed 10:00-13:00 x4", "late 14:00"]],
  ["all", ["late 10:00", "late 11:00", "late 12:00", "late 13:00", "late 14:00"]],
])("after a stop, catch_up %s leaves a row for every slot", async (catch_up, expected) => {
  using home = tempHome();
  const clock = new FakeClock("2026-03-01T08:30:00Z");
  const first = await scheduled(clock, { cron: "0 * * * *", catch_up }, home.path);
  await walk(first, clock, 30, MINUTE);
  expect(slots(first, "job")).toEqual(["ran 09:00"]);
  await first.stop();

  clock.advance(5 * HOUR + 20 * MINUTE);
  const second = await TestEngine.start({ clock, home: home.path });
  await second.engine.tick();
  await second.drain();
  expect(slots(second, "job")).toEqual(["ran 09:00", ...expected]);
  await second.stop();
});

test("a clock that goes back gives no slot a second time", async () => {
  const clock = new FakeClock("2026-03-01T08:00:00Z");
  await using t = await scheduled(clock, { every: "10m" });
  await walk(t, clock, 30, MINUTE);
  clock.advance(-25 * MINUTE);
  await walk(t, clock, 30, MINUTE);
  expect(slots(t, "job")).toEqual(["ran 08:10", "ran 08:20", "ran 08:30"]);
});

test("slots of a paused hook are skipped with a row, those of a disabled one are not its own", async () => {
  const clock = new FakeClock("2026-03-01T08:00:00Z");
  await using t = await TestEngine.start({ clock });
  t.register("job", `() => { throw new Error("no") }`, { schedule: { every: "1m" } });
  await t.messages(1, { type: "unrelated" });
  await walk(t, clock, 8, MINUTE);
  expect(slots(t, "job").map((slot) => slot.split(" ")[0])).toEqual(["ran", "ran", "ran", "ran", "ran", "skipped", "skipped", "skipped"]);
  t.registry.disable("job", { creator: {} });
  await t.messages(1, { type: "unrelated" });
  await walk(t, clock, 3, MINUTE);
  expect(slots(t, "job")).toHaveLength(8);
  t.registry.enable("job", { creator: {} });
  await t.messages(1, { type: "unrelated" });
  await walk(t, clock, 1, MINUTE);
  expect(slots(t, "job").at(-1)).toBe("ran 08:12");
});
