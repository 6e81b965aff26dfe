import { expect, test } from "bun:test";
import { createIds } from "../../../src/engine/core/ids.ts";
import { commandHost } from "../../../src/engine/refs/command-host.ts";
import { registerHandler, removeHandler } from "../../../src/engine/refs/handler-change.ts";
import { createRefHook } from "../../../src/engine/refs/hook-change.ts";
import { newPassage } from "../../../src/engine/refs/new-passage.ts";
import { updateRefs } from "../../../src/engine/refs/update.ts";
import { unconfiguredServices } from "../../../src/engine/clients/services.ts";
import { configSchema } from "../../../src/engine/config.ts";
import { whyEvent } from "../../../src/engine/pipeline/why.ts";
import { eventById } from "../../../src/engine/store/event-queries.ts";
import { historyOf, refByName, updatesBy } from "../../../src/engine/store/refs.ts";
import { cancelRun, claimRun, insertRun, listRuns, reviveRun, runById } from "../../../src/engine/store/runs.ts";
import { DEFAULT_STORE_OPTIONS, openStore, type Store } from "../../../src/engine/store/open.ts";
import { FakeClock } from "../../helpers/fake-clock.ts";
import { TestEngine } from "../../helpers/test-engine.ts";
import { script } from "./ref-desk.ts";

const config = configSchema.parse({ isolation: "process" });

function processor(store: Store, name: string, handler: string): void {
  registerHandler(store, "processor", name, script(name, handler, {}), { upsert: true, now: Date.now(), dryRun: false });
}

/** As a command beside the daemon would, over a connection of its own. */
async function set(t: TestEngine, name: string, content: string): Promise<void> {
  const store = openStore(t.home, { ...DEFAULT_STORE_OPTIONS, durability: "normal" });
  try {
    await using host = commandHost({ store, home: t.home, config, services: unconfiguredServices });
    const passage = newPassage({ content }, { limits: config.refs, redactor: store.redactor, ids: createIds(), now: Date.now() });
    await updateRefs(host, () => ({ writes: [{ ref_name: name, passage, action: "set", hooks: true }] }));
  } finally {
    store.close();
  }
}

function start(store: Store, processor_type: string, input: Record<string, unknown> = {}): string {
  const id = createIds().make("run", Date.now());
  store.write(() => insertRun(store, { id, processor_type, input, created_at: Date.now() }));
  return id;
}

/** The daemon looks, as it does after each commit; resolves when nothing is under way. */
async function settle(t: TestEngine): Promise<void> {
  await t.messages(1);
  await t.drain();
}

function contentOf(store: Store, name: string): string | undefined {
  return store.db.query<{ content: string }, [string]>("SELECT p.content FROM refs r JOIN passages p ON p.id = r.passage_id WHERE r.name = ?").get(name)?.content;
}

test("a run that a hook triggered: the processor is given its input and the update, and what it asks for is done with its end", async () => {
  await using t = await TestEngine.start();
  processor(t.store, "world_model", `({ run, refs, event }) => ({ emit: [
    { type: "ref_set", channel: "ref", content: "world of " + refs.passage(run.input.passage_id).content, metadata: { ref_name: "agent/world/HEAD" } },
    { type: "thought", channel: "notes", content: "done" } ], result: { event: event.id, attempt: run.attempt, depth: run.input.config.depth } })`);
  createRefHook(t.store, { ref_name: "agent/daily/HEAD", action_type: "trigger_run", config: { processor_type: "world_model", input: { depth: 2 } }, enabled: true }, { limits: config.refs, ids: createIds(), now: 1, dryRun: false });
  await set(t, "agent/daily/HEAD", "today");
  await settle(t);
  const [run] = listRuns(t.store, { limit: 10 });
  expect(run).toMatchObject({ status: "done", attempts: 1, result: { event: `ref:${run?.update_id}`, attempt: 1, depth: 2 } });
  expect(contentOf(t.store, "agent/world/HEAD")).toBe("world of today");
  const [update] = updatesBy(t.store, run?.id ?? "", 10);
  // The chain of causes goes on through the run.
  expect(eventById(t.store, `ref:${update?.id}`)).toMatchObject({ cause_id: `ref:${run?.update_id}`, depth: 1 });
  expect(t.store.db.query("SELECT content, cause_id FROM events WHERE type = 'thought'").get()).toEqual({ content: "done", cause_id: `ref:${run?.update_id}` });
  expect(whyEvent(t.store, `ref:${run?.update_id}`)).toMatchObject({ ref_hooks: [{ action_type: "trigger_run", outcome: "done" }], runs: [{ id: run?.id }] });
});

