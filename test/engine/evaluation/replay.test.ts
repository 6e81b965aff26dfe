import { expect, test } from "bun:test";
import { accessPoliciesSchema } from "../../../src/engine/core/access-policy.ts";
import { NexusError } from "../../../src/engine/core/errors.ts";
import type { NewEvent, StoredEvent } from "../../../src/engine/core/event.ts";
import { createIds } from "../../../src/engine/core/ids.ts";
import { Redactor } from "../../../src/engine/core/redactor.ts";
import { normaliseEvent } from "../../../src/engine/ingest/normalise.ts";
import { planBackfill } from "../../../src/engine/pipeline/backfill.ts";
import { Identity } from "../../../src/engine/pipeline/identity.ts";
import { Replayer, type Replay, type ReplayParts } from "../../../src/engine/pipeline/replay.ts";
import { whyEvent } from "../../../src/engine/pipeline/why.ts";
import { traceOf } from "../../../src/engine/broker/trace.ts";
import { eventById } from "../../../src/engine/store/event-queries.ts";
import { insertEvents } from "../../../src/engine/store/events.ts";
import { DEFAULT_STORE_OPTIONS, openStore, type Store } from "../../../src/engine/store/open.ts";
import { profileOf } from "../../../src/engine/store/provenance.ts";
import { insertSlot, slotsOf } from "../../../src/engine/store/slots.ts";
import { TestEngine } from "../../helpers/test-engine.ts";

const LIMITS = { max_depth: 8, max_chain: 256, max_waiting: 1_000 };
const THEN = Date.parse("2026-01-28T03:00:00Z");
const TELLS = "ctx => ({ fire: true, context: { data: { now: ctx.now.toISOString(), event: ctx.event, principal: ctx.principal, permissions: ctx.permissions, session: ctx.session } } })";

type Policies = Parameters<typeof accessPoliciesSchema.parse>[0];

/** Another process beside the engine, as the command is: a store of its own. */
class Operator {
  readonly store: Store;
  readonly #t: TestEngine;

  constructor(t: TestEngine, redactor?: Redactor) {
    this.#t = t;
    this.store = openStore(t.home, { ...DEFAULT_STORE_OPTIONS, durability: "normal", ...(redactor === undefined ? {} : { redactor }) });
  }

  /** Stores an event as any source does. */
  emit(parts: object, extra: Partial<NewEvent> = {}, policies: Policies = []): StoredEvent {
    const { standingOf } = new Identity({ store: this.store, policies: accessPoliciesSchema.parse(policies), persona: "default" });
    const event = { ...normaliseEvent({ channel: "test", timestamp: THEN, ...parts }, { now: Date.now(), maxBytes: 100_000 }), ...extra };
    const [stored] = this.store.write(() => insertEvents(this.store, [event], { maxDepth: 8, maxChain: 256, standingOf }));
    if (stored === undefined) throw new Error("not stored");
    return stored.event;
  }

  replayer(parts: Partial<ReplayParts> = {}): Replayer {
    return new Replayer({ store: this.store, ids: createIds(), now: Date.now(), policies: [], persona: "default", limits: LIMITS, hook: undefined, cause: undefined, redacted: false, ...parts });
  }

  judge(id: string, parts: Partial<ReplayParts> = {}): Replay | NexusError {
    const original = eventById(this.store, id);
    if (original === undefined) throw new Error(`no event ${id}`);
    return this.replayer(parts).judge(original);
  }

  /** The stored copy. */
  replay(id: string, parts: Partial<ReplayParts> = {}): StoredEvent {
    return this.store.write(() => {
      const judged = this.judge(id, parts);
      if (judged instanceof NexusError) throw judged;
      const [stored] = this.replayer(parts).store([judged]);
      if (stored === undefined) throw new Error("not stored");
      return stored;
    });
  }

