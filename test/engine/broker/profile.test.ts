import { expect, test } from "bun:test";
import { sendToAgent } from "../../../src/engine/broker/send.ts";
import { systemClock } from "../../../src/engine/core/clock.ts";
import { createIds } from "../../../src/engine/core/ids.ts";
import type { Profile } from "../../../src/engine/core/profile.ts";
import { PersonRegistry } from "../../../src/engine/registry/person-registry.ts";
import { turnById } from "../../../src/engine/store/turns.ts";
import { ScriptedAgent, type ScriptedTurn } from "../../helpers/scripted-agent.ts";
import { TestEngine } from "../../helpers/test-engine.ts";

interface Desk extends AsyncDisposable {
  readonly t: TestEngine;
  readonly agent: ScriptedAgent;
  /** The profile of the next turn, which is then answered. */
  next(): Promise<Profile>;
}

const ASKS = `(ctx) => ctx.event.type === "agent_response" ? { fire: false } : { fire: true, context: { prompt: "do " + ctx.event.content } }`;

/** An engine with an agent that takes text while it works, the owner `me`, and a hook that fires for all but answers. */
async function open(config: object = {}): Promise<Desk> {
  const agent = new ScriptedAgent();
  const t = await TestEngine.start({ config: { agents: { atlas: { runner: "command", command: ["unused"], steer: true } }, queue: { debounce_ms: 5 }, ...config } as never, broker: { runner: agent.runner } });
  new PersonRegistry({ store: t.store, clock: systemClock, ids: createIds() }).add({ name: "Me", type: "owner", contacts: [{ contact_type: "test", value: "me" }] });
  t.register("asks", ASKS);
  const next = async (): Promise<Profile> => {
    const turn = await agent.next();
    expect(turn.input.env["NEXUS_PROFILE"]).toBe(turn.input.profile);
    expect(turnById(t.store, turn.input.turn_id)?.profile).toBe(turn.input.profile);
    turn.answer("done");
    return turn.input.profile;
  };
  return { t, agent, next, [Symbol.asyncDispose]: () => t[Symbol.asyncDispose]() };
}

// switch: mutant everybody-is-trusted
test("who sends decides what the agent may: the owner and nexus itself are trusted, nobody else is", async () => {
  await using desk = await open();
  for (const [event, profile] of [
    [{ sender_id: "me" }, "full"],
    [{ sender_id: "stranger" }, "reduced"],
    [{ channel: "webhook", type: "webhook" }, "reduced"],
    [{ channel: "timer", type: "timer_tick" }, "full"],
    [{ channel: "agent", type: "note", sender_id: "atlas" }, "full"],
  ] as const) {
    await desk.t.messages(1, event);
    expect(await desk.next()).toBe(profile);
    await desk.t.drain();
  }
  expect(desk.t.dispatches().map(({ profile }) => profile)).toEqual(["full", "reduced", "reduced", "full", "full"]);
});

test("a policy can trust those it lets in", async () => {
  await using desk = await open({ access: [{ name: "ci", principals: [{ type: ["webhook"], source: ["ci"] }], effect: "allow", trusted: true }, { name: "all", effect: "allow" }] });
  for (const [source, profile] of [["ci", "full"], ["forum", "reduced"]] as const) {
    await desk.t.messages(1, { channel: "webhook", type: "webhook", metadata: { source } });
    expect(await desk.next()).toBe(profile);
    await desk.t.drain();
  }
});

// switch: mutant approval-outlives-its-version
test("a person can approve a version; the next one is to be approved anew", async () => {
  await using desk = await open();
  const { t } = desk;
  const ask = async (): Promise<Profile> => {
    await t.messages(1, { sender_id: "stranger" });
    const profile = await desk.next();
    await t.drain();
    return profile;
  };
  expect(await ask()).toBe("reduced");
  expect(t.registry.approve("asks", { creator: {}, by: "casey", dryRun: true }).changed).toBe(true);
  expect(await ask()).toBe("reduced");
  expect(t.registry.approve("asks", { creator: {}, by: "casey" })).toMatchObject({ changed: true, hook: { version: { approved: { by: "casey" } } } });
  expect(t.registry.approve("asks", { creator: {}, by: "sam" })).toMatchObject({ changed: false, hook: { version: { approved: { by: "casey" } } } });
  expect(await ask()).toBe("full");
  t.update("asks", `${ASKS} // changed`);
  expect(t.hook("asks").version.approved).toBeUndefined();
  expect(await ask()).toBe("reduced");
  t.registry.approve("asks", { creator: {}, by: "casey" });
  expect(t.registry.approve("asks", { creator: {}, by: undefined })).toMatchObject({ changed: true });
  expect(await ask()).toBe("reduced");
});

// switch: mutant turns-wash-clean
test("what an agent does in a reduced turn stays reduced: its events, and what it asks other agents", async () => {
  await using desk = await open({ agents: { atlas: { runner: "command", command: ["unused"] }, worker: { runner: "command", command: ["unused"] } }, agent: "atlas" });
  const { t, agent } = desk;
  for (const [sender_id, profile] of [["stranger", "reduced"], ["me", "full"]] as const) {
    await t.messages(1, { sender_id });
    const turn: ScriptedTurn = await agent.next();
    const cause_id = turn.input.env["NEXUS_DISPATCH_ID"] ?? "";
    // As `nexus events emit` and `nexus agents send` store them when the agent calls them.
    await t.messages(1, { channel: "agent", type: "note", sender_id: "atlas", cause_id });
    t.store.write(() => sendToAgent(t.store, { ids: createIds(), now: Date.now(), persona: "default", maxDepth: 8, maxChain: 256, dryRun: false }, { to: "worker", from: "atlas", text: "help", cause: cause_id }));
    turn.answer("done");
    expect([await desk.next(), await desk.next()]).toEqual([profile, profile]);
    await t.drain();
  }
});

// switch: mutant mixed-turns
test.each(["steer", "collect"] as const)("%s: no turn mixes what is trusted with what is not", async (mode) => {
  await using desk = await open({ queue: { mode, debounce_ms: 5 } });
  const { t, agent } = desk;
  const say = (sender_id: string): Promise<string[]> => t.messages(1, { sender_id, thread_id: "one" });
  await say("me");
  const first = await agent.next();
  expect(first.input.profile).toBe("full");
  for (const sender of ["stranger", "me", "stranger", "stranger"]) await say(sender);
  await t.until(() => t.dispatches().length === 5);
  // At most the owner's second one.
  expect(first.steered.join("\n")).not.toMatch(/do [134]/);
  first.answer("done");
  const answering = (async () => {
    for (;;) (await agent.next()).answer("done");
  })();
  await t.drain();
  void answering;
  expect(t.dispatches().map(({ profile, status }) => [profile, status])).toEqual([["full", "done"], ["reduced", "done"], ["full", "done"], ["reduced", "done"], ["reduced", "done"]]);
  for (const { turn_id, profile } of t.dispatches()) expect(turnById(t.store, turn_id ?? "")?.profile).toBe(profile as Profile);
});