// switch: mutants run-without-attempts, run-half-done
test("a run that fails is tried again, in growing pauses, so often; nothing of a failed attempt is left", async () => {
  const clock = new FakeClock(Date.now());
  await using t = await TestEngine.start({ clock });
  processor(t.store, "fails", "({ run, log }) => { log.warn('attempt ' + run.attempt); return { emit: [{ type: 'ref_set', channel: 'ref', content: 'x', metadata: { ref_name: 'left' } }, { type: 'ref_set', channel: 'ref', content: 'x', metadata: { ref_name: 'not//possible' } }] } }");
  const id = start(t.store, "fails");
  const pauses: number[] = [];
  for (const attempt of [1, 2, 3]) {
    await settle(t);
    const run = runById(t.store, id);
    expect([run?.attempts, run?.code]).toEqual([attempt, "REF_NAME_INVALID"]);
    if (run?.status === "pending") pauses.push(run.not_before - clock.now());
    clock.advance(60_000);
    t.store.write(() => t.store.db.run("UPDATE runs SET not_before = min(not_before, ?)", [clock.now()]));
    // As a timer would.
    t.store.write(() => t.store.db.run("UPDATE meta SET value = value + 1 WHERE key = 'work_generation'"));
  }
  expect([runById(t.store, id)?.status, pauses]).toEqual(["failed", [5_000, 10_000]]);
  expect([refByName(t.store, "left"), t.notices.filter(({ kind }) => kind === "run_failed").length]).toEqual([undefined, 1]);
  processor(t.store, "fails", "() => ({ result: 'mended' })");
  t.store.write(() => reviveRun(t.store, id));
  await settle(t);
  expect(runById(t.store, id)).toMatchObject({ status: "done", attempts: 1, result: "mended" });
});

test("a script that throws, and a processor that is not there, say so", async () => {
  await using t = await TestEngine.start({ config: { refs: { run_attempts: 1 } } });
  processor(t.store, "throws", "({ log }) => { log.info('here'); throw new Error('broken') }");
  const [thrown, none] = [start(t.store, "throws"), start(t.store, "none")];
  await settle(t);
  expect(runById(t.store, thrown)).toMatchObject({ status: "failed", code: "PROCESSOR_FAILED", error: "broken", logs: [{ text: "here" }] });
  expect(runById(t.store, none)).toMatchObject({ status: "failed", code: "PROCESSOR_NOT_FOUND" });
});

// switch: mutant runs-side-by-side
test("of one processor one run at a time, in order; different ones side by side, as many as may be", async () => {
  await using t = await TestEngine.start({ config: { refs: { max_runs: 3 } } });
  const slow = "async ({ run, refs }) => { const n = refs.list('at/').length; await new Promise((r) => setTimeout(r, 100)); return { result: n, emit: [{ type: 'ref_set', channel: 'ref', content: 'x', metadata: { ref_name: 'at/' + run.id } }] } }";
  processor(t.store, "one", slow);
  processor(t.store, "two", slow);
  const first = start(t.store, "one");
  for (const _ of [1, 2]) await t.messages(1);
  expect(runById(t.store, first)?.status).toBe("running");
  const [second, other] = [start(t.store, "one"), start(t.store, "two")];
  await settle(t);
  const [a, b, c] = [first, second, other].map((id) => runById(t.store, id));
  expect([a?.status, b?.status, c?.status]).toEqual(["done", "done", "done"]);
  expect(a?.settled_at ?? 0).toBeLessThanOrEqual(b?.started_at ?? 0);
  // The second saw what the first had done.
  expect(Number(b?.result)).toBeGreaterThan(0);
  expect(c?.started_at ?? Infinity).toBeLessThan(a?.settled_at ?? 0);
});

