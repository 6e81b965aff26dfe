import { expect, test } from "bun:test";
import { accessPoliciesSchema } from "../../../src/engine/core/access-policy.ts";
import { createIds } from "../../../src/engine/core/ids.ts";
import type { PersonType } from "../../../src/engine/core/person.ts";
import { systemClock } from "../../../src/engine/core/clock.ts";
import { normaliseEvent } from "../../../src/engine/ingest/normalise.ts";
import { Identity } from "../../../src/engine/pipeline/identity.ts";
import { whyEvent } from "../../../src/engine/pipeline/why.ts";
import { PersonRegistry } from "../../../src/engine/registry/person-registry.ts";
import { eventById } from "../../../src/engine/store/event-queries.ts";
import { insertEvents } from "../../../src/engine/store/events.ts";
import { openStore, type Store } from "../../../src/engine/store/open.ts";
import { FakeClock } from "../../helpers/fake-clock.ts";
import { tempHome } from "../../helpers/temp-home.ts";
import { TestEngine } from "../../helpers/test-engine.ts";

const TELLS = "ctx => ({ fire: true, context: { data: { principal: ctx.principal, permissions: ctx.permissions, session: ctx.session, event: ctx.event } } })";
const ALL = { tools: ["*"], credentials: ["*"], data_access: ["*"], personas: ["*"] };

function personsIn(store: Store): PersonRegistry {
  return new PersonRegistry({ store, clock: systemClock, ids: createIds() });
}

/** A person whose contact is `test:NAME`. */
function add(store: Store, name: string, type: PersonType = "known", relationship?: string): string {
  return personsIn(store).add({ name, type, ...(relationship === undefined ? {} : { relationship }), contacts: [{ contact_type: "test", value: name }] }).person.id;
}

function told(t: TestEngine): Record<string, unknown>[] {
  return t.dispatches().map(({ context }) => ({ ...context.data }));
}

test("triggers find persons by type, relationship, id and name", async () => {
  await using t = await TestEngine.start();
  add(t.store, "me", "owner");
  const casey = add(t.store, "casey", "known", "family");
  add(t.store, "sam", "known", "work");
  t.register("owner", TELLS, { triggers: { principal: { type: ["owner"] } } });
  t.register("known", TELLS, { triggers: { principal: { type: ["known"] } } });
  t.register("unknown", TELLS, { triggers: { principal: { type: ["unknown"] } } });
  t.register("close", TELLS, { triggers: { principal: { relationship: ["family"] } } });
  t.register("casey", TELLS, { triggers: { principal: { entity_id: [casey] } } });
  t.register("named-sam", TELLS, { triggers: { principal: { name: ["sam"] } } });
  const sees: Record<string, string[]> = {};
  for (const sender_id of ["me", "casey", "sam", "nobody"]) {
    const [id = ""] = await t.messages(1, { sender_id });
    await t.drain();
    sees[sender_id] = whyEvent(t.store, id).hooks.filter(({ verdict }) => verdict === "fired").map(({ hook }) => hook);
  }
  expect(sees).toEqual({ me: ["owner"], casey: ["known", "close", "casey"], sam: ["known", "named-sam"], nobody: ["unknown"] });
});

test("a hook is told who it is, and without policies that everything is permitted", async () => {
  await using t = await TestEngine.start();
  const casey = add(t.store, "casey", "known", "family");
  t.register("tells", TELLS);
  await t.messages(1, { sender_id: "casey" });
  await t.drain();
  const principal = { type: "known", name: "casey", relationship: "family", entity_id: casey };
  expect(told(t)).toEqual([{ principal, permissions: ALL, session: { session_key: "agent:default:test:dm:casey", persona: "default" }, event: expect.not.objectContaining({ principal: expect.anything() }) }]);
});

test("the policy gives permissions, persona and session, also to the dispatch", async () => {
  await using t = await TestEngine.start({ config: { access: accessPoliciesSchema.parse([{ name: "close", principals: { relationship: "family" }, effect: "allow", permissions: { tools: ["calendar"], personas: ["home"] }, persona: "home", session: "agent:{persona}:dm:{sender}" }]) } });
  add(t.store, "casey", "known", "family");
  t.register("tells", TELLS);
  await t.messages(1, { sender_id: "casey", thread_id: "t1" });
  await t.drain();
  const session = { session_key: "agent:home:dm:casey", persona: "home", thread_id: "t1" };
  expect(told(t)).toMatchObject([{ permissions: { tools: ["calendar"], credentials: [], data_access: [], personas: ["home"] }, session }]);
  expect(t.dispatches()).toMatchObject([session]);
});

