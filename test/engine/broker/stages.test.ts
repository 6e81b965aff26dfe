import { expect, test } from "bun:test";
import type { OutboundMessage, SendResult } from "../../../src/engine/broker/outbound/outbound.ts";
import { traceOf } from "../../../src/engine/broker/trace.ts";
import type { HookMetadata } from "../../../src/engine/core/hook.ts";
import { whyEvent } from "../../../src/engine/pipeline/why.ts";
import { insertEvents } from "../../../src/engine/store/events.ts";
import { eventById } from "../../../src/engine/store/event-queries.ts";
import { violations } from "../../../src/engine/store/invariants.ts";
import { listHooks } from "../../../src/engine/store/hooks.ts";
import { openRequests, turnById, turnsOfSession } from "../../../src/engine/store/turns.ts";
import { message } from "../../helpers/rows.ts";
import { ScriptedAgent } from "../../helpers/scripted-agent.ts";
import { tempHome } from "../../helpers/temp-home.ts";
import { TestEngine, type TestEngineOptions } from "../../helpers/test-engine.ts";

const SESSION = "agent:default:test:thread:th1";

interface Desk {
  readonly t: TestEngine;
  readonly agent: ScriptedAgent;
  readonly sent: OutboundMessage[];
}

type Options = Omit<TestEngineOptions, "broker"> & { readonly result?: SendResult };

/** An engine whose agent and adapter are in the test's hands, and an automation that fires for every message. */
async function open({ config, result, ...options }: Options = {}): Promise<Desk & AsyncDisposable> {
  const agent = new ScriptedAgent();
  const sent: OutboundMessage[] = [];
  const t = await TestEngine.start({
    ...options,
    config: { agents: { atlas: { runner: "command", command: ["unused"], steer: true } }, outbound: { out: { type: "file", path: "out", channels: ["test"] } }, queue: { debounce_ms: 5 }, broker: { retry_ms: 1 }, ...config } as never,
    broker: { runner: agent.runner, outbound: () => ({ send: (message) => (sent.push(message), Promise.resolve(result ?? { sent: true, receipt: "r" })) }), endLeftOver: () => Promise.resolve() },
  });
  if (listHooks(t.store).length === 0) t.register("asks", `(ctx) => ctx.event.type === "message" ? { fire: true, context: { prompt: "do " + ctx.event.content } } : { fire: false }`);
  return { t, agent, sent, [Symbol.asyncDispose]: () => t[Symbol.asyncDispose]() };
}

const at = (stage: HookMetadata["stage"], parts: Partial<Pick<HookMetadata, "priority" | "required" | "triggers">> = {}): Partial<Omit<HookMetadata, "limits">> => ({ stage, ...parts });

/** What a hook says of itself and the text of the request's context, at the end of that text. */
const appends = (word: string): string => `(ctx) => ({ patch: { context: { prompt: ctx.request.context.prompt + " ${word}" } } })`;

async function ask({ t }: Desk): Promise<string> {
  const [id = ""] = await t.messages(1, { sender_id: "casey", thread_id: "th1" });
  return id;
}

function traced({ t }: Desk, id: string): string[] {
  const event = eventById(t.store, id);
  return event === undefined ? [] : traceOf(t.store, event).map(({ stage, outcome, detail }) => `${stage} ${outcome}${stage.startsWith("after") || stage.startsWith("on") ? ` ${detail}` : ""}`);
}

/** Looked at in each turn of the loop: not everything that is waited for here comes with a commit of results. */
async function eventually(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}

