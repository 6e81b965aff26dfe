import { expect, test } from "bun:test";
import { FakeClock } from "../../helpers/fake-clock.ts";
import { TestEngine } from "../../helpers/test-engine.ts";

const MINUTE = 60_000;

test("the fifth consecutive failure opens the breaker, exactly, however many events were in flight", async () => {
  await using t = await TestEngine.start();
  t.register("broken", `() => { throw new Error("always") }`);
  await t.burst(200);
  await t.drain();
  const outcomes = t.outcomes("broken");
  expect(outcomes.filter((outcome) => outcome === "error")).toHaveLength(5);
  expect(outcomes.slice(5)).toEqual(Array.from({ length: 195 }, () => "skipped_circuit"));
  expect(t.hook("broken")).toMatchObject({ status: "paused", circuit_state: "open", consecutive_errors: 5 });
  expect(t.notices.filter(({ kind }) => kind === "breaker_opened")).toHaveLength(1);
});

test("failures that only the daemon can see count just as exactly", async () => {
  await using t = await TestEngine.start();
  t.register("wrong", `() => ({ fire: true, routing: { mode: "nonsense" } })`);
  await t.burst(60);
  await t.drain();
  const outcomes = t.outcomes("wrong");
  expect(outcomes.filter((outcome) => outcome === "error")).toHaveLength(5);
  expect(outcomes.filter((outcome) => outcome === "skipped_circuit")).toHaveLength(55);
  expect(t.dispatches()).toEqual([]);
});

test("a success in between starts the count anew", async () => {
  await using t = await TestEngine.start();
  t.register("flaky", `(ctx) => { if (Number(ctx.event.content) % 5 !== 4) throw new Error("most of the time"); }`);
  await t.burst(100);
  await t.drain();
  expect(t.hook("flaky")).toMatchObject({ status: "active", circuit_state: "closed" });
  expect(t.outcomes("flaky").filter((outcome) => outcome === "skipped_circuit")).toEqual([]);
});

test("after the cooldown exactly one event is the trial; its success closes, its failure opens again", async () => {
  const clock = new FakeClock("2026-01-01T00:00:00Z");
  await using t = await TestEngine.start({ clock });
  t.register("recovers", `(ctx) => { if (ctx.event.metadata.bad) throw new Error("bad"); }`);
  await t.messages(5, { metadata: { bad: true } });
  await t.drain();
  clock.advance(5 * MINUTE - 1);
  await t.messages(1);
  await t.drain();
  expect(t.outcomes("recovers").at(-1)).toBe("skipped_circuit");

  clock.advance(1);
  await t.messages(1, { metadata: { bad: true } });
  await t.drain();
  expect(t.outcomes("recovers").at(-1)).toBe("error");
  expect(t.hook("recovers").circuit_state).toBe("open");

  clock.advance(5 * MINUTE);
  await t.burst(10);
  await t.drain();
  const last = t.invocations("recovers").slice(-10);
  expect(last.filter(({ outcome }) => outcome === "no_fire").map(({ event_id }) => event_id)).toEqual(["test:7"]);
  expect(last.filter(({ outcome }) => outcome === "skipped_circuit")).toHaveLength(9);
  expect(t.hook("recovers")).toMatchObject({ status: "active", circuit_state: "closed", consecutive_errors: 0 });
  await t.messages(1);
  await t.drain();
  expect(t.outcomes("recovers").at(-1)).toBe("no_fire");
});

test("enabling a paused hook closes its breaker", async () => {
  await using t = await TestEngine.start();
  t.register("fixed", `(ctx) => { if (ctx.event.metadata.bad) throw new Error("bad"); }`);
  await t.messages(6, { metadata: { bad: true } });
  await t.drain();
  t.registry.enable("fixed", { creator: {} });
  await t.messages(2);
  await t.drain();
  expect(t.outcomes("fixed").slice(-3)).toEqual(["skipped_circuit", "no_fire", "no_fire"]);
});

