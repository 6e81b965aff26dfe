import { expect, test } from "bun:test";
import { traceOf } from "../../../src/engine/broker/trace.ts";
import type { HookMetadata } from "../../../src/engine/core/hook.ts";
import { whyEvent } from "../../../src/engine/pipeline/why.ts";
import { eventById } from "../../../src/engine/store/event-queries.ts";
import { eventRequest } from "../../../src/engine/store/event-requests.ts";
import { violations } from "../../../src/engine/store/invariants.ts";
import { getMeta } from "../../../src/engine/store/meta.ts";
import { slotsOf } from "../../../src/engine/store/slots.ts";
import { FakeClock } from "../../helpers/fake-clock.ts";
import { ScriptedAgent } from "../../helpers/scripted-agent.ts";
import { tempHome } from "../../helpers/temp-home.ts";
import { TestEngine } from "../../helpers/test-engine.ts";

const at = (stage: HookMetadata["stage"], parts: Partial<Pick<HookMetadata, "priority" | "required" | "triggers">> = {}): Partial<Omit<HookMetadata, "limits">> => ({ stage, ...parts });

/** Writes down, as notes of the ledger, the contents that it sees, in its order. */
const NOTES = `(ctx) => { ctx.state.set("seen", [...(ctx.state.get("seen") ?? []), ctx.event.content]); }`;

function seenBy(t: TestEngine, name: string): unknown {
  const row = t.store.db.query<{ value_json: string }, [string]>("SELECT value_json FROM hook_state WHERE version_id = ? AND key = 'seen'").get(t.hook(name).version.id);
  return row === null ? [] : JSON.parse(row.value_json);
}

// switch: mutant early-patch-unseen, agent-sees-the-original
test("what hooks before the automations make of an event is what later stages, automations and the agent see; the stored event stays", async () => {
  const agent = new ScriptedAgent();
  await using t = await TestEngine.start({ config: { agents: { atlas: { runner: "command", command: ["unused"] } } } as never, broker: { runner: agent.runner } });
  t.register("reads", `(ctx) => ({ patch: { event: { content: ctx.event.content.replace("secret", "***"), metadata: { read: true } } } })`, at("afterReceiveEvent"));
  t.register("knows", `(ctx) => ({ patch: { principal: { type: "known", name: ctx.event.content } } })`, at("afterResolveIdentity"));
  t.register("allows", `(ctx) => ({ patch: { permissions: { tools: [ctx.principal.type] }, session: { persona: "guest", session_key: "agent:guest:one" } } })`, at("afterResolveAccess"));
  t.register("acts", `(ctx) => ({ fire: true, context: { data: [ctx.event.content, ctx.event.metadata, ctx.principal, ctx.permissions.tools, ctx.permissions.credentials].map((one) => one ?? null).reduce((all, one, n) => ({ ...all, ["f" + n]: one }), {}) } })`, { triggers: { principal: { type: ["known"] }, event: { metadata: { read: true } } } });
  t.register("not-for-it", NOTES, { triggers: { principal: { type: ["unknown"] } } });
  const [id = ""] = await t.messages(1, { content: "my secret", sender_id: "casey" });
  const turn = await agent.next();
  expect(t.dispatches()).toMatchObject([{ session_key: "agent:guest:one", persona: "guest", context: { data: { f0: "my ***", f1: { read: true }, f2: { type: "known", name: "my ***" }, f3: ["known"], f4: ["*"] } } }]);
  expect(turn.input.prompt).toContain("my ***");
  expect(turn.input.prompt).not.toContain("secret");
  turn.answer("");
  await t.drain();
  expect(eventById(t.store, id)).toMatchObject({ content: "my secret", metadata: {} });
  expect(t.outcomes("not-for-it")).toEqual([]);
  const event = eventById(t.store, id);
  const steps = event === undefined ? [] : traceOf(t.store, event).map(({ stage, outcome }) => `${stage} ${outcome}`);
  expect(steps.slice(0, 8)).toEqual(["receiveEvent stored", "resolveIdentity unknown", "resolveAccess allowed", "afterReceiveEvent patched", "afterResolveIdentity patched", "afterResolveAccess patched", "runAutomations fired", "runAutomations dispatched"]);
  const why = Object.fromEntries(whyEvent(t.store, id).hooks.map(({ hook, because }) => [hook, because]));
  expect(why["allows"]).toBe(`at afterResolveAccess of ${id} it patched permissions.tools, session.session_key, session.persona`);
  expect(violations(t.store.db)).toEqual([]);
});

