import { expect, test } from "bun:test";
import { systemClock } from "../../../src/engine/core/clock.ts";
import { createIds } from "../../../src/engine/core/ids.ts";
import { normaliseEvent } from "../../../src/engine/ingest/normalise.ts";
import { judge } from "../../../src/engine/pipeline/health.ts";
import { whyEvent } from "../../../src/engine/pipeline/why.ts";
import { holdSource, releaseSource, type HoldChange } from "../../../src/engine/registry/source-holding.ts";
import { insertEvents } from "../../../src/engine/store/events.ts";
import { countHeldEvents } from "../../../src/engine/store/held-events.ts";
import { homeFacts } from "../../../src/engine/store/home-facts.ts";
import { violations } from "../../../src/engine/store/invariants.ts";
import { listSources } from "../../../src/engine/store/list-sources.ts";
import { getMeta } from "../../../src/engine/store/meta.ts";
import { DEFAULT_STORE_OPTIONS, openStore, type Store } from "../../../src/engine/store/open.ts";
import { sourceHolds } from "../../../src/engine/store/source-holds.ts";
import { tempHome } from "../../helpers/temp-home.ts";
import { TestEngine, type TestEngineOptions } from "../../helpers/test-engine.ts";

/** An operator's commands: another process's connection to the same home. */
class Operator implements Disposable {
  readonly store: Store;

  constructor(home: string) {
    this.store = openStore(home, { ...DEFAULT_STORE_OPTIONS, durability: "normal" });
  }