test("what is denied is stored, marked, and evaluated by no hook; why says by which policy", async () => {
  // switch: mutants denied-is-evaluated, standing-not-asked
  await using t = await TestEngine.start({ config: { access: accessPoliciesSchema.parse([{ name: "me", principals: { type: "owner" }, effect: "allow" }, { name: "no spam", channels: ["spam"], effect: "deny" }]) } });
  add(t.store, "me", "owner");
  t.register("all", TELLS);
  t.register("mail", TELLS, { triggers: { event: { channels: ["email"] } } });
  const [mine = "", stranger = "", spam = ""] = [...(await t.messages(1, { sender_id: "me" })), ...(await t.messages(1, { sender_id: "x" })), ...(await t.messages(1, { sender_id: "x", channel: "spam" }))];
  await t.drain();
  expect(t.invocations("all").map(({ event_id }) => event_id)).toEqual([mine]);
  expect(eventById(t.store, stranger)).toMatchObject({ suppressed: "denied", content: "1" });
  expect(eventById(t.store, spam)).toMatchObject({ suppressed: "denied", access: { policy: "no spam" } });
  expect(whyEvent(t.store, stranger).hooks).toMatchObject([{ hook: "all", verdict: "denied", because: expect.stringContaining("no access policy matched") }, { hook: "mail", verdict: "trigger_did_not_match" }]);
  expect(whyEvent(t.store, spam).hooks[0]).toMatchObject({ verdict: "denied", because: 'the access policy "no spam" denied it when it was stored' });
});

test("policies keep no schedule, no webhook and no agent's reply away, unless they name them", async () => {
  const clock = new FakeClock("2026-01-28T01:30:00Z");
  await using t = TestEngine.open({ clock, config: { access: accessPoliciesSchema.parse([{ name: "nobody", effect: "deny" }, { name: "no gitlab", principals: { source: "gitlab" }, effect: "deny" }]) } });
  t.register("hourly", "ctx => ({ fire: true })", { schedule: { every: "1h" } });
  t.register("all", TELLS, { triggers: { event: { channels: ["webhook", "agent", "test"] } } });
  await t.engine.start();
  clock.advance(3_600_000);
  await t.engine.tick();
  await t.messages(1, { channel: "webhook", metadata: { source: "github" } });
  await t.messages(1, { channel: "webhook", metadata: { source: "gitlab" } });
  await t.messages(1, { channel: "agent", sender_id: "atlas" });
  await t.messages(1, { sender_id: "x" });
  await t.drain();
  expect(t.outcomes("hourly")).toEqual(["fired"]);
  expect(t.invocations("all").map(({ event_id }) => event_id)).toEqual(["test:0", "test:2"]);
});

test("a running engine sees a person that another process adds, links, and removes", async () => {
  // switch: mutant engine-identity-stale
  await using t = await TestEngine.start();
  t.register("tells", TELLS);
  const other = openStore(t.home);
  const types: unknown[] = [];
  const say = async (): Promise<void> => {
    await t.messages(1, { sender_id: "+1" });
    await t.drain();
    types.push(told(t).at(-1)?.["principal"]);
  };
  await say();
  const persons = personsIn(other);
  persons.add({ name: "Casey", type: "owner", contacts: [] });
  await say();
  persons.link("casey", { contact_type: "test", value: "+1" });
  await say();
  persons.unlink("casey", { contact_type: "test", value: "+1" });
  await say();
  other.close();
  expect(types).toMatchObject([{ type: "unknown" }, { type: "unknown" }, { type: "owner" }, { type: "unknown" }]);
});

test("what was decided when an event was stored stands: persons and policies that change before its turn change nothing", async () => {
  using home = tempHome();
  const store = openStore(home.path);
  const casey = add(store, "casey", "known", "family");
  const identity = new Identity({ store, policies: accessPoliciesSchema.parse([{ name: "close", principals: { relationship: "family" }, effect: "allow", session: "dm:{sender}" }]), persona: "default" });
  // Registered first: a hook sees nothing from before.
  const before = TestEngine.open({ home: home.path });
  before.register("tells", TELLS);
  store.write(() => insertEvents(store, ["casey", "x"].map((sender_id) => normaliseEvent({ id: `test:${sender_id}`, sender_id }, { now: Date.now(), maxBytes: 10_000 })), { maxDepth: 8, maxChain: 256, standingOf: identity.standingOf }));
  personsIn(store).remove("casey");
  store.close();
  await before.stop();

  await using t = await TestEngine.start({ home: home.path, config: { access: accessPoliciesSchema.parse([{ name: "nobody", effect: "deny" }]) } });
  await t.drain();
  expect(told(t)).toMatchObject([{ principal: { type: "known", entity_id: casey }, session: { session_key: "dm:casey" } }]);
  expect(whyEvent(t.store, "test:x").hooks).toMatchObject([{ verdict: "denied", because: expect.stringContaining("no access policy matched") }]);
  expect(whyEvent(t.store, "test:casey")).toMatchObject({ principal: { name: "casey" }, hooks: [{ verdict: "fired" }] });
});

test("an event that a hook emits is under the policies too", async () => {
  await using t = await TestEngine.start({ config: { access: accessPoliciesSchema.parse([{ name: "test", channels: ["test"], effect: "allow" }]) } });
  t.register("emits", "ctx => ({ fire: false, emit: [{ id: 'x:1', channel: 'x' }] })", { triggers: { event: { channels: ["test"] } } });
  t.register("sees", TELLS, { triggers: { event: { channels: ["x"] } } });
  await t.messages(1);
  await t.drain();
  expect(eventById(t.store, "x:1")).toMatchObject({ suppressed: "denied", depth: 1 });
  expect(t.invocations("sees")).toEqual([]);
});
