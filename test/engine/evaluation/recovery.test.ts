import { expect, test } from "bun:test";
import { rmSync } from "node:fs";
import { DEFAULT_STORE_OPTIONS, openStore } from "../../../src/engine/store/open.ts";
import { createIds } from "../../../src/engine/core/ids.ts";
import { systemClock } from "../../../src/engine/core/clock.ts";
import { HookRegistry } from "../../../src/engine/registry/registry.ts";
import { insertEvents } from "../../../src/engine/store/events.ts";
import { normaliseEvent } from "../../../src/engine/ingest/normalise.ts";
import { getMeta } from "../../../src/engine/store/meta.ts";
import { FakeClock } from "../../helpers/fake-clock.ts";
import { TestEngine } from "../../helpers/test-engine.ts";
import { tempHome } from "../../helpers/temp-home.ts";

/** What another process does: its own connection to the same home. */
function elsewhere(home: string): { readonly store: ReturnType<typeof openStore>; readonly registry: HookRegistry; emit(...ids: string[]): void; [Symbol.dispose](): void } {
  const store = openStore(home, { ...DEFAULT_STORE_OPTIONS, durability: "normal" });
  const registry = new HookRegistry({ store, clock: systemClock, ids: createIds(), deleteRetentionDays: 30 });
  return {
    store,
    registry,
    emit: (...ids) => store.write(() => insertEvents(store, ids.map((id) => normaliseEvent({ id }, { now: Date.now(), maxBytes: 1_000_000 })), { maxDepth: 8, maxChain: 256 })),
    [Symbol.dispose]: () => store.close(),
  };
}

test("events stored by another process are evaluated, before and while the engine runs, once and in order", async () => {
  using home = tempHome();
  {
    const first = TestEngine.open({ home: home.path });
    first.register("sees", `() => undefined`);
    await first.stop();
  }
  using other = elsewhere(home.path);
  other.emit("cli:1", "cli:2");
  const t = await TestEngine.start({ home: home.path });
  other.emit("cli:3");
  await t.until(() => t.outcomes("sees").length === 3);
  await t.messages(1);
  other.emit("cli:4");
  await t.until(() => t.outcomes("sees").length === 5);
  expect(t.invocations("sees").map(({ event_id }) => event_id)).toEqual(["cli:1", "cli:2", "cli:3", "test:0", "cli:4"]);
  await t.stop();
});

test("a hook registered by another process takes effect for the very next event", async () => {
  await using t = await TestEngine.start();
  using other = elsewhere(t.home);
  for (let n = 0; n < 20; n += 1) {
    t.register(`template-${n}`, `() => undefined`);
    other.registry.disable(`template-${n}`, { creator: {} });
    other.registry.enable(`template-${n}`, { creator: {} });
    await t.messages(1);
  }
  await t.drain();
  for (let n = 0; n < 20; n += 1) expect(t.outcomes(`template-${n}`)).toHaveLength(20 - n);
});

test("what was matched before a stop is matched the same way after it, whatever became of the hooks meanwhile", async () => {
  using home = tempHome();
  const types = (type: string): { triggers: { event: { types: string[] } } } => ({ triggers: { event: { types: [type] } } });
  const before = TestEngine.open({ home: home.path });
  before.register("all", `() => undefined`);
  before.register("moved", `() => undefined`, types("old"));
  before.register("off", `() => undefined`);
  before.register("gone", `() => undefined`);
  const emit = (id: string, type: string): unknown => before.store.write(() => insertEvents(before.store, [normaliseEvent({ id, type }, { now: Date.now(), maxBytes: 1_000_000 })], { maxDepth: 8, maxChain: 256 }));
  emit("e:1", "old");
  emit("e:2", "new");
  before.update("moved", `() => ({ fire: true })`, types("new"));
  before.registry.disable("off", { creator: {}, reason: "test" });
  const goneId = before.registry.remove("gone", { creator: {} }).hook.id;
  emit("e:3", "old");
  emit("e:4", "new");
  before.register("late", `() => undefined`);
  emit("e:5", "new");
  await before.stop();

  const t = await TestEngine.start({ home: home.path });
  await t.drain();
  const seen = (name: string): string[] => t.invocations(name).map(({ event_id, outcome }) => `${event_id} ${outcome}`);
  expect(seen("all")).toEqual(["e:1 no_fire", "e:2 no_fire", "e:3 no_fire", "e:4 no_fire", "e:5 no_fire"]);
  expect(seen("moved")).toEqual(["e:1 fired", "e:4 fired", "e:5 fired"]);
  expect(seen("off")).toEqual(["e:1 skipped_disabled", "e:2 skipped_disabled"]);
  expect(seen("late")).toEqual(["e:5 no_fire"]);
  const gone = t.store.db.query<{ event_id: string; outcome: string }, [string]>("SELECT event_id, outcome FROM hook_invocations WHERE hook_id = ? ORDER BY rowid").all(goneId);
  expect(gone).toEqual([{ event_id: "e:1", outcome: "skipped_disabled" }, { event_id: "e:2", outcome: "skipped_disabled" }]);
  expect(getMeta(t.store, "eval_cursor")).toBe(5);
  await t.stop();
});