// switch: mutant stage-priority-ignored, stage-patch-unseen
test("stage hooks run by priority, then by age; each sees what those before it made of the request, and so do the agent and the trace", async () => {
  await using desk = await open();
  const { t, agent, sent } = desk;
  t.register("third", appends("three"), at("afterAssembleContext", { priority: 5 }));
  t.register("first", appends("one"), at("afterAssembleContext", { priority: -1 }));
  t.register("fourth", appends("four"), at("afterAssembleContext", { priority: 5 }));
  t.register("second", `(ctx) => ({ patch: { context: { system: [ctx.request.stage, ctx.request.agent, ctx.request.event.sender_id, ctx.principal.type, ctx.session.session_key, ctx.request.trace.map((one) => one.stage).join("+")].join(" ") } } })`, at("afterAssembleContext"));
  t.register("elsewhere", appends("never"), at("afterAssembleContext", { triggers: { event: { channels: ["email"] } } }));
  t.register("polite", `(ctx) => ({ patch: { response: { text: ctx.request.response.text.toUpperCase() } } })`, at("afterRunAgent"));
  t.register("watcher", `(ctx) => { ctx.state.set("saw", [ctx.request.stage, ctx.request.response.text, ctx.request.dispatches[0].status, ctx.request.turn.status]); }`, at("afterFinalize"));
  const id = await ask(desk);
  const turn = await agent.next();
  expect(turn.input.prompt).toEndWith("do 0 one three four");
  expect(turn.input.system).toBe(`afterAssembleContext atlas casey unknown ${SESSION} receiveEvent+resolveIdentity+resolveAccess+runAutomations+runAutomations+assembleContext+afterAssembleContext`);
  turn.answer("well done");
  await t.drain();
  expect(sent.map(({ text }) => text)).toEqual(["WELL DONE"]);
  expect(turnById(t.store, turn.input.turn_id)).toMatchObject({ status: "done", answer: "WELL DONE" });
  expect(turnById(t.store, turn.input.turn_id)?.context?.prompt).toEndWith("one three four");
  expect(eventById(t.store, `agent:${turn.input.turn_id}`)?.content).toBe("WELL DONE");
  expect(t.store.db.query<{ value_json: string }, []>("SELECT value_json FROM hook_state").get()?.value_json).toBe(JSON.stringify(["afterFinalize", "WELL DONE", "done", "done"]));
  expect(traced(desk, id)).toEqual([
    "receiveEvent stored", "resolveIdentity unknown", "resolveAccess allowed", "runAutomations fired", "runAutomations dispatched", "assembleContext assembled",
    "afterAssembleContext patched first", "afterAssembleContext patched second", "afterAssembleContext patched third", "afterAssembleContext patched fourth",
    "runAgent done", "afterRunAgent patched polite", "deliverResponse sent", "finalize done", "afterFinalize passed watcher",
  ]);
  const why = Object.fromEntries(whyEvent(t.store, id).hooks.map(({ hook, verdict, because }) => [hook, `${verdict}: ${because}`]));
  expect(why["first"]).toBe(`asked: at afterAssembleContext of ${turn.input.turn_id} it patched context.prompt`);
  expect(why["elsewhere"]).toStartWith("trigger_did_not_match");
  expect(t.invocations("first")).toMatchObject([{ stage: "afterAssembleContext", request_id: turn.input.turn_id, outcome: "no_fire", event_id: id }]);
  expect(violations(t.store.db)).toEqual([]);
});

// switch: mutant stage-skip-goes-on, stage-hook-is-an-automation
test("a skip at afterAssembleContext cancels the dispatches before the agent is asked; one at afterRunAgent keeps the answer to itself", async () => {
  await using desk = await open();
  const { t, agent, sent } = desk;
  t.register("not-on-zero", `(ctx) => ctx.event.content === "0" ? { skip: true } : undefined`, at("afterAssembleContext"));
  t.register("behind-it", appends("seen"), at("afterAssembleContext", { priority: 1 }));
  t.register("quiet", `(ctx) => ({ skip: true })`, at("afterRunAgent"));
  await ask(desk);
  await ask(desk);
  const turn = await agent.next();
  expect(turn.input.prompt).toEndWith("do 1 seen");
  turn.answer("a secret");
  await t.drain();
  expect(agent.turns).toHaveLength(1);
  expect(t.dispatches()).toMatchObject([
    { status: "cancelled", reason: "skipped by the hook not-on-zero at afterAssembleContext" },
    { status: "done", reason: "answered, not delivered: skipped by the hook quiet at afterRunAgent" },
  ]);
  expect(t.outcomes("behind-it")).toHaveLength(1);
  expect(sent).toEqual([]);
  expect(eventById(t.store, `agent:${turn.input.turn_id}`)?.content).toBe("a secret");
  expect(turnsOfSession(t.store, SESSION, 9).map(({ status, code }) => [status, code])).toEqual([["done", undefined], ["interrupted", "REQUEST_SKIPPED"]]);
});