// switch: mutant gate-lets-overtake, early-skip-goes-on
test("a skipped event is seen by no automation, with a row that says by whom; the order of the ledger stays, whatever hooks take their time", async () => {
  await using t = await TestEngine.start();
  t.register("slow", `async (ctx) => { await new Promise((resolve) => setTimeout(resolve, 2)); return { skip: ctx.event.content === "3" }; }`, at("afterReceiveEvent", { triggers: { event: { metadata: { slow: true } } } }));
  t.register("notes", NOTES);
  t.register("behind", NOTES, at("afterResolveIdentity"));
  const ids: string[] = [];
  for (let n = 0; n < 8; n += 1) ids.push(...(await t.messages(1, { metadata: { slow: n % 3 === 0 } })));
  await t.drain();
  expect(seenBy(t, "notes")).toEqual(["0", "1", "2", "4", "5", "6", "7"]);
  expect(seenBy(t, "behind")).toEqual(["0", "1", "2", "4", "5", "6", "7"]);
  expect(eventRequest(t.store, ids[3] ?? "")).toEqual({ seen: {}, ended: "skipped by the hook slow at afterReceiveEvent", code: "REQUEST_SKIPPED" });
  expect(eventRequest(t.store, ids[4] ?? "")).toBeUndefined();
  expect(whyEvent(t.store, ids[3] ?? "", t.hook("notes")).hooks).toMatchObject([{ verdict: "suppressed", because: "skipped by the hook slow at afterReceiveEvent" }]);
  expect(getMeta(t.store, "eval_cursor")).toBe(8);
});

// switch: mutant early-required-goes-on
test("a failing hook is passed over; a required one keeps the event from automations; one registered later sees nothing from before", async () => {
  await using t = await TestEngine.start();
  t.register("notes", NOTES);
  t.register("fails", `() => { throw new Error("no"); }`, at("afterResolveIdentity"));
  t.register("wrong", `() => ({ patch: { permissions: { tools: [] } } })`, at("afterResolveIdentity"));
  await t.messages(1);
  await t.drain();
  t.register("must", `(ctx) => { if (ctx.event.content === "1") throw new Error("not this"); }`, at("afterResolveAccess", { required: true }));
  const [id = ""] = await t.messages(1);
  await t.messages(1);
  await t.drain();
  expect(seenBy(t, "notes")).toEqual(["0", "2"]);
  expect(eventRequest(t.store, id)).toEqual({ seen: {}, ended: "the required hook must at afterResolveAccess failed: not this", code: "REQUEST_STOPPED" });
  expect(t.invocations("wrong")[0]?.error).toBe("RESULT_INVALID: `patch.permissions` of the returned HookResult: at afterResolveIdentity a patch changes event.content and event.metadata, principal");
  expect(t.outcomes("must")).toEqual(["error", "no_fire"]);
});

// switch: mutant decided-again, updated-hook-forgets-what-waits
test("what was decided survives a kill, is used again instead of asked again, and holds when the hook is gone", async () => {
  using folder = tempHome();
  const first = await TestEngine.start({ home: folder.path });
  first.register("marks", `(ctx) => ({ skip: ctx.event.content === "0", patch: { event: { content: "seen " + ctx.event.content } } })`, at("afterReceiveEvent"));
  first.register("hangs", `(ctx) => ctx.event.content === "seen 1" ? new Promise(() => undefined) : undefined`, at("afterResolveAccess"));
  first.register("notes", `(ctx) => ctx.event.content === "0" ? new Promise(() => undefined) : undefined`);
  await first.messages(3);
  await first.until(() => first.outcomes("marks").length === 2);
  first.update("hangs", NOTES, at("afterResolveAccess"));
  first.update("notes", NOTES);
  await first.stop();
  await using second = await TestEngine.start({ home: folder.path });
  await second.drain();
  expect(seenBy(second, "notes")).toEqual(["seen 1", "seen 2"]);
  expect(seenBy(second, "hangs")).toEqual(["seen 1", "seen 2"]);
  expect(second.outcomes("marks")).toEqual(["no_fire", "no_fire", "no_fire"]);
});