  /** The code that refuses it. */
  refusal(id: string, parts: Partial<ReplayParts> = {}): string {
    const before = this.count();
    try {
      this.replay(id, parts);
      return "none";
    } catch (error) {
      if (!(error instanceof NexusError)) throw error;
      expect(this.count()).toBe(before);
      return error.code;
    }
  }

  count(): number {
    return this.store.db.query<{ n: number }, []>("SELECT count(*) AS n FROM events").get()?.n ?? 0;
  }

  async evaluated(name: string, times: number): Promise<void> {
    await this.#t.until(() => this.#t.invocations(name).length >= times);
    await this.#t.drain();
  }

  [Symbol.dispose](): void {
    this.store.close();
  }
}

function dataOf(t: TestEngine, event: string): Record<string, unknown> {
  return { ...t.dispatches().find(({ event_id }) => event_id === event)?.context.data };
}

// switch: mutants replay-at-the-wrong-time, replay-as-new-sender
test("a replay is the event again: for the hooks that are active now, at the time of the original, from its sender", async () => {
  await using t = await TestEngine.start();
  using other = new Operator(t);
  t.register("before", TELLS);
  const original = other.emit({ id: "github:1", channel: "webhook", content: "hi", thread_id: "t1", metadata: { a: { b: 1 } }, content_types: ["text"] });
  other.store.write(() => {
    other.store.db.run("INSERT INTO contacts(id, contact_type, value) VALUES ('c1', 'test', 'sam')");
    other.store.db.run("INSERT INTO event_participants(event_id, contact_id, role) VALUES ('github:1', 'c1', 'recipient')");
    other.store.db.run("INSERT INTO attachments(id, event_id, filename, storage_uri) VALUES ('att1', 'github:1', 'a.png', 'file:///a')");
  });
  await other.evaluated("before", 1);
  // Registered after it: it sees the copy. By the adapter of the original, as its principal says.
  t.register("after", TELLS, { triggers: { event: { adapters: ["github"], metadata: { "a.b": [1] } }, principal: { source: ["github"] } } });
  const copy = other.replay(original.id);
  expect(copy).toMatchObject({ type: original.type, channel: "webhook", content: "hi", thread_id: "t1", metadata: { a: { b: 1 } }, timestamp: THEN, source_adapter: "replay", replay_of: "github:1", cause_id: "github:1", depth: 1 });
  expect(copy.id).toBe(`replay:${copy.source_id}`);
  await other.evaluated("after", 1);
  expect(dataOf(t, copy.id)).toMatchObject({ now: "2026-01-28T03:00:00.000Z", principal: { type: "webhook", source: "github" }, event: { id: copy.id, replay_of: "github:1", source_adapter: "replay" } });
  expect(t.dispatches().filter(({ event_id }) => event_id === copy.id).map(({ session_key }) => session_key)).toEqual(["agent:default:webhook:thread:t1", "agent:default:webhook:thread:t1"]);
  expect(dataOf(t, original.id)["now"]).not.toBe("2026-01-28T03:00:00.000Z");
  const surroundings = other.store.db.query<{ who: string }, [string]>("SELECT contact_id || ' ' || role AS who FROM event_participants WHERE event_id = ?1 UNION ALL SELECT filename FROM attachments WHERE event_id = ?1").all(copy.id);
  expect(surroundings.map(({ who }) => who)).toEqual(["c1 recipient", "a.png"]);
  expect(traceOf(t.store, copy)[0]?.detail).toContain("a replay of github:1");
  expect(whyEvent(t.store, copy.id)).toMatchObject({ event: { replay_of: "github:1" }, hooks: [{ hook: "before", verdict: "fired" }, { hook: "after", verdict: "fired" }] });
  expect(whyEvent(t.store, original.id).hooks).toMatchObject([{ hook: "before", verdict: "fired" }, { hook: "after", verdict: "not_registered_then" }]);
});