// switch: mutant patch-unchecked
test("a patch is checked: what the stage does not let it change is an error of that hook, and the request goes on without it", async () => {
  await using desk = await open();
  const { t, agent } = desk;
  t.register("typo", `() => ({ patch: { context: { promt: "x" } } })`, at("afterAssembleContext"));
  t.register("wrong-type", `() => ({ patch: { context: { prompt: 7 } } })`, at("afterAssembleContext"));
  t.register("wrong-stage", `() => ({ patch: { response: { text: "x" } } })`, at("afterAssembleContext"));
  t.register("fires", `() => ({ fire: true })`, at("afterAssembleContext"));
  t.register("throws", `() => { throw new Error("no"); }`, at("afterAssembleContext"));
  t.register("looks-on", `() => ({ skip: true })`, at("afterFinalize"));
  t.register("last", appends("last"), at("afterAssembleContext", { priority: 9 }));
  await ask(desk);
  const turn = await agent.next();
  expect(turn.input.prompt).toEndWith("do 0 last");
  turn.answer("");
  await t.drain();
  const errors = ["typo", "wrong-type", "wrong-stage", "fires", "throws", "looks-on"].map((name) => t.invocations(name)[0]?.error);
  expect(errors).toEqual([
    "RESULT_INVALID: `patch.context.promt` of the returned HookResult: at afterAssembleContext a patch changes context.system and context.prompt",
    "RESULT_INVALID: `patch.context.prompt` of the returned HookResult: expected a text",
    "RESULT_INVALID: `patch.context` of the returned HookResult: expected { system?, prompt? }",
    "RESULT_INVALID: `fire` of the returned HookResult: expected false or nothing: a stage hook does not fire, it returns `patch` or `skip`",
    "no",
    "RESULT_INVALID: `skip` of the returned HookResult: a hook of afterFinalize only looks on; afterReceiveEvent, afterResolveIdentity, afterResolveAccess, afterAssembleContext, afterRunAgent take `patch` and `skip`",
  ]);
  expect(t.dispatches()).toMatchObject([{ status: "done" }]);
});

// switch: mutant required-goes-on
test("the breaker of a failing stage hook opens, and requests go on without it; a required one stops them", async () => {
  await using desk = await open({ config: { breaker: { failures: 2, cooldown_ms: 60_000 } } });
  const { t, agent } = desk;
  t.register("fails", `() => { throw new Error("no"); }`, at("afterAssembleContext"));
  for (let n = 0; n < 3; n += 1) {
    await ask(desk);
    (await agent.next()).answer("");
    await t.drain();
  }
  expect(t.outcomes("fails")).toEqual(["error", "error", "skipped_circuit"]);
  expect(t.hook("fails")).toMatchObject({ status: "paused", circuit_state: "open" });
  expect(t.notices.filter(({ kind }) => kind === "breaker_opened")).toHaveLength(1);
  t.register("must", `(ctx) => { if (ctx.request.response.text !== "fine") throw new Error("not fine"); }`, at("afterRunAgent", { required: true }));
  for (const text of ["fine", "bad", "bad", "fine"]) {
    await ask(desk);
    (await agent.next()).answer(text);
    await t.drain();
  }
  expect(t.outcomes("must")).toEqual(["no_fire", "error", "error", "skipped_circuit"]);
  expect(t.dispatches().slice(3).map(({ status, reason }) => [status, reason])).toEqual([
    ["done", undefined],
    ["failed", "REQUEST_STOPPED: the required hook must at afterRunAgent failed: not fine"],
    ["failed", "REQUEST_STOPPED: the required hook must at afterRunAgent failed: not fine"],
    ["failed", "REQUEST_STOPPED: the required hook must at afterRunAgent was not run: breaker is open after 2 consecutive failures"],
  ]);
  expect(desk.sent.map(({ text }) => text)).toEqual(["fine"]);
  expect(turnsOfSession(t.store, SESSION, 1)).toMatchObject([{ status: "failed", code: "REQUEST_STOPPED", answer: "fine" }]);
});