// switch: mutant decided-is-forgotten
test("an event that was decided on and not evaluated when the daemon ended is evaluated as decided, also without the hook", async () => {
  using folder = tempHome();
  const first = await TestEngine.start({ home: folder.path });
  first.register("marks", `() => ({ patch: { event: { content: "seen" } } })`, at("afterReceiveEvent"));
  first.register("notes", `() => new Promise(() => undefined)`);
  await first.messages(1);
  while (eventRequest(first.store, "test:0") === undefined) await new Promise((resolve) => setImmediate(resolve));
  first.update("notes", NOTES);
  first.registry.remove("marks", { creator: {} });
  await first.stop();
  await using second = await TestEngine.start({ home: folder.path });
  await second.drain();
  expect(seenBy(second, "notes")).toEqual(["seen"]);
});

// switch: mutant run-watcher-early, run-watcher-forgets
test("afterRunAutomations is asked once all automations of an event have their outcome, and what they fired is in the request; also after a kill", async () => {
  using folder = tempHome();
  const watch = (): string => `(ctx) => { ctx.state.set("seen", [...(ctx.state.get("seen") ?? []), ctx.request.dispatches.length + " of " + ctx.event.content]); }`;
  const first = await TestEngine.start({ home: folder.path });
  for (const name of ["one", "two"]) first.register(name, `(ctx) => ({ fire: ctx.event.content !== "1" })`);
  first.register("slow", `async () => { await new Promise((resolve) => setTimeout(resolve, 5)); return { fire: true }; }`, { triggers: { event: { channels: ["test"] } } });
  first.register("watches", `() => new Promise(() => undefined)`, at("afterRunAutomations"));
  first.register("nobody", `() => undefined`, at("afterRunAutomations", { triggers: { event: { channels: ["email"] } } }));
  await first.messages(3);
  await first.until(() => ["one", "two", "slow"].every((name) => first.outcomes(name).length === 3));
  first.update("watches", watch(), at("afterRunAutomations"));
  await first.stop();
  await using second = await TestEngine.start({ home: folder.path });
  await second.drain();
  await second.messages(1, { id: "test:later", content: "later" });
  await second.drain();
  expect(seenBy(second, "watches")).toEqual(["3 of 0", "1 of 1", "3 of 2", "3 of later"]);
  expect(["one", "two", "slow"].map((name) => second.outcomes(name).length)).toEqual([4, 4, 4]);
  expect([second.outcomes("nobody"), second.engine.status.pairs]).toEqual([[], 0]);
});

test("a burst behind a hook, and what another process stores meanwhile, comes through in order", async () => {
  await using t = await TestEngine.start();
  t.register("gate", `() => undefined`, at("afterReceiveEvent", { triggers: { event: { metadata: { asked: true } } } }));
  t.register("notes", NOTES);
  await Promise.all(Array.from({ length: 600 }, (_, n) => t.messages(1, { metadata: { asked: n % 40 === 0 } })));
  await t.drain();
  expect(seenBy(t, "notes")).toEqual(Array.from({ length: 600 }, (_, n) => String(n)));
  expect(t.outcomes("gate")).toHaveLength(15);
});

// switch: mutant skipped-slot-stays-due
test("a slot whose event a hook skips is `skipped`, with the reason", async () => {
  const clock = new FakeClock("2026-01-01T00:00:00Z");
  await using t = await TestEngine.start({ clock });
  t.register("no-slots", `() => ({ skip: true })`, at("afterReceiveEvent", { triggers: { event: { types: ["schedule"] } } }));
  const hook = t.register("hourly", `() => undefined`, { schedule: { every: "1h" } });
  await t.engine.tick();
  clock.advance(3_600_000);
  await t.engine.tick();
  await t.drain();
  expect(t.outcomes("hourly")).toEqual([]);
  expect(slotsOf(t.store, hook.id, 5)).toMatchObject([{ status: "skipped", reason: "skipped by the hook no-slots at afterReceiveEvent" }]);
});