test("without a thread and a sender the session is that of the original, not one of replays", async () => {
  await using t = await TestEngine.start();
  using other = new Operator(t);
  t.register("tells", TELLS);
  const original = other.emit({ id: "stripe:1", channel: "billing" });
  const copy = other.replay(original.id);
  await other.evaluated("tells", 2);
  expect(dataOf(t, copy.id)["session"]).toEqual(dataOf(t, original.id)["session"]);
});

test("with a hook it is that hook's alone, and why says so of the others; a stage hook is asked all the same", async () => {
  await using t = await TestEngine.start();
  using other = new Operator(t);
  t.register("one", TELLS);
  t.register("two", TELLS);
  t.register("filter", "ctx => ctx.event.replay_of && ctx.now.getTime() === ctx.event.timestamp ? { patch: { event: { content: 'seen' } } } : undefined", { stage: "afterReceiveEvent" });
  other.emit({ id: "test:1", content: "as it came" });
  await other.evaluated("two", 1);
  const copy = other.replay("test:1", { hook: t.hook("one") });
  await other.evaluated("one", 2);
  expect(t.invocations("two")).toHaveLength(1);
  expect(dataOf(t, copy.id)).toMatchObject({ event: { content: "seen" } });
  const verdicts = Object.fromEntries(whyEvent(t.store, copy.id).hooks.map(({ hook, verdict, because }) => [hook, [verdict, because]]));
  expect(verdicts).toMatchObject({ one: ["fired", expect.anything()], two: ["addressed_to_another", "the event was replayed for the hook one alone"], filter: ["asked", expect.anything()] });
  // Whom it was replayed for says nothing about the next time.
  const again = other.replay(copy.id, { hook: t.hook("two") });
  expect(again).toMatchObject({ replay_of: "test:1", cause_id: copy.id, depth: 2 });
  await other.evaluated("two", 2);
  expect(other.replay(copy.id).addressed_to).toBeUndefined();
  await other.evaluated("two", 3);
});

test("what no hook would see is refused before anything is stored", async () => {
  await using t = await TestEngine.start();
  using other = new Operator(t);
  t.register("mail", TELLS, { triggers: { event: { channels: ["email"] } } });
  t.register("stage", "ctx => undefined", { stage: "afterReceiveEvent" });
  other.emit({ id: "test:1" });
  expect(other.refusal("test:1")).toBe("REPLAY_UNSEEN");
  expect(other.refusal("test:1", { hook: t.hook("mail") })).toBe("REPLAY_UNSEEN");
  expect(other.refusal("test:1", { hook: t.hook("stage") })).toBe("REPLAY_UNSEEN");
  t.registry.disable("mail", { creator: {}, reason: "too loud" });
  expect(() => other.judge("test:1", { hook: t.hook("mail") })).toThrow(/mail is disabled \(too loud\)/);
  expect(other.refusal("test:1", { hook: t.hook("mail") })).toBe("HOOK_WRONG_STATE");
  // Its breaker is open: the copy would be skipped.
  t.register("broken", "ctx => { throw new Error('no'); }");
  other.emit({ id: "test:2" });
  await other.evaluated("broken", 1);
  for (let n = 0; n < 4; n += 1) other.replay("test:2");
  await other.evaluated("broken", 5);
  expect(t.hook("broken").status).toBe("paused");
  expect(other.refusal("test:2", { hook: t.hook("broken") })).toBe("HOOK_WRONG_STATE");
});