  hold(source: string, reason?: string): HoldChange {
    return holdSource(this.#parts, source, { by: "casey", reason });
  }

  release(source: string, discard = false): HoldChange {
    return releaseSource(this.#parts, source, { by: "casey", discard });
  }

  emit(...ids: string[]): void {
    this.store.write(() => insertEvents(this.store, ids.map((id) => normaliseEvent({ id }, { now: Date.now(), maxBytes: 1_000_000 })), { maxDepth: 8, maxChain: 256 }));
  }

  [Symbol.dispose](): void {
    this.store.close();
  }

  get #parts(): { readonly store: Store; readonly clock: typeof systemClock; readonly ids: ReturnType<typeof createIds> } {
    return { store: this.store, clock: systemClock, ids: createIds() };
  }
}

async function desk(options: TestEngineOptions = {}): Promise<{ readonly t: TestEngine; readonly operator: Operator } & AsyncDisposable> {
  const t = await TestEngine.start(options);
  const operator = new Operator(t.home);
  return {
    t,
    operator,
    [Symbol.asyncDispose]: async () => {
      operator[Symbol.dispose]();
      await t[Symbol.asyncDispose]();
    },
  };
}

const seen = (t: TestEngine, name: string): string[] => t.invocations(name).map(({ event_id, outcome }) => `${event_id} ${outcome}`);
const emit = async (t: TestEngine, ...ids: string[]): Promise<void> => {
  for (const id of ids) await t.engine.emitInput({ id });
};
/** What must be so once nothing waits any more. */
function expectNothingLeft(t: TestEngine): void {
  expect({ rows: countHeldEvents(t.store), holds: sourceHolds(t.store), violations: violations(t.store.db) }).toEqual({ rows: 0, holds: [], violations: [] });
}

// switch: mutant held-sources-run
test("events of a held source are stored and wait, others go on, and a release evaluates them once and in order", async () => {
  await using it = await desk();
  const { t, operator } = it;
  t.register("sees", `() => ({ fire: true })`);
  operator.hold("email", "a loop at the provider");
  await emit(t, "email:1", "chat:1", "email:2", "email:3", "chat:2");
  await t.drain();
  expect(seen(t, "sees")).toEqual(["chat:1 fired", "chat:2 fired"]);
  // The cursor is past them: nobody waits for what is held.
  expect(getMeta(operator.store, "eval_cursor")).toBe(5);
  expect(listSources(operator.store, Date.now()).sources).toMatchObject([{ source: "email", last_hour: 3, last_day: 3, waiting: 3, hold: { held_by: "casey", reason: "a loop at the provider" } }, { source: "chat", last_hour: 2, waiting: 0 }]);
  expect(operator.release("email")).toMatchObject({ changed: true, waiting: 3, discarded: 0 });
  await emit(t, "email:4", "chat:3");
  await t.drain();
  expect(seen(t, "sees").filter((row) => row.startsWith("email"))).toEqual(["email:1 fired", "email:2 fired", "email:3 fired", "email:4 fired"]);
  expect(t.dispatches()).toHaveLength(7);
  await t.until(() => sourceHolds(t.store).length === 0);
  expectNothingLeft(t);
});

test("a hold takes effect for the events that wait already, and for what another process stores", async () => {
  using home = tempHome();
  {
    const before = TestEngine.open({ home: home.path });
    before.register("sees", `() => undefined`);
    await before.stop();
  }
  using operator = new Operator(home.path);
  operator.emit("email:1", "chat:1");
  operator.hold("email");
  const t = await TestEngine.start({ home: home.path });
  await t.drain();
  expect(seen(t, "sees")).toEqual(["chat:1 no_fire"]);
  operator.emit("email:2", "chat:2");
  await t.until(() => seen(t, "sees").length === 2);
  expect(seen(t, "sees")).toEqual(["chat:1 no_fire", "chat:2 no_fire"]);
  operator.release("email");
  await t.until(() => seen(t, "sees").length === 4);
  expect(seen(t, "sees").slice(2)).toEqual(["email:1 no_fire", "email:2 no_fire"]);
  await t.stop();
});

// switch: mutant released-by-the-hooks-of-now
test("each is seen by the hooks that were active when it was accepted, whatever became of them since", async () => {
  await using it = await desk();
  const { t, operator } = it;
  const types = (type: string): object => ({ triggers: { event: { types: [type] } } });
  t.register("all", `() => undefined`);
  t.register("moved", `() => undefined`, types("message"));
  t.register("off", `() => undefined`);
  operator.hold("email");
  await emit(t, "email:1");
  t.update("moved", `() => undefined`, types("other"));
  t.registry.disable("off", { creator: {} });
  t.register("late", `() => undefined`);
  await emit(t, "email:2");
  await t.drain();
  operator.release("email");
  await t.until(() => t.outcomes("all").length === 2);
  await t.drain();
  // As for everything that waits: by the triggers of then, run by the version of now; a hook that is off since says so.
  expect(seen(t, "moved")).toEqual(["email:1 no_fire"]);
  expect(seen(t, "off")).toEqual(["email:1 skipped_disabled"]);
  expect(seen(t, "late")).toEqual(["email:2 no_fire"]);
});

test("a restart while it is held changes nothing, and a release without a daemon is done by the next", async () => {
  using home = tempHome();
  let t = await TestEngine.start({ home: home.path });
  using operator = new Operator(home.path);
  t.register("sees", `() => undefined`);
  operator.hold("email");
  await emit(t, "email:1", "chat:1");
  await t.drain();
  await t.stop();
  t = await TestEngine.start({ home: home.path });
  await emit(t, "email:2");
  await t.drain();
  expect(seen(t, "sees")).toEqual(["chat:1 no_fire"]);
  await t.stop();
  operator.release("email");
  expect(countHeldEvents(operator.store)).toBe(2);
  t = await TestEngine.start({ home: home.path });
  await emit(t, "email:3");
  await t.drain();
  expect(seen(t, "sees")).toEqual(["chat:1 no_fire", "email:1 no_fire", "email:2 no_fire", "email:3 no_fire"]);
  await t.stop();
});

// switch: mutant released-overtaken
test("an engine that ends in the middle of a release loses and doubles nothing, and keeps the order", async () => {
  using home = tempHome();
  let t = await TestEngine.start({ home: home.path });
  using operator = new Operator(home.path);
  t.register("slow", `async () => { await new Promise((r) => setTimeout(r, 3)); return { fire: true }; }`);
  t.register("quick", `() => ({ fire: true })`);
  operator.hold("test");
  await t.burst(80);
  await t.drain();
  expect(t.outcomes("quick")).toEqual([]);
  operator.release("test");
  for (let n = 1; n <= 6; n += 1) {
    await t.until(() => t.outcomes("slow").length >= Math.min(80, n * 10));
    await emit(t, `test:late-${n}`);
    await t.stop();
    t = await TestEngine.start({ home: home.path });
  }
  await t.drain();
  const expected = [...Array.from({ length: 80 }, (_, n) => `test:${n} fired`), ...Array.from({ length: 6 }, (_, n) => `test:late-${n + 1} fired`)];
  for (const name of ["slow", "quick"]) expect(seen(t, name)).toEqual(expected);
  expect(t.dispatches()).toHaveLength(172);
  await t.until(() => sourceHolds(t.store).length === 0);
  expectNothingLeft(t);
  await t.stop();
}, 20_000);

test("held again in the middle of a release: what is left waits, and what comes waits behind it", async () => {
  await using it = await desk();
  const { t, operator } = it;
  t.register("slow", `async () => { await new Promise((r) => setTimeout(r, 1)); }`, { limits: { concurrency: 1 } });
  operator.hold("test");
  // More than a release has under way at once.
  await t.burst(1_500);
  await t.drain();
  operator.release("test");
  await t.until(() => t.outcomes("slow").length >= 10);
  operator.hold("test");
  await emit(t, "test:late");
  await t.drain();
  const then = t.outcomes("slow").length;
  expect(then).toBeLessThan(1_500);
  expect(countHeldEvents(t.store)).toBe(1_501 - then);
  operator.release("test");
  await t.until(() => t.outcomes("slow").length === 1_501);
  expect(t.invocations("slow").map(({ event_id }) => event_id)).toEqual([...Array.from({ length: 1_500 }, (_, n) => `test:${n}`), "test:late"]);
}, 20_000);

// switch: mutant discarded-events-run
test("what is discarded gets an outcome for each hook that was to see it, and what comes later is evaluated", async () => {
  await using it = await desk();
  const { t, operator } = it;
  t.register("sees", `() => ({ fire: true })`);
  t.register("mail", `() => undefined`, { triggers: { event: { channels: ["nobody"] } } });
  operator.hold("email", "junk");
  await emit(t, "email:1", "email:2");
  await t.drain();
  expect(operator.release("email", true)).toMatchObject({ changed: true, waiting: 2, discarded: 2 });
  await emit(t, "email:3");
  await t.drain();
  expect(seen(t, "sees")).toEqual(["email:1 skipped_discarded", "email:2 skipped_discarded", "email:3 fired"]);
  expect(t.outcomes("mail")).toEqual([]);
  const why = whyEvent(t.store, "email:1").hooks;
  expect(why).toMatchObject([{ hook: "sees", verdict: "skipped", because: expect.stringMatching(/^discarded by casey at .*: email was held \(junk\)$/) }, { hook: "mail", verdict: "trigger_did_not_match" }]);
  await t.until(() => sourceHolds(t.store).length === 0);
  expectNothingLeft(t);
  const notices = t.store.db.query<{ kind: string; data_json: string }, []>("SELECT kind, data_json FROM notices WHERE kind LIKE 'source_%' ORDER BY seq").all();
  expect(notices.map(({ kind, data_json }) => [kind, JSON.parse(data_json) as unknown])).toEqual([
    ["source_held", { source: "email", by: "casey", reason: "junk" }],
    ["source_released", { source: "email", by: "casey", waiting: 2, discarded: 2 }],
  ]);
});

test("a discard is kept over a restart, and over being held again", async () => {
  using home = tempHome();
  let t = await TestEngine.start({ home: home.path });
  using operator = new Operator(home.path);
  t.register("sees", `() => undefined`);
  operator.hold("email");
  await emit(t, "email:1");
  await t.drain();
  await t.stop();
  operator.emit("email:2");
  operator.release("email", true);
  operator.hold("email");
  operator.emit("email:3");
  t = await TestEngine.start({ home: home.path });
  await t.drain();
  expect(seen(t, "sees")).toEqual(["email:1 skipped_discarded", "email:2 skipped_discarded"]);
  operator.release("email");
  await t.until(() => seen(t, "sees").length === 3);
  expect(seen(t, "sees")[2]).toBe("email:3 no_fire");
  await t.stop();
});

test("why and status say what is held, since when, by whom, and how it is let go", async () => {
  await using it = await desk();
  const { t, operator } = it;
  t.register("sees", `() => undefined`);
  operator.hold("email", "a loop");
  // The second one's outcome is written with a cursor that has passed the first.
  await emit(t, "email:1", "chat:1");
  await t.drain();
  const { hooks, held } = whyEvent(t.store, "email:1");
  expect(hooks).toMatchObject([{ verdict: "held", because: held }]);
  expect(held).toMatch(/^held since \d{4}-.*Z by casey \(a loop\); release with `nexus sources release email`$/);
  const flow = (): object | undefined => judge(homeFacts(t.store, t.home, 1e9, Date.now())).findings.find(({ side }) => side === "flow");
  expect(flow()).toMatchObject({ grade: "degraded", evidence: expect.stringMatching(/^email is held for \d+s \(a loop\): 1 event waiting$/) });
  operator.release("email");
  await t.until(() => t.outcomes("sees").length === 2);
  await t.until(() => sourceHolds(t.store).length === 0);
  expect(flow()).toMatchObject({ grade: "healthy" });
  expect(whyEvent(t.store, "email:1")).toMatchObject({ hooks: [{ verdict: "no_fire" }] });
});

// switch: mutant held-takes-the-room-of-others
test("held events have a room of their own: full, it refuses only what is held", async () => {
  await using it = await desk({ config: { events: { max_waiting: 100 } } });
  const { t, operator } = it;
  t.register("sees", `() => undefined`);
  operator.hold("email");
  for (let n = 0; n < 100; n += 1) await emit(t, `email:${n}`);
  await t.drain();
  expect(await t.engine.emitInput({ id: "email:over" }).catch((error: unknown) => error)).toMatchObject({ code: "QUEUE_FULL", message: expect.stringContaining("email is held") });
  await emit(t, "chat:1");
  await t.drain();
  expect(seen(t, "sees")).toEqual(["chat:1 no_fire"]);
  operator.release("email", true);
  await t.until(() => seen(t, "sees").length === 101);
  await emit(t, "email:over");
  await t.drain();
  expect(seen(t, "sees").at(-1)).toBe("email:over no_fire");
});

test("what hooks emit can be held too; past four times the room it gets rows that say so", async () => {
  await using it = await desk({ config: { events: { max_waiting: 100 } } });
  const { t, operator } = it;
  t.register("emits", `(ctx) => ({ fire: false, emit: Array.from({ length: 10 }, (_, n) => ({ id: "hook:" + ctx.event.id + "-" + n, content: "made" })) })`, { triggers: { event: { channels: ["test"] } } });
  t.register("follows", `() => undefined`, { triggers: { event: { channels: ["hook"] } } });
  operator.hold("hook", "a loop");
  for (let n = 0; n < 41; n += 1) {
    await t.messages(1);
    await t.drain();
  }
  expect(countHeldEvents(t.store)).toBe(400);
  expect(t.invocations("follows").map(({ outcome, reason }) => ({ outcome, reason }))).toEqual(Array.from({ length: 10 }, () => ({ outcome: "skipped_discarded", reason: "hook is held, and 4 times events.max_waiting held events wait" })));
  operator.release("hook");
  await t.until(() => t.outcomes("follows").length === 410);
});

test("stage hooks are asked about what was held when it is released, and beside the ledger's stream", async () => {
  await using it = await desk();
  const { t, operator } = it;
  t.register("early", `() => ({ patch: { event: { content: "patched" } } })`, { stage: "afterReceiveEvent" });
  t.register("after", `() => undefined`, { stage: "afterRunAutomations" });
  t.register("sees", `(ctx) => ({ fire: true, context: { prompt: String(ctx.event.content) } })`);
  operator.hold("email");
  await emit(t, "email:1", "email:2", "chat:1");
  await t.drain();
  expect(t.invocations("early").map(({ event_id }) => event_id)).toEqual(["chat:1"]);
  operator.release("email");
  await emit(t, "chat:2", "email:3");
  await t.until(() => t.outcomes("after").length === 5);
  await t.drain();
  expect(t.invocations("early").map(({ event_id }) => event_id).filter((id) => id.startsWith("email"))).toEqual(["email:1", "email:2", "email:3"]);
  expect(t.dispatches().map(({ prompt }) => prompt)).toEqual(Array.from({ length: 5 }, () => "patched"));
  expect(t.outcomes("after")).toHaveLength(5);
  await t.until(() => sourceHolds(t.store).length === 0);
  expectNothingLeft(t);
});

test("the timer cannot be held, nor a name with a colon; a source nobody knows cannot be released", () => {
  using home = tempHome();
  using operator = new Operator(home.path);
  expect(() => operator.hold("timer")).toThrow(expect.objectContaining({ code: "SOURCE_NOT_HOLDABLE" }));
  expect(() => operator.hold("email:1")).toThrow(expect.objectContaining({ code: "USAGE" }));
  operator.hold("email");
  expect(() => operator.release("emial")).toThrow(expect.objectContaining({ code: "SOURCE_NOT_FOUND", details: expect.objectContaining({ did_you_mean: ["email"] }) }));
  expect(operator.hold("email")).toMatchObject({ changed: false, known: false });
  expect(operator.hold("email", "now with a reason")).toMatchObject({ changed: true, hold: { reason: "now with a reason" } });
  operator.emit("chat:1");
  expect(operator.release("chat")).toMatchObject({ changed: false });
});