test("a restart gives no free trial: the breaker is as open as before", async () => {
  const clock = new FakeClock("2026-01-01T00:00:00Z");
  const first = await TestEngine.start({ clock });
  first.register("broken", `() => { throw new Error("always") }`);
  await first.messages(5);
  await first.drain();
  await first.stop();
  await using second = await TestEngine.start({ clock, home: first.home });
  await second.engine.emitInput({ id: "test:after" });
  await second.drain();
  expect(second.outcomes("broken").at(-1)).toBe("skipped_circuit");
});

test("a one-shot fires exactly once, however many events were in flight", async () => {
  await using t = await TestEngine.start();
  t.register("once", `() => ({ fire: true, context: { prompt: "now" } })`, { mode: "one-shot" });
  await t.burst(300);
  await t.drain();
  const outcomes = t.outcomes("once");
  expect(outcomes).toHaveLength(300);
  expect(outcomes.filter((outcome) => outcome === "fired")).toHaveLength(1);
  expect(outcomes.filter((outcome) => outcome === "skipped_disabled")).toHaveLength(299);
  expect(t.dispatches()).toHaveLength(1);
  expect(t.hook("once")).toMatchObject({ status: "disabled", disabled_reason: "one-shot fired", trigger_count: 1 });
  await t.messages(3);
  await t.drain();
  expect(t.outcomes("once")).toHaveLength(300);
});

test("disable_hook works with fire: false, and nothing runs after it", async () => {
  await using t = await TestEngine.start();
  t.register("enough", `(ctx) => ({ fire: false, disable_hook: ctx.event.content === "4" })`);
  await t.burst(20);
  await t.drain();
  expect(t.outcomes("enough")).toEqual([...Array.from({ length: 5 }, () => "no_fire"), ...Array.from({ length: 15 }, () => "skipped_disabled")]);
  expect(t.hook("enough")).toMatchObject({ status: "disabled", trigger_count: 0 });
});

test("max_fires_per_hour, throttle and debounce skip with a row that says so", async () => {
  const clock = new FakeClock("2026-01-01T00:00:00Z");
  await using t = await TestEngine.start({ clock });
  t.register("quota", `() => ({ fire: true })`, { limits: { max_fires_per_hour: 3 } });
  t.register("throttled", `() => undefined`, { limits: { throttle: { count: 4, per_ms: MINUTE } } });
  t.register("debounced", `() => ({ fire: true })`, { limits: { debounce_ms: 1_000 } });
  await t.burst(10);
  await t.drain();
  const counts = (name: string): Record<string, number> => Object.fromEntries(Map.groupBy(t.outcomes(name), (outcome) => outcome).entries().map(([outcome, all]) => [outcome, all.length]));
  expect(counts("quota")).toEqual({ fired: 3, skipped_quota: 7 });
  expect(counts("throttled")).toEqual({ no_fire: 4, skipped_throttled: 6 });
  expect(counts("debounced")).toEqual({ skipped_debounced: 9, fired: 1 });
  expect(t.dispatches().find(({ hook_id }) => hook_id === t.hook("debounced").id)?.event_id).toBe("test:9");
  clock.advance(60 * MINUTE + 1);
  await t.messages(1);
  await t.drain();
  expect([t.outcomes("quota").at(-1), t.outcomes("throttled").at(-1)]).toEqual(["fired", "no_fire"]);
});

// switch: mutant debouncer-by-the-wall
test("a wall clock that is set back while an event is held does not hold it longer", async () => {
  const clock = { set: 0, now: () => Date.now() + clock.set, monotonic: () => performance.now() };
  await using t = await TestEngine.start({ clock });
  t.register("debounced", `() => ({ fire: true })`, { limits: { debounce_ms: 50 } });
  await t.messages(1);
  clock.set = -60 * MINUTE;
  // Not `drain`, which lets go of what is held.
  await t.until(() => t.outcomes("debounced").length === 1);
  expect(t.outcomes("debounced")).toEqual(["fired"]);
});