// switch: mutant replay-of-the-denied
test("a policy's no holds for copies, the one that was said and the one that would be said now", async () => {
  await using t = await TestEngine.start();
  using other = new Operator(t);
  t.register("tells", TELLS);
  other.emit({ id: "test:denied", sender_id: "x" }, {}, [{ name: "nobody", effect: "deny" }]);
  expect(other.refusal("test:denied")).toBe("REPLAY_REFUSED");
  other.emit({ id: "test:allowed", sender_id: "x" }, {}, [{ name: "some", effect: "allow", permissions: { tools: ["read"] }, session: "dm:{sender}" }]);
  expect(other.refusal("test:allowed", { policies: accessPoliciesSchema.parse([{ name: "nobody", effect: "deny" }]) })).toBe("REPLAY_REFUSED");
  // Without any policy now, it may what it might then.
  const copy = other.replay("test:allowed");
  await other.evaluated("tells", 2);
  expect(dataOf(t, copy.id)).toMatchObject({ permissions: { tools: ["read"], credentials: [] }, session: { session_key: "dm:x" } });
  other.emit({ id: "agent:1", channel: "agent" }, { unevaluated: true });
  expect(other.refusal("agent:1")).toBe("REPLAY_REFUSED");
});

// switch: mutant replay-trusts-its-copy
test("a copy leads an agent no further than its original, whoever asked for it", async () => {
  await using t = await TestEngine.start();
  using other = new Operator(t);
  t.register("tells", TELLS);
  const versionless = (event: StoredEvent): string => profileOf(t.store, { event_id: event.id });
  const stranger = other.emit({ id: "test:stranger", sender_id: "x" });
  const owned = other.emit({ id: "test:owned" }, { channel: "timer", type: "timer_tick" });
  await other.evaluated("tells", 2);
  const [reduced = "", full = ""] = [stranger, owned].map(({ id }) => t.dispatches().find(({ event_id }) => event_id === id)?.id);
  expect(versionless(other.replay(stranger.id))).toBe("reduced");
  expect(versionless(other.replay(owned.id))).toBe("full");
  // An agent asks for it in its turn: the lesser of both.
  const inTurn = other.replay(owned.id, { cause: reduced });
  expect([inTurn.cause_id, versionless(inTurn)]).toEqual([reduced, "reduced"]);
  expect(versionless(other.replay(stranger.id, { cause: full }))).toBe("reduced");
  const emitted = other.emit({ id: "hook:1", cause_id: stranger.id }, { channel: "timer", type: "timer_tick" });
  expect(versionless(other.replay(emitted.id))).toBe("reduced");
  // A dispatch that is not here is nobody's cause.
  expect(other.replay(owned.id, { cause: "dsp_elsewhere" }).cause_id).toBe(owned.id);
  // And as deep as either.
  const deep = other.emit({ id: "test:deep" }, { depth: 5 });
  expect(other.replay(deep.id, { cause: full })).toMatchObject({ cause_id: full, depth: 6 });
});

// switch: mutant replay-outside-the-chain
test("replaying leads around no loop guard: copies of copies become too long a chain, copies of one event use its budget up", async () => {
  await using t = await TestEngine.start();
  using other = new Operator(t);
  t.register("tells", "ctx => undefined");
  let { id } = other.emit({ id: "test:1" });
  for (let n = 1; n <= 3; n += 1) id = other.replay(id, { limits: { ...LIMITS, max_depth: 3 } }).id;
  expect(other.refusal(id, { limits: { ...LIMITS, max_depth: 3 } })).toBe("LOOP_STOPPED");
  expect(other.refusal("test:1", { limits: { ...LIMITS, max_chain: 3 } })).toBe("LOOP_STOPPED");
  expect(other.refusal("test:1", { limits: { ...LIMITS, max_waiting: 0 } })).toBe("QUEUE_FULL");
  // All or none: the second would be one too many.
  other.emit({ id: "test:2" });
  const before = other.count();
  const tight = { limits: { ...LIMITS, max_chain: 1 } };
  const twice = [other.judge("test:2", tight), other.judge("test:2", tight)].filter((one): one is Replay => !(one instanceof NexusError));
  expect(twice).toHaveLength(2);
  expect(() => other.store.write(() => other.replayer(tight).store(twice))).toThrow(/is not replayed: its chain of causes/);
  expect(other.count()).toBe(before);
});

