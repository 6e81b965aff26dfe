import { expect, test } from "bun:test";
import type { OutboundMessage } from "../../../src/engine/broker/outbound/outbound.ts";
import type { Dispatch } from "../../../src/engine/core/dispatch.ts";
import { configSchema } from "../../../src/engine/config.ts";
import { createIds } from "../../../src/engine/core/ids.ts";
import { foreseeDispatch } from "../../../src/engine/broker/foresight.ts";
import { sendToAgent } from "../../../src/engine/broker/send.ts";
import { traceOf } from "../../../src/engine/broker/trace.ts";
import { deliveriesOfTurn, disabledOutbound, enableOutbound, listDeliveries, reviveDelivery } from "../../../src/engine/store/deliveries.ts";
import { dispatchById, reviveDispatch, settleDispatch } from "../../../src/engine/store/dispatches.ts";
import { eventById } from "../../../src/engine/store/event-queries.ts";
import { answerInboxItem, takeFromInbox } from "../../../src/engine/store/inbox.ts";
import { nextWork } from "../../../src/engine/store/meta.ts";
import { openStore, type Store } from "../../../src/engine/store/open.ts";
import { sessionByKey } from "../../../src/engine/store/sessions.ts";
import { turnById } from "../../../src/engine/store/turns.ts";
import { ScriptedAgent } from "../../helpers/scripted-agent.ts";
import { TestEngine, type TestEngineOptions } from "../../helpers/test-engine.ts";

const COMMAND = { runner: "command", command: ["unused"], steer: true } as const;

interface Desk {
  readonly t: TestEngine;
  readonly agent: ScriptedAgent;
  readonly sent: OutboundMessage[];
}

/** An engine whose agent and adapter are in the test's hands, and a hook that fires for every message. */
async function open(config: TestEngineOptions["config"] = {}, hook: { mode?: string; handler?: string } = {}): Promise<Desk & AsyncDisposable> {
  const agent = new ScriptedAgent();
  const sent: OutboundMessage[] = [];
  const t = await TestEngine.start({
    config: { agents: { atlas: COMMAND }, outbound: { out: { type: "file", path: "out", channels: ["test"] } }, queue: { debounce_ms: 5 }, broker: { retry_ms: 1 }, ...config } as never,
    broker: { runner: agent.runner, outbound: () => ({ send: (message) => (sent.push(message), Promise.resolve({ sent: true, receipt: `r${sent.length}` })) }) },
  });
  const routing = hook.mode === undefined ? "" : `routing: { queue_mode: "${hook.mode}" },`;
  t.register("asks", hook.handler ?? `(ctx) => ctx.event.type === "message" ? { fire: true, ${routing} context: { prompt: "do " + ctx.event.content } } : { fire: false }`);
  return { t, agent, sent, [Symbol.asyncDispose]: () => t[Symbol.asyncDispose]() };
}

/** Looked at in each turn of the loop: not everything that is waited for here comes with a commit of results. */
async function eventually(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}

/** A connection of its own, as a command has one: the daemon notices by the database alone. */
function asAnotherProcess<T>(t: TestEngine, work: (store: Store) => T): T {
  const store = openStore(t.home);
  try {
    return store.write(() => work(store));
  } finally {
    store.close();
  }
}

const settled = (t: TestEngine, status: Dispatch["status"], count = 1) => (): boolean => t.dispatches().filter((one) => one.status === status).length >= count;
const promptsOf = (agent: ScriptedAgent): string[] => agent.turns.map(({ input }) => [...input.prompt.matchAll(/do (\d+)/g)].map(([, n]) => n).join("+"));