// switch: mutant cancelled-run-counts
test("a run that is cancelled while its processor is at it counts for nothing", async () => {
  await using t = await TestEngine.start();
  processor(t.store, "slow", "async () => { await new Promise((r) => setTimeout(r, 100)); return { emit: [{ type: 'ref_set', channel: 'ref', content: 'x', metadata: { ref_name: 'left' } }] } }");
  const id = start(t.store, "slow");
  // The first commit lets it be claimed, the second follows on the claim's.
  for (const _ of [1, 2]) await t.messages(1);
  expect(runById(t.store, id)?.status).toBe("running");
  t.store.write(() => cancelRun(t.store, id, Date.now()));
  await settle(t);
  expect([runById(t.store, id)?.status, refByName(t.store, "left")]).toEqual(["cancelled", undefined]);
});

// switch: mutants runs-are-lost, runs-without-end
test("runs that a daemon was at when it ended are begun again; one that ended it each time is given up", async () => {
  const t = TestEngine.open();
  processor(t.store, "fine", "({ run }) => ({ result: run.attempt })");
  const [again, never] = [start(t.store, "fine"), start(t.store, "fine")];
  t.store.write(() => claimRun(t.store, again, 1));
  t.store.write(() => t.store.db.query("UPDATE runs SET status = 'running', attempts = 3 WHERE id = ?").run(never));
  await t.engine.start();
  await settle(t);
  expect([runById(t.store, again), runById(t.store, never)]).toMatchObject([{ status: "done", result: 2 }, { status: "failed", code: "RUN_LOST" }]);
  await t[Symbol.asyncDispose]();
});

// switch: mutant requests-of-hooks-undone
test("an ordinary hook sets refs by emitting requests: each is done once, after the commit, by a run; only hooks can ask so", async () => {
  await using t = await TestEngine.start();
  t.register("writer", `(ctx) => ctx.event.channel === "test" && ctx.event.content === "go" ? { fire: false, emit: [
    { type: "ref_set", channel: "ref", content: "from " + ctx.event.id, metadata: { ref_name: "made", passage_type: "note" } },
    { type: "ref_set", channel: "ref", id: "req:fixed", content: "once", metadata: { ref_name: "fixed" } } ] } : undefined`);
  const [id] = await t.messages(1, { content: "go" });
  await t.drain();
  await t.messages(1, { content: "go", id: "test:again" });
  await t.drain();
  expect(contentOf(t.store, "made")).toBe("from test:again");
  expect([historyOf(t.store, "made", 10).length, historyOf(t.store, "fixed", 10).length]).toEqual([2, 1]);
  const request = t.store.db.query<{ id: string }, [string]>("SELECT id FROM events WHERE type = 'ref_set' AND cause_id = ? AND id <> 'req:fixed'").get(id ?? "")?.id ?? "";
  const [run] = whyEvent(t.store, request).runs ?? [];
  expect(run).toMatchObject({ processor_type: "refs", status: "done" });
  const [update] = updatesBy(t.store, run?.id ?? "", 10);
  expect(eventById(t.store, `ref:${update?.id}`)).toMatchObject({ cause_id: request, depth: 2 });
  // Somebody outside says the same, and even says that it comes from a hook.
  await t.engine.emitInput({ type: "ref_set", channel: "ref", content: "forged", source_adapter: "hook", source_id: "x", metadata: { ref_name: "made" } });
  await settle(t);
  expect(contentOf(t.store, "made")).toBe("from test:again");
});