// switch: mutant last-stages-asked-for-ever
test("onError is asked about a failed turn, also one that is tried again, and about a message that cannot be delivered; what comes last, last", async () => {
  await using desk = await open({ result: { sent: false, code: "OUTBOUND_REFUSED", message: "gone", retryable: false } });
  const { t, agent } = desk;
  const notes = `(ctx) => ({ emit: [{ type: "note", channel: "note", content: JSON.stringify([ctx.request.stage, ctx.request.error ?? null]) }] })`;
  for (const stage of ["onError", "afterFinalize", "onFinalize", "afterDeliverResponse"] as const) t.register(stage.toLowerCase(), notes, at(stage));
  await ask(desk);
  (await agent.next()).fail("AGENT_UNREACHABLE", true);
  (await agent.next()).fail("AGENT_REFUSED", false);
  await t.drain();
  const said = (): unknown[] => t.store.db.query<{ content: string }, []>("SELECT content FROM events WHERE type = 'note' ORDER BY seq").all().map(({ content }) => JSON.parse(content) as unknown);
  const refused = { stage: "runAgent", code: "AGENT_REFUSED", message: "as the test wants", retrying: false };
  expect(said()).toEqual([["onError", { ...refused, code: "AGENT_UNREACHABLE", retrying: true }], ["onError", refused], ["afterFinalize", refused], ["onFinalize", refused]]);
  await ask(desk);
  (await agent.next()).answer("hello");
  await t.drain();
  const dead = { stage: "deliverResponse", code: "OUTBOUND_REFUSED", message: "gone", retrying: false };
  expect(said().slice(4)).toEqual([["onError", dead], ["afterFinalize", dead], ["onFinalize", dead]]);
  expect(openRequests(t.store, 9)).toEqual([]);
});

// switch: mutant stage-asked-twice, agent-asked-twice, answer-not-kept-for-hooks
test("killed while a hook is asked about an answer: the next start asks the hook, not the agent, and what was recorded not again", async () => {
  using folder = tempHome();
  const first = await open({ home: folder.path });
  const handler = (word: string): string => `(ctx) => ({ patch: { response: { text: ctx.request.response.text + " ${word}" } } })`;
  first.t.register("one", handler("one"), at("afterRunAgent"));
  first.t.register("two", `() => new Promise(() => undefined)`, at("afterRunAgent", { priority: 1 }));
  await ask(first);
  (await first.agent.next()).answer("said");
  await eventually(() => first.t.outcomes("one").length === 1);
  first.t.update("two", handler("two"), at("afterRunAgent", { priority: 1 }));
  await first.t.stop();
  await using second = await open({ home: folder.path });
  await second.t.drain();
  expect(second.agent.turns).toHaveLength(0);
  expect(second.sent.map(({ text }) => text)).toEqual(["said one two"]);
  expect(second.t.outcomes("one")).toEqual(["no_fire"]);
  expect(second.t.dispatches()).toMatchObject([{ status: "done", attempts: 1 }]);
});

// switch: mutant last-stages-forgotten
test("killed before the last stages: their hooks are asked after the next start", async () => {
  using folder = tempHome();
  const first = await open({ home: folder.path });
  first.t.register("never-ends", `() => new Promise(() => undefined)`, at("afterFinalize"));
  first.t.register("last", `() => undefined`, at("onFinalize"));
  await ask(first);
  (await first.agent.next()).answer("said");
  await eventually(() => first.sent.length === 1 && openRequests(first.t.store, 9).length === 1);
  first.t.update("never-ends", `() => undefined`, at("afterFinalize"));
  await first.t.stop();
  await using second = await open({ home: folder.path });
  await second.t.drain();
  expect([second.t.outcomes("never-ends"), second.t.outcomes("last"), second.sent.length]).toEqual([["no_fire"], ["no_fire"], 0]);
});