test("a fire becomes a turn, its answer an event and a message; the whole way can be read", async () => {
  await using desk = await open();
  const { t, agent, sent } = desk;
  const [eventId = ""] = await t.messages(1, { sender_id: "casey", thread_id: "th1" });
  const turn = await agent.next();
  expect(turn.input).toMatchObject({ agent: "atlas", session_key: "agent:default:test:thread:th1", persona: "default", thread_id: "th1" });
  expect(turn.input.env).toMatchObject({ NEXUS_AGENT_ID: "atlas", NEXUS_DISPATCH_ID: t.dispatches()[0]?.id ?? "", NEXUS_TURN_ID: turn.input.turn_id });
  turn.answer("well done", { agent_session: "native-1" });
  await t.drain();
  const [dispatch] = t.dispatches();
  expect(dispatch).toMatchObject({ status: "done", effective_mode: "direct", attempts: 1, turn_id: turn.input.turn_id });
  expect(sent).toMatchObject([{ text: "well done", part: 1, parts: 1, channel: "test", thread_id: "th1", recipient: "casey", reply_to: "0" }]);
  expect(eventById(t.store, `agent:${turn.input.turn_id}`)).toMatchObject({ type: "agent_response", channel: "agent", sender_id: "atlas", content: "well done", cause_id: dispatch?.id ?? "", depth: 1 });
  expect(sessionByKey(t.store, "agent:default:test:thread:th1")?.head_turn_id).toBe(turn.input.turn_id);
  const event = eventById(t.store, eventId);
  const steps = event === undefined ? [] : traceOf(t.store, event);
  expect(steps.map(({ stage, outcome }) => `${stage} ${outcome}`)).toEqual(["receiveEvent stored", "resolveIdentity unknown", "resolveAccess allowed", "runAutomations fired", "runAutomations dispatched", "assembleContext assembled", "runAgent done", "deliverResponse sent", "finalize done"]);
  // The next turn of the session builds on it, and the agent is told its own name for it.
  await t.messages(1, { thread_id: "th1" });
  const second = await agent.next();
  expect(second.input.agent_session).toBe("native-1");
  expect(turnById(t.store, second.input.turn_id)?.parent_turn_id).toBe(turn.input.turn_id);
  second.answer("");
  await t.drain();
  expect(t.dispatches()[1]).toMatchObject({ status: "done", reason: "it answered nothing" });
  expect(sent).toHaveLength(1);
  // On a fast machine all of it is in one millisecond: what came of what is still to be read.
  for (const [table, column] of [["hook_invocations", "started_at"], ["dispatches", "created_at"], ["turns", "started_at"]] as const) t.store.db.run(`UPDATE ${table} SET ${column} = ?`, [event?.received_at ?? 0]);
  const together = event === undefined ? [] : traceOf(t.store, event);
  expect(together.map(({ outcome }) => outcome).slice(2, 6)).toEqual(["allowed", "fired", "dispatched", "assembled"]);
});

test("a busy agent is steered where it takes that, and gets the rest as turns of their own, in order", async () => {
  await using desk = await open();
  const { t, agent } = desk;
  await t.messages(1);
  const first = await agent.next();
  await t.messages(1);
  await eventually(() => first.steered.length === 1);
  first.takesSteering = false;
  await t.messages(2);
  await eventually(() => t.dispatches().filter(({ status }) => status === "pending").length === 2);
  first.answer("one");
  (await agent.next()).answer("two");
  (await agent.next()).answer("three");
  await t.drain();
  expect(t.dispatches().map(({ status, effective_mode }) => `${status} ${effective_mode}`)).toEqual(["done direct", "done steer", "done followup", "done followup"]);
  expect(first.steered[0]).toContain("do 1");
  expect(promptsOf(agent)).toEqual(["0", "2", "3"]);
});

test("what is collected becomes one turn; an interrupt ends the running one and goes first, and nobody else is lost", async () => {
  await using desk = await open({}, { handler: `(ctx) => ctx.event.type !== "message" ? { fire: false } : { fire: true, routing: { queue_mode: ctx.event.metadata.mode }, context: { prompt: "do " + ctx.event.content } }` });
  const { t, agent } = desk;
  await t.messages(1, { metadata: { mode: "followup" } });
  const first = await agent.next();
  await t.messages(3, { metadata: { mode: "collect" } });
  await t.messages(1, { metadata: { mode: "interrupt" } });
  const second = await agent.next();
  expect(first.interrupted).toBe(true);
  second.answer("urgent");
  (await agent.next()).answer("all three");
  await t.drain();
  expect(promptsOf(agent)).toEqual(["0", "4", "1+2+3"]);
  expect(t.dispatches().map(({ status, effective_mode }) => `${status} ${effective_mode}`)).toEqual(["cancelled direct", "done collect", "done collect", "done collect", "done interrupt"]);
  expect(t.dispatches()[0]?.reason).toBe(`interrupted by ${t.dispatches()[4]?.id}`);
});