// switch: mutant replay-settles-slots
test("the replay of a slot is its hook's, and leaves the slot's row as it is", async () => {
  await using t = await TestEngine.start();
  using other = new Operator(t);
  const nightly = t.register("nightly", "ctx => ({ fire: true, context: { data: { now: ctx.now.toISOString() } } })", { schedule: { cron: "0 3 * * *" } });
  t.register("tells", TELLS);
  other.store.write(() => insertSlot(other.store, { schedule_id: nightly.id, slot: THEN, until_slot: THEN, slot_count: 1, status: "missed", created_at: THEN }));
  const slot = other.emit({ id: `timer:${nightly.id}:${THEN}`, type: "schedule", metadata: { hook_id: nightly.id, slot: THEN } }, { channel: "timer", addressed_to: nightly.id });
  await other.evaluated("nightly", 1);
  const row = slotsOf(t.store, nightly.id, 10);
  const copy = other.replay(slot.id);
  await other.evaluated("nightly", 2);
  expect(slotsOf(t.store, nightly.id, 10)).toEqual(row);
  expect(dataOf(t, copy.id)).toEqual({ now: "2026-01-28T03:00:00.000Z" });
  expect(other.refusal(slot.id, { hook: t.hook("tells") })).toBe("REPLAY_UNSEEN");
  expect(other.replay(copy.id).addressed_to).toBe(nightly.id);
  await other.evaluated("nightly", 3);
});

test("an event that has lost its secrets is replayed only when that is asked for, and its copy is no second message of the conversation", async () => {
  await using t = await TestEngine.start();
  using other = new Operator(t, new Redactor([{ name: "TOKEN", value: "s3cret-s3cret" }]));
  t.register("tells", TELLS);
  const { id } = other.emit({ id: "test:1", content: "it is s3cret-s3cret", thread_id: "t" });
  expect(other.refusal(id)).toBe("REPLAY_REDACTED");
  expect(other.replay(id, { redacted: true }).content).toBe("it is [redacted:TOKEN]");
  await other.evaluated("tells", 2);
  expect(t.store.db.query<{ event_id: string }, []>("SELECT event_id FROM episode_events").all()).toEqual([{ event_id: id }]);
});

test("a backfill takes originals in order, counts what it leaves out, and says where to go on", async () => {
  await using t = await TestEngine.start();
  using other = new Operator(t);
  t.register("even", "ctx => undefined", { triggers: { event: { metadata: { even: [true] } } } });
  other.emit({ id: "test:old", timestamp: THEN - 1, metadata: { even: true } });
  for (let n = 0; n < 8; n += 1) other.emit({ id: `test:${n}`, timestamp: THEN + n, metadata: { even: n % 2 === 0 } });
  other.replay("test:0");
  const plan = (parts: object): unknown => {
    const { replays, ...rest } = planBackfill(other.store, other.replayer(), { since: THEN, limit: 10, ...parts });
    return { of: replays.map(({ event }) => event.replay_of), ...rest };
  };
  expect(plan({})).toEqual({ of: ["test:0", "test:2", "test:4", "test:6"], skipped: { REPLAY_UNSEEN: 4 } });
  expect(plan({ limit: 2 })).toEqual({ of: ["test:0", "test:2"], skipped: { REPLAY_UNSEEN: 1 }, continueAfter: "test:2" });
  expect(plan({ limit: 2, after: eventById(other.store, "test:2")?.seq })).toEqual({ of: ["test:4", "test:6"], skipped: { REPLAY_UNSEEN: 2 }, continueAfter: "test:6" });
  expect(plan({ after: eventById(other.store, "test:6")?.seq })).toEqual({ of: [], skipped: { REPLAY_UNSEEN: 1 } });
  expect(plan({ until: THEN + 2 })).toEqual({ of: ["test:0", "test:2"], skipped: { REPLAY_UNSEEN: 1 } });
  expect(plan({ channel: "email" })).toEqual({ of: [], skipped: {} });
  expect(plan({ since: THEN + 100 })).toEqual({ of: [], skipped: {} });
});