test("an engine that ends in the middle of its work loses and doubles nothing", async () => {
  using home = tempHome();
  let round = await TestEngine.start({ home: home.path });
  round.register("slow", `async () => { await new Promise((r) => setTimeout(r, 5)); return { fire: true }; }`);
  round.register("quick", `() => ({ fire: true })`);
  await round.burst(100);
  // Ended wherever it happens to be: `stop` waits for no work.
  for (let n = 0; n < 5; n += 1) {
    await round.until(() => round.outcomes("slow").length >= Math.min(100, (n + 1) * 10));
    await round.stop();
    round = await TestEngine.start({ home: home.path });
  }
  await round.drain();
  for (const name of ["slow", "quick"]) {
    const ids = round.invocations(name).map(({ event_id }) => event_id);
    expect(ids).toHaveLength(100);
    expect(new Set(ids).size).toBe(100);
  }
  expect(round.dispatches()).toHaveLength(200);
  await round.stop();
}, 20_000);

test("what does not fit into memory waits in the ledger, and comes in order", async () => {
  await using t = await TestEngine.start({ config: { events: { queue_pairs: 1_000 } } });
  t.register("one", `() => undefined`);
  t.register("two", `() => undefined`);
  await t.burst(3_000);
  expect(t.engine.status.pairs).toBeLessThanOrEqual(2_100);
  await t.drain();
  expect(t.invocations("one").map(({ event_id }) => event_id)).toEqual(Array.from({ length: 3_000 }, (_, n) => `test:${n}`));
  expect(t.outcomes("two")).toHaveLength(3_000);
}, 20_000);

test("what a hook emits is an event with its cause, and a chain of causes ends at the loop guard", async () => {
  await using t = await TestEngine.start();
  t.register("loops", `(ctx) => ({ fire: false, emit: [{ type: "echo", content: "again", channel: "test" }] })`);
  await t.messages(1);
  await t.drain();
  const rows = t.store.db.query<{ depth: number; suppressed: string | null; cause_id: string | null }, []>("SELECT depth, suppressed, cause_id FROM events ORDER BY seq").all();
  expect(rows.map(({ depth }) => depth)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  expect(rows.map(({ suppressed }) => suppressed).filter((mark) => mark !== null)).toEqual(["loop_guard"]);
  expect(rows[1]?.cause_id).toBe("test:0");
  expect(t.outcomes("loops")).toHaveLength(9);
});

test("an empty home can be removed after the engine ended: nothing is left open", async () => {
  const t = await TestEngine.start();
  await t.messages(1);
  await t.stop();
  rmSync(t.home, { recursive: true });
});

test("a chain of causes has a budget whatever its shape: two echoes of each event end by themselves", async () => {
  await using t = await TestEngine.start({ config: { events: { max_depth: 64, max_chain: 50 } } });
  t.register("doubles", `(ctx) => ({ fire: false, emit: [{ type: "echo", channel: "test" }, { type: "echo", channel: "test" }] })`);
  await t.messages(1);
  await t.drain();
  // switch: mutant chain-without-budget
  const rows = t.store.db.query<{ suppressed: string | null; root_id: string | null }, []>("SELECT suppressed, root_id FROM events ORDER BY seq").all();
  expect(rows.length).toBeGreaterThanOrEqual(51);
  expect(rows.length).toBeLessThanOrEqual(54);
  expect(rows.filter(({ suppressed }) => suppressed === null)).toHaveLength(51);
  expect(new Set(rows.slice(1).map(({ root_id }) => root_id))).toEqual(new Set(["test:0"]));
  // What was refused stands in the row of the invocation that asked for it.
  expect(t.invocations("doubles").filter(({ reason }) => reason?.startsWith("emit: ") === true).length).toBeGreaterThan(10);
  expect(await t.engine.emitInput({ id: "late:1", cause_id: "test:0" }).catch((error: { code: string }) => error.code)).toBe("LOOP_STOPPED");
  await t.messages(1);
});

test("a schedule does not wait behind a flood that is still in the ledger", async () => {
  const clock = new FakeClock("2026-01-01T00:00:00Z");
  await using t = await TestEngine.start({ clock, config: { events: { queue_pairs: 1_000 } } });
  t.register("flooded", `async () => { await new Promise((r) => setTimeout(r, 1)); }`);
  t.register("on-time", `() => undefined`, { schedule: { every: "1m" } });
  await t.burst(3_000);
  clock.advance(60_000);
  await t.engine.tick();
  // switch: mutant timers-wait-in-line
  await t.until(() => t.outcomes("on-time").length === 1);
  expect(t.outcomes("flooded").length).toBeLessThan(2_900);
  expect(t.engine.status.behind).toBeGreaterThan(0);
  await t.drain();
  // The beat of the timer is an event too.
  expect(t.outcomes("flooded")).toHaveLength(3_001);
  expect(t.outcomes("on-time")).toHaveLength(1);
}, 20_000);

test("over a limit the caller is told, nothing of it is stored, and everything else is", async () => {
  await using t = await TestEngine.start({ config: { events: { max_uncommitted: 100 } } });
  const asked = await Promise.allSettled(Array.from({ length: 300 }, (_, n) => t.engine.emitInput({ id: `flood:${n}` })));
  const refused = asked.filter((one) => one.status === "rejected");
  expect(refused.length).toBe(250);
  for (const one of refused) expect(one.reason).toMatchObject({ code: "QUEUE_FULL" });
  expect(t.store.db.query("SELECT count(*) AS n FROM events").get()).toEqual({ n: 50 });
  expect(await t.engine.emitInput({ id: "flood:again" })).toHaveLength(1);
});