test("past the cap the oldest go, each with a row and a notice, and the next turn is told of them; one can be brought back", async () => {
  await using desk = await open({ queue: { mode: "followup", cap: 2, drop: "summarize", debounce_ms: 5 } });
  const { t, agent } = desk;
  await t.messages(1);
  const first = await agent.next();
  await t.messages(4);
  await eventually(settled(t, "dropped", 2));
  const dropped = t.dispatches().filter(({ status }) => status === "dropped");
  expect(dropped.map(({ prompt, reason }) => [prompt, reason])).toEqual([["do 1", "more than queue.cap = 2 waited (drop: summarize)"], ["do 2", "more than queue.cap = 2 waited (drop: summarize)"]]);
  expect(t.notices.filter(({ kind }) => kind === "dispatch_dropped").flatMap(({ data }) => data["dispatches"])).toEqual(dropped.map(({ id }) => id));
  first.answer("one");
  const second = await agent.next();
  expect(second.input.prompt).toContain(`- ${dropped[0]?.id} (event test:1): do 1`);
  second.answer("two");
  const third = await agent.next();
  expect(third.input.prompt).not.toContain("do 1");
  asAnotherProcess(t, (store) => reviveDispatch(store, dropped[0]?.id ?? ""));
  third.answer("three");
  const back = await agent.next();
  expect(back.input.dispatch_ids).toEqual([dropped[0]?.id ?? ""]);
  back.answer("after all");
  await t.drain();
});

test("whatever ends a turn, the next one goes on; a passing failure is tried again under the same id, and in the end has failed", async () => {
  await using desk = await open({ queue: { mode: "followup", debounce_ms: 5 }, broker: { retry_ms: 1, max_attempts: 2 } });
  const { t, agent } = desk;
  await t.messages(3);
  (await agent.next()).fail("AGENT_TIMEOUT", false);
  (await agent.next()).fail("AGENT_UNREACHABLE", true);
  const again = await agent.next();
  expect(again.input.dispatch_ids).toEqual([t.dispatches()[1]?.id ?? ""]);
  again.fail("AGENT_UNREACHABLE", true);
  (await agent.next()).answer("at last");
  await t.drain();
  expect(t.dispatches().map(({ status, attempts, reason }) => [status, attempts, reason])).toEqual([
    ["failed", 1, "AGENT_TIMEOUT: as the test wants"],
    ["failed", 2, "AGENT_UNREACHABLE: as the test wants (attempt 2)"],
    ["done", 1, undefined],
  ]);
  expect(t.notices.filter(({ kind }) => kind === "dispatch_failed")).toHaveLength(2);
});

// C24. switch: mutant own-answers
test("a hook for every event is not asked about the answer to its own fire; others are, and one that names the type is", async () => {
  await using desk = await open({}, { handler: `() => ({ fire: true })` });
  const { t, agent } = desk;
  t.register("watches", `() => ({ fire: false })`);
  t.register("answers-only", `() => ({ fire: false })`, { triggers: { event: { types: ["agent_response"] } } });
  await t.messages(1);
  (await agent.next()).answer("well");
  await t.drain();
  expect(t.outcomes("asks")).toEqual(["fired"]);
  expect(t.outcomes("watches")).toEqual(["no_fire", "no_fire"]);
  expect(t.outcomes("answers-only")).toEqual(["no_fire"]);
});

test("agents that nobody configured fail with what is there; without any, fires wait", async () => {
  await using desk = await open({}, { handler: `() => ({ fire: true, agent: "nobody" })` });
  await desk.t.messages(1);
  await eventually(settled(desk.t, "failed"));
  expect(desk.t.dispatches()[0]?.reason).toBe('AGENT_UNKNOWN: no agent "nobody" is configured; config.toml has atlas');
  await using none = await open({ agents: {} });
  await none.t.messages(1);
  await none.t.drain();
  expect(none.t.dispatches()[0]?.status).toBe("pending");
});