// switch: mutant errored-required-passes
test("a required hook that cannot be loaded stops requests from then on, until it is disabled", async () => {
  await using desk = await open();
  const { t, agent } = desk;
  t.register("broken", `(() => { throw new Error("cannot load"); })()`, at("afterAssembleContext", { required: true }));
  await ask(desk);
  await t.drain();
  expect(t.hook("broken").status).toBe("errored");
  await ask(desk);
  await t.drain();
  t.registry.disable("broken", { creator: {} });
  await ask(desk);
  (await agent.next()).answer("");
  await t.drain();
  expect(t.dispatches().map(({ status, reason }) => [status, reason?.split(":")[0]])).toEqual([["failed", "REQUEST_STOPPED"], ["failed", "REQUEST_STOPPED"], ["done", "it answered nothing"]]);
});

// switch: mutant stage-triggers-ignored
test("of collected dispatches a hook is asked about the first event that its triggers match, once for the turn", async () => {
  await using desk = await open();
  const { t, agent } = desk;
  t.update("asks", `(ctx) => ctx.event.type !== "message" ? { fire: false } : { fire: true, routing: { queue_mode: ctx.event.metadata.mode }, context: { prompt: "do " + ctx.event.content } }`);
  t.register("of-casey", `(ctx) => ({ patch: { context: { prompt: ctx.event.content + " of " + ctx.request.dispatches.length } } })`, at("afterAssembleContext", { triggers: { event: { sender_id: "casey" } } }));
  await t.messages(1, { thread_id: "th1", metadata: { mode: "followup" } });
  const busy = await agent.next();
  for (const sender_id of ["robin", "casey", "casey"]) await t.messages(1, { thread_id: "th1", sender_id, metadata: { mode: "collect" } });
  await eventually(() => t.dispatches().length === 4);
  busy.answer("");
  const turn = await agent.next();
  expect(turn.input.prompt).toBe("2 of 3");
  turn.answer("");
  await t.drain();
  expect(t.outcomes("of-casey")).toHaveLength(1);
});

// switch: mutant stage-lines-shared
test("two requests of one event that travel together are each told their own", async () => {
  await using desk = await open();
  const { t, agent } = desk;
  // While its Worker is started for the first, the others come to wait, and then go in one chunk.
  const sessions = ["one", "two", "three", "four"];
  for (const name of sessions) t.register(name, `(ctx) => ctx.event.type === "message" ? { fire: true, routing: { mode: "session", target: "${name}" } } : { fire: false }`);
  t.register("names", `(ctx) => ({ patch: { context: { prompt: ctx.session.session_key } } })`, at("afterAssembleContext"));
  t.registry.disable("asks", { creator: {} });
  await ask(desk);
  for (const _ of sessions) {
    const turn = await agent.next();
    expect(turn.input.prompt).toBe(turn.input.session_key);
    turn.answer("");
  }
  await t.drain();
});

// switch: mutant stage-hook-was-an-automation, moved-hook-runs-anyway
test("what waits for an automation is not given to it once it has moved to a stage, and a start gives stage hooks no events", async () => {
  using folder = tempHome();
  const first = TestEngine.open({ home: folder.path });
  first.register("moves", `() => undefined`);
  first.register("looks-on", `() => undefined`, at("afterFinalize"));
  first.store.write(() => insertEvents(first.store, [message(0), message(1)], { maxDepth: 8, maxChain: 1_000 }));
  first.update("moves", `() => undefined`, at("onError"));
  await first.stop();
  await using second = await TestEngine.start({ home: folder.path });
  await second.drain();
  expect(second.invocations("moves").map(({ outcome, reason }) => [outcome, reason])).toEqual(Array.from({ length: 2 }, () => ["skipped_disabled", "the hook was moved to the stage onError while this waited"]));
  expect(second.outcomes("looks-on")).toEqual([]);
});

// switch: mutant stops-before-its-hooks
test("stopped while a turn ends: its hooks are still asked, and the answer counts", async () => {
  await using desk = await open();
  const { t, agent } = desk;
  t.register("polite", `(ctx) => ({ patch: { response: { text: "please" } } })`, at("afterRunAgent"));
  await ask(desk);
  const turn = await agent.next();
  const stopped = t.engine.quiesce(2_000);
  turn.answer("now");
  await stopped;
  expect(turnById(t.store, turn.input.turn_id)).toMatchObject({ status: "done", answer: "please" });
});