// switch: mutant hooks-wait-for-each-other
test("a hook whose requests fail again and again delays no other hook's; its own come in order", async () => {
  await using t = await TestEngine.start();
  const asking = (refs: readonly string[], to: string): string => `(ctx) => ctx.event.content === ctx.hook.name ? { fire: false, emit: ${JSON.stringify(refs)}.map((ref_name) => ({ type: "ref_set", channel: "ref", ${to}, metadata: { ref_name } })) } : undefined`;
  t.register("failing", asking(["not//a/name", "late"], 'content: "x"'));
  t.register("working", asking(["first", "second"], 'content: "y"'));
  for (const content of ["failing", "working"]) {
    await t.messages(1, { content });
    await t.drain();
  }
  expect([contentOf(t.store, "first"), contentOf(t.store, "second"), refByName(t.store, "late")]).toEqual(["y", "y", undefined]);
  const [failed] = listRuns(t.store, { status: "pending", limit: 10 }).toReversed();
  expect(failed).toMatchObject({ attempts: 1, code: "REF_NAME_INVALID", hook_id: t.invocations("failing")[0]?.hook_id });
});

test("a processor that was removed and registered anew is the new script, also where the old one is warm", async () => {
  await using t = await TestEngine.start();
  for (const result of ["one", "two"]) {
    processor(t.store, "flow", `() => ({ result: "${result}" })`);
    const id = start(t.store, "flow");
    await settle(t);
    expect(runById(t.store, id)?.result).toBe(result);
    removeHandler(t.store, "processor", "flow", false);
  }
});

test("a request of a wrong form is an error of the hook that makes it", async () => {
  await using t = await TestEngine.start();
  t.register("wrong", "() => ({ fire: false, emit: [{ type: 'ref_set', channel: 'ref', metadata: { name: 'a' } }] })");
  await t.messages(1);
  await t.drain();
  expect(t.invocations("wrong")[0]).toMatchObject({ outcome: "error", error: expect.stringContaining("emit.0: an event `ref_set`: metadata.ref_name is missing") as string });
});

test("a hook with triggers.ref sees the update after its commit, and a loop of updates ends by the loop guard", async () => {
  await using t = await TestEngine.start();
  t.register("echo", "(ctx) => ({ fire: false, emit: [{ type: 'ref_set', channel: 'ref', content: ctx.refs.passage(ctx.event.metadata.passage_id).content + '.', metadata: { ref_name: ctx.event.metadata.ref_name } }] })", { triggers: { ref: { names: ["loop/*"] } } });
  await set(t, "loop/a", "x");
  await settle(t);
  const history = historyOf(t.store, "loop/a", 100);
  expect(history.length).toBeGreaterThan(1);
  expect(history.length).toBeLessThan(10);
  expect(contentOf(t.store, "loop/a")).toBe(`x${".".repeat(history.length - 1)}`);
  await set(t, "other/a", "x");
  await settle(t);
  expect(historyOf(t.store, "other/a", 100)).toHaveLength(1);
});

test("more requests than may wait are not accepted, and the invocation says so", async () => {
  await using t = await TestEngine.start({ config: { refs: { max_waiting: 1 } } });
  t.register("many", "(ctx) => ctx.event.channel === 'test' && ctx.event.content === 'go' ? { fire: false, emit: [1, 2, 3].map((n) => ({ type: 'ref_set', channel: 'ref', content: 'x', metadata: { ref_name: 'r' + n } })) } : undefined");
  await t.messages(1, { content: "go" });
  await t.drain();
  expect(t.invocations("many").find(({ reason }) => reason !== undefined)?.reason).toContain("2 requests of refs were not accepted");
  expect(t.store.db.query("SELECT name FROM refs").all()).toEqual([{ name: "r1" }]);
});