// switch: mutant foresees-what-the-agent-remembers
test("what is foreseen of a context is what is given: without the history that the agent itself remembers", async () => {
  await using desk = await open({}, { handler: `(ctx) => ctx.event.type === "message" ? { fire: true, context: { prompt: "do " + ctx.event.content, include_thread: true } } : { fire: false }` });
  const { t, agent } = desk;
  for (const agent_session of ["native", undefined, undefined]) {
    await t.messages(1);
    const turn = await agent.next();
    const dispatch = t.dispatches().at(-1);
    const event = dispatch && eventById(t.store, dispatch.event_id);
    const settings = configSchema.parse({ agents: { atlas: COMMAND } });
    const plan = dispatch && event && (await foreseeDispatch(t.store, t.home, settings, dispatch, event, Date.now()));
    expect(plan?.context?.prompt).toBe(turn.input.prompt);
    turn.answer("done", agent_session === undefined ? {} : { agent_session });
    await t.drain();
  }
  // The second went to an agent that remembers; the third, after one that gave no name for the session, did not.
  expect(agent.turns.map(({ input }) => input.prompt.includes("Earlier in this conversation"))).toEqual([false, false, true]);
});

// switch: mutant cancelled-answer-goes-out
test("the answer of a turn that was cancelled is kept and goes to nobody, however late the agent hears of it", async () => {
  await using desk = await open();
  const { t, agent, sent } = desk;
  await t.messages(1);
  const turn = await agent.next();
  turn.stubborn = true;
  asAnotherProcess(t, (store) => {
    settleDispatch(store, t.dispatches()[0]?.id ?? "", "running", "cancelled", Date.now(), "cancelled by hand");
    nextWork(store);
  });
  await eventually(() => turn.interrupted);
  turn.answer("too late");
  await t.drain();
  expect(turnById(t.store, turn.input.turn_id)).toMatchObject({ status: "done", answer: "too late" });
  expect(t.dispatches()[0]?.status).toBe("cancelled");
  expect(sent).toEqual([]);
});

// switch: mutant persona-of-anyone
test("a hook cannot route an event to a persona that its sender's access policy does not allow", async () => {
  const access = [{ name: "public", channels: ["test"], effect: "allow", persona: "desk", permissions: { personas: ["desk"] } }];
  await using desk = await open({ access } as never, { handler: `(ctx) => ctx.event.type !== "message" ? { fire: false } : { fire: true, routing: ctx.event.content === "0" ? {} : { mode: "persona", target: "owner" } }` });
  const { t, agent } = desk;
  await t.messages(2);
  (await agent.next()).answer("hello");
  await t.drain();
  expect(t.dispatches().map(({ status, persona, reason }) => [status, persona, reason])).toEqual([
    ["done", "desk", undefined],
    ["failed", "owner", 'PERSONA_DENIED: the access policy of this event allows desk, not "owner"'],
  ]);
  expect(agent.turns).toHaveLength(1);
  expect(t.notices.filter(({ kind }) => kind === "dispatch_failed")).toHaveLength(1);
});

test("a daemon that ends during a turn gives it back: the next one runs it under the same ids", async () => {
  const agent = new ScriptedAgent();
  const ended: string[] = [];
  const options = { config: { agents: { atlas: COMMAND } } as never, broker: { runner: agent.runner, endLeftOver: (turn: string) => Promise.resolve(void ended.push(turn)) } };
  const first = await TestEngine.start(options);
  first.register("asks", `(ctx) => ({ fire: ctx.event.type === "message" })`);
  await first.messages(1);
  const lost = await agent.next();
  await first.stop();
  await using second = await TestEngine.start({ ...options, home: first.home });
  const again = await agent.next();
  expect(again.input.dispatch_ids).toEqual(lost.input.dispatch_ids);
  expect(again.input.turn_id).not.toBe(lost.input.turn_id);
  expect(ended).toEqual([lost.input.turn_id]);
  again.answer("here");
  await second.drain();
  expect(turnById(second.store, lost.input.turn_id)).toMatchObject({ status: "lost", code: "AGENT_LOST" });
  expect(second.dispatches()[0]).toMatchObject({ status: "done", attempts: 2 });
});

test("what another process cancels is not begun, or ended", async () => {
  await using desk = await open({ queue: { mode: "followup", debounce_ms: 5 } });
  const { t, agent } = desk;
  await t.messages(2);
  const first = await agent.next();
  await eventually(() => t.dispatches().length === 2);
  const [running, waiting] = t.dispatches();
  const cancel = (id: string | undefined, from: "pending" | "running"): void =>
    asAnotherProcess(t, (store) => {
      settleDispatch(store, id ?? "", from, "cancelled", Date.now(), "cancelled by hand");
      nextWork(store);
    });
  cancel(waiting?.id, "pending");
  cancel(running?.id, "running");
  await t.messages(1);
  const next = await agent.next();
  expect(first.interrupted).toBe(true);
  expect(next.input.prompt).toContain("do 2");
  next.answer("two");
  await t.drain();
  expect(t.dispatches().map(({ status }) => status)).toEqual(["cancelled", "cancelled", "done"]);
});

test("an agent's message to another goes through the same queue, no hook sees it, and the third hop is the last", async () => {
  await using desk = await open({ agents: { atlas: COMMAND, worker: COMMAND }, agent: "atlas" } as never, { handler: `(ctx) => { if (ctx.event.type === "agent_message") throw new Error("seen"); return { fire: false }; }` });
  const { t, agent } = desk;
  const send = (from: string, to: string, cause?: string): Dispatch => asAnotherProcess(t, (store) => sendToAgent(store, { ids: createIds(), now: Date.now(), persona: "default", maxDepth: 8, maxChain: 256, dryRun: false }, { from, to, text: "help me", cause }));
  const first = send("atlas", "worker");
  await t.messages(1);
  const turn = await agent.next();
  expect(turn.input).toMatchObject({ agent: "worker", dispatch_ids: [first.id], session_key: "agent:worker:agent:dm:atlas" });
  expect(turn.input.prompt).toContain("help me");
  const second = send("worker", "atlas", first.id);
  const third = send("atlas", "worker", second.id);
  expect(() => send("worker", "atlas", third.id)).toThrow("3 agents have already asked one another");
  turn.answer("done");
  await t.messages(1);
  for (let n = 0; n < 2; n += 1) (await agent.next()).answer("done");
  await t.drain();
  expect(dispatchById(t.store, third.id)?.status).toBe("done");
  expect(t.outcomes("asks")).not.toContain("error");
});

test("an agent that fetches its work itself goes on across a restart of the daemon", async () => {
  const config = { agents: { human: { runner: "inbox" } } } as never;
  const first = await TestEngine.start({ config });
  first.register("asks", `(ctx) => ({ fire: ctx.event.type === "message", context: { prompt: "do it" } })`);
  await first.messages(1);
  let taken: ReturnType<typeof takeFromInbox>;
  await eventually(() => (taken ??= asAnotherProcess(first, (store) => takeFromInbox(store, "human", Date.now(), 60_000))) !== undefined);
  await first.stop();
  await using second = await TestEngine.start({ config, home: first.home });
  asAnotherProcess(second, (store) => answerInboxItem(store, taken?.turn_id ?? "", { text: "done by hand" }));
  await eventually(() => second.dispatches()[0]?.status === "done");
  expect(turnById(second.store, taken?.turn_id ?? "")).toMatchObject({ status: "done", answer: "done by hand" });
});

test("a receiver that is gone switches its adapter off; its messages are dead letters and can be sent again", async () => {
  let gone = true;
  const agent = new ScriptedAgent();
  await using t = await TestEngine.start({
    config: { agents: { atlas: COMMAND }, outbound: { out: { type: "file", path: "out", channels: ["test"] } } } as never,
    broker: { runner: agent.runner, outbound: () => ({ send: () => Promise.resolve(gone ? { sent: false, code: "OUTBOUND_GONE", message: "410", retryable: false, disable: true } : { sent: true }) }) },
  });
  t.register("asks", `(ctx) => ({ fire: ctx.event.type === "message" })`);
  await t.messages(1);
  (await agent.next()).answer("hello");
  await eventually(() => listDeliveries(t.store, "dead", 10).length === 1);
  expect(disabledOutbound(t.store, "out")).toBe("410");
  expect(t.notices.map(({ kind }) => kind)).toContain("delivery_dead");
  await t.messages(1);
  (await agent.next()).answer("again");
  await eventually(() => listDeliveries(t.store, "dead", 10).length === 2);
  gone = false;
  const [, first] = listDeliveries(t.store, "dead", 10);
  asAnotherProcess(t, (store) => {
    enableOutbound(store, "out");
    reviveDelivery(store, first?.id ?? "");
  });
  await eventually(() => deliveriesOfTurn(t.store, first?.turn_id ?? "")[0]?.status === "sent");
});
