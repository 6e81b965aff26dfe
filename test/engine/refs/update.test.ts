import { expect, test } from "bun:test";
import { Database } from "bun:sqlite";
import { Redactor } from "../../../src/engine/core/redactor.ts";
import type { RefHost } from "../../../src/engine/refs/frame.ts";
import { insertEvents } from "../../../src/engine/store/events.ts";
import { updateRefs } from "../../../src/engine/refs/update.ts";
import { eventById } from "../../../src/engine/store/event-queries.ts";
import { executionsOfHook, executionsOfTransaction, executionsOfUpdate } from "../../../src/engine/store/ref-executions.ts";
import { createRefHook, enableRefHook } from "../../../src/engine/refs/hook-change.ts";
import { historyOf, refByName } from "../../../src/engine/store/refs.ts";
import { listWebhooks } from "../../../src/engine/store/ref-outbox.ts";
import { DEFAULT_STORE_OPTIONS, openStore } from "../../../src/engine/store/open.ts";
import { failureOf, RefDesk } from "./ref-desk.ts";

const COPY = "({ hook, passage }) => ({ emit: [{ type: 'ref_set', channel: 'ref', metadata: { ref_name: hook.config.to, passage_id: passage.id } }] })";

test("an update says where the ref was, and history is a chain, newest first", async () => {
  await using desk = new RefDesk();
  for (const content of ["one", "two", "three"]) await desk.set("a", content);
  const history = historyOf(desk.store, "a", 10);
  expect(history.map(({ previous_id }) => previous_id)).toEqual([history[1]?.id, history[2]?.id, undefined]);
  expect(history.map(({ previous_passage_id }) => previous_passage_id)).toEqual([history[1]?.passage_id, history[2]?.passage_id, undefined]);
  expect(refByName(desk.store, "a")).toMatchObject({ passage_id: history[0]?.passage_id, update_id: history[0]?.id });
});

test("metadata of a ref stays until an update says something else", async () => {
  await using desk = new RefDesk();
  await desk.set("a", "one", { metadata: { x: 1 } });
  await desk.set("a", "two");
  expect(refByName(desk.store, "a")?.metadata).toEqual({ x: 1 });
  await desk.set("a", "three", { metadata: {} });
  expect(refByName(desk.store, "a")?.metadata).toEqual({});
});

test("a deletion says whether there was something, keeps the history, and runs no hooks", async () => {
  await using desk = new RefDesk();
  desk.hook("a", "audit_log", { destination: "log" });
  expect((await desk.delete("a")).updates).toEqual([]);
  await desk.set("a", "one", { hooks: false });
  const { updates: [gone], events: [event] } = await desk.delete("a");
  expect(gone).toMatchObject({ action: "delete", hooks: "none" });
  expect(gone?.passage_id).toBeUndefined();
  expect(refByName(desk.store, "a")).toBeUndefined();
  expect(eventById(desk.store, event ?? "")?.metadata).toMatchObject({ ref_name: "a", deleted: true, previous_passage_id: gone?.previous_passage_id });
  const { updates: [back] } = await desk.set("a", "again", { hooks: false });
  expect(back).toMatchObject({ previous_id: gone?.id });
  expect([back?.previous_passage_id, desk.count("audit_log"), historyOf(desk.store, "a", 10).length]).toEqual([undefined, 0, 3]);
});

test("each update is an event `ref_updated`, in its transaction, that does not carry the text", async () => {
  await using desk = new RefDesk();
  const { updates: [update], events } = await desk.set("agent/human/HEAD", "secret text", { type: "model", actor: "atlas" });
  expect(events).toEqual([`ref:${update?.id}`]);
  expect(eventById(desk.store, `ref:${update?.id}`)).toMatchObject({
    type: "ref_updated", channel: "ref", source_adapter: "ref", metadata: { ref_name: "agent/human/HEAD", update_id: update?.id, passage_id: update?.passage_id, passage_type: "model", action: "set", hooks: "none", created_by: "atlas" },
  });
  expect(eventById(desk.store, `ref:${update?.id}`)?.content).toBeUndefined();
});

// switch: mutant expects-nothing
test("--expect: an update of a ref that is somewhere else changes nothing", async () => {
  await using desk = new RefDesk();
  expect(await failureOf(desk.set("a", "x", { expect: "psg_other" }))).toMatchObject({ code: "REF_MOVED", message: "a is at nothing, not at psg_other" });
  const { updates: [first] } = await desk.set("a", "one", { expect: null });
  expect(await failureOf(desk.set("a", "two", { expect: null }))).toMatchObject({ code: "REF_MOVED" });
  await desk.set("a", "two", { expect: first?.passage_id ?? "" });
  expect([desk.at("a"), desk.count("ref_history"), desk.count("passages")]).toEqual(["two", 2, 2]);
});

test("a passage that is not there, a name that is none, metadata that is too large: an error, and nothing is changed", async () => {
  await using desk = new RefDesk({ refs: { max_metadata_bytes: 64, max_passage_bytes: 1_024 } });
  const set = (name: string, passage: string) => updateRefs(desk.host, () => ({ writes: [{ ref_name: name, passage, action: "set", hooks: true }] }));
  expect(await failureOf(set("a", "psg_none"))).toMatchObject({ code: "PASSAGE_NOT_FOUND" });
  for (const name of ["", "/a", "a/", "a//b", "a\nb", "x".repeat(600), "a/ b", "\ud800"]) expect([name, (await failureOf(desk.set(name, "x"))).code]).toEqual([name, "REF_NAME_INVALID"]);
  expect(await failureOf(desk.set("a", "x", { metadata: { long: "y".repeat(100) } }))).toMatchObject({ code: "PASSAGE_INVALID" });
  expect([desk.count("refs"), desk.count("ref_history"), desk.count("passages"), desk.count("events")]).toEqual([0, 0, 0, 0]);
});

test("a hook that updates another ref cascades, depth first, within one transaction; what hooks see lies over the database", async () => {
  await using desk = new RefDesk();
  desk.action("copy", COPY);
  desk.action("look", "({ refs, hook }) => ({ emit: [{ type: 'passage_add', channel: 'ref', content: [...refs.list('').map(({ name, passage_id }) => name + '=' + refs.passage(passage_id).content), refs.get('a').passage_id === refs.get('c')?.passage_id].join(' ') }] })");
  await desk.set("z", "old");
  desk.hook("a", "copy", { to: "b" });
  desk.hook("a", "look");
  desk.hook("b", "copy", { to: "c" });
  const { updates, passages, transaction_id } = await desk.set("a", "new");
  expect(updates.map(({ ref_name, depth, transaction_id: of }) => [ref_name, depth, of])).toEqual([["a", 0, transaction_id], ["b", 1, transaction_id], ["c", 2, transaction_id]]);
  expect(passages.at(-1)?.content).toBe("a=new b=new c=new z=old true");
  expect(executionsOfTransaction(desk.store, transaction_id).map(({ action_type, ref_name, depth, outcome }) => [action_type, ref_name, depth, outcome])).toEqual([["copy", "a", 0, "done"], ["copy", "b", 1, "done"], ["look", "a", 0, "done"]]);
  // Each event names the one that led to it.
  expect(updates.map(({ id }) => eventById(desk.store, `ref:${id}`)?.cause_id)).toEqual([undefined, `ref:${updates[0]?.id}`, `ref:${updates[1]?.id}`]);
});

// switch: mutant circles-run
test("hooks that lead in a circle are an error, whatever its length, and nothing is changed", async () => {
  await using desk = new RefDesk();
  desk.action("copy", COPY);
  desk.hook("a", "copy", { to: "b" });
  desk.hook("b", "copy", { to: "c" });
  desk.hook("c", "copy", { to: "a" });
  expect(await failureOf(desk.set("a", "x"))).toMatchObject({ code: "REF_CYCLE", message: expect.stringContaining("a -> b -> c -> a") as string });
  expect([desk.count("refs"), desk.count("ref_history"), desk.count("passages")]).toEqual([0, 0, 0]);
});

test("the same ref may be written twice by one update, where no hook led from it to itself", async () => {
  await using desk = new RefDesk();
  desk.action("copy", COPY);
  desk.hook("a", "copy", { to: "x" });
  desk.hook("a", "copy", { to: "x" });
  const { updates } = await desk.set("a", "new");
  expect(updates.map(({ ref_name, previous_id }) => [ref_name, previous_id])).toEqual([["a", undefined], ["x", undefined], ["x", updates[1]?.id]]);
});

// switch: mutants cascades-without-end, writes-without-end
test("cascades have a depth, and an update a number of refs", async () => {
  await using desk = new RefDesk({ refs: { max_depth: 2, max_writes: 3 } });
  desk.action("copy", COPY);
  for (const n of [0, 1, 2]) desk.hook(`r${n}`, "copy", { to: `r${n + 1}` });
  expect(await failureOf(desk.set("r0", "x"))).toMatchObject({ code: "REF_CASCADE_TOO_DEEP", message: expect.stringContaining("refs.max_depth = 2") as string });
  expect((await desk.set("r1", "x")).updates).toHaveLength(3);
  desk.action("many", "() => ({ emit: [1, 2, 3].map((n) => ({ type: 'ref_set', channel: 'ref', content: String(n), metadata: { ref_name: 'many/' + n } })) })");
  desk.hook("wide", "many");
  expect(await failureOf(desk.set("wide", "x"))).toMatchObject({ code: "REF_CASCADE_TOO_DEEP", message: expect.stringContaining("refs.max_writes = 3") as string });
  expect(desk.at("wide")).toBeUndefined();
});

test("a hook that fails inside a cascade undoes all of it; each hook on the way says why", async () => {
  await using desk = new RefDesk();
  desk.action("copy", COPY);
  desk.action("fail", "({ log }) => { log.warn('about to'); throw new TypeError('broken') }");
  desk.hook("a", "audit_log", { destination: "log" });
  const outer = desk.hook("a", "copy", { to: "b" });
  const inner = desk.hook("b", "fail");
  const failure = await failureOf(desk.set("a", "x"));
  expect(failure.message).toBe(`hook ${inner.id} (fail) on b: TypeError: broken; the update was undone`);
  expect([desk.count("refs"), desk.count("audit_log"), desk.count("events")]).toEqual([0, 0, 0]);
  expect(desk.store.db.query("SELECT hook_id, outcome, error FROM ref_hook_executions ORDER BY rowid").all()).toMatchObject([
    { outcome: "undone" },
    { hook_id: outer.id, outcome: "failed", error: `an update that it asked for failed: hook ${inner.id} (fail) on b: TypeError: broken` },
    { hook_id: inner.id, outcome: "failed", error: "TypeError: broken" },
  ]);
  expect(desk.store.db.query("SELECT logs_json FROM ref_hook_executions WHERE hook_id = ?").get(inner.id)).toMatchObject({ logs_json: expect.stringContaining("about to") as string });
});

// switch: mutant foreign-code-under-the-lock
test("no foreign code runs while the write lock is held: others write meanwhile", async () => {
  await using desk = new RefDesk();
  desk.action("slow", "() => ({})");
  desk.hook("a", "slow");
  desk.hook("a", "slow");
  desk.meanwhile = () => {
    // Without waiting: a held lock would be SQLITE_BUSY at once.
    const other = new Database(desk.store.path);
    other.run("PRAGMA busy_timeout = 0");
    other.run("INSERT INTO meta(key, value) VALUES ('meanwhile', 1) ON CONFLICT(key) DO UPDATE SET value = value + 1");
    other.close();
  };
  await desk.set("a", "x");
  expect(desk.store.db.query("SELECT value FROM meta WHERE key = 'meanwhile'").get()).toEqual({ value: 2 });
});

// switch: mutant stale-answers-count
test("what others change while a script runs is seen: the script is asked again with what is there then", async () => {
  await using desk = new RefDesk();
  desk.action("note", "({ passage, event }) => ({ emit: [{ type: 'ref_set', channel: 'ref', content: passage.content + ' after ' + event.metadata.previous_passage_id, metadata: { ref_name: 'note' } }] })");
  desk.hook("a", "note");
  let others: string | undefined;
  desk.meanwhile = () => {
    if (others !== undefined) return;
    const passage = desk.addPassage("from somebody else");
    others = passage.id;
    void updateRefs(desk.host, () => ({ writes: [{ ref_name: "a", passage: passage.id, action: "set", hooks: false }] }));
  };
  const { updates } = await desk.set("a", "mine");
  expect(updates[0]?.previous_passage_id).toBe(others);
  expect(desk.at("note")).toBe(`mine after ${others}`);
  expect(desk.asked).toHaveLength(2);
  expect(historyOf(desk.store, "a", 10)).toHaveLength(2);
  // Each time that the script ran is on record.
  expect(executionsOfUpdate(desk.store, updates[0]?.id ?? "").map(({ outcome, effects }) => [outcome, effects[0]])).toEqual([["undone", "ran, and its answer did not count"], ["done", "ran note"]]);
});

// switch: mutant runs-for-nothing-unrecorded
test("a script that ran for an update that is refused afterwards is on record", async () => {
  await using desk = new RefDesk();
  desk.action("slow", "({ log }) => { log.info('here') }");
  const { id } = desk.hook("a", "slow");
  desk.meanwhile = () => void updateRefs(desk.host, () => ({ writes: [{ ref_name: "a", passage: desk.passage("other"), action: "set", hooks: false }] }));
  expect(await failureOf(desk.set("a", "mine", { expect: null }))).toMatchObject({ code: "REF_MOVED" });
  expect(executionsOfHook(desk.store, id, 10)).toMatchObject([{ outcome: "undone", logs: [{ text: "here" }] }]);
});

test("a hook that is disabled while a script before it runs does not run any more; an answer that still fits is used", async () => {
  await using desk = new RefDesk();
  desk.action("slow", "() => ({})");
  desk.hook("a", "slow");
  const later = desk.hook("a", "audit_log", { destination: "log" });
  desk.meanwhile = () => void enableRefHook(desk.store, later.id, false, { limits: desk.config.refs, dryRun: false });
  const { executions } = await desk.set("a", "x");
  expect(executions.map(({ action_type }) => action_type)).toEqual(["slow"]);
  expect([desk.asked.length, desk.count("audit_log")]).toEqual([1, 0]);
});

// switch: mutant never-busy
test("an update whose ground is changed each time gives up, changes nothing, and can be tried again", async () => {
  await using desk = new RefDesk();
  desk.action("slow", "() => ({})");
  desk.hook("a", "slow");
  desk.meanwhile = () => {
    if (desk.asked.length > 20) throw new Error("it goes on for ever");
    void updateRefs(desk.host, () => ({ writes: [{ ref_name: "a", passage: desk.passage("other"), action: "set", hooks: false }] }));
  };
  expect(await failureOf(desk.set("a", "mine"))).toMatchObject({ code: "REF_BUSY" });
  expect(desk.store.db.query("SELECT count(*) AS n FROM passages WHERE content = 'mine'").get()).toEqual({ n: 0 });
  expect(desk.store.db.query("SELECT outcome FROM ref_hook_executions").all()).toEqual(desk.asked.map(() => ({ outcome: "undone" })));
});

test("a registered hook script as an action sees the update as its event, with passage and hook, and can stop it", async () => {
  await using desk = new RefDesk();
  desk.registered("guard", "(ctx) => { if (ctx.passage.content === 'bad') throw new Error('no'); return { fire: false, emit: [{ type: 'seen', channel: 'notes', content: [ctx.event.type, ctx.event.metadata.ref_name, ctx.hook.slug, ctx.ref_hook.action_type, ctx.state.get('x')].join(' ') }] } }");
  desk.hook("a", "script", { hook: "guard" });
  const { events } = await desk.set("a", "good");
  expect(eventById(desk.store, events[1] ?? "")).toMatchObject({ type: "seen", channel: "notes", content: "ref_updated a guard script ", cause_id: events[0] });
  expect(await failureOf(desk.set("a", "bad"))).toMatchObject({ code: "REF_HOOK_FAILED", message: expect.stringContaining(": no; ") as string });
  expect(desk.at("a")).toBe("good");
});

test("what a script returns that is no answer fails its hook, with the place", async () => {
  await using desk = new RefDesk();
  const cases = [
    ["() => ({ fire: true })", "`fire` of the returned value: a script on a ref cannot fire"],
    ["() => ({ emit: [{ type: 5 }] })", "`emit.0.type` of the returned value"],
    ["() => ({ emit: [{ type: 'ref_set', channel: 'ref', metadata: {} }] })", "an event `ref_set`: metadata.ref_name is missing"],
    ["() => ({ emit: [{ type: 'ref_set', channel: 'ref', metadata: { ref_name: 'b' } }] })", "needs either metadata.passage_id, or `content`"],
    ["() => ({ emit: [{ type: 'ref_set', channel: 'ref', content: 'x', metadata: { ref_name: 'b//c' } }] })", "word 2 of 3 is empty"],
    ["() => ({ emit: [{ type: 'passage_add', channel: 'ref' }] })", "without `content`"],
    ["({ state }) => { state.set('x', 1) }", "it wrote ctx.state"],
    ["() => 5", "RESULT_INVALID"],
  ] as const;
  for (const [handler, said] of cases) {
    desk.action("wrong", handler);
    const hook = desk.hook("a", "wrong");
    const failure = await failureOf(desk.set("a", "x"));
    expect([failure.code, failure.message.includes(said), failure.message]).toEqual(["REF_HOOK_FAILED", true, failure.message]);
    desk.store.write(() => desk.store.db.query("DELETE FROM passage_ref_hooks WHERE id = ?").run(hook.id));
  }
  expect(desk.count("refs")).toBe(0);
});

test("requests of a script: a new passage with a name of its own, a deletion, a ref with metadata and without hooks", async () => {
  await using desk = new RefDesk();
  await desk.set("old", "x");
  desk.hook("b", "audit_log", { destination: "log" });
  desk.action("ask", `() => ({ emit: [
    { type: 'passage_add', channel: 'ref', content: 'named', metadata: { id: 'psg_mine', passage_type: 'note', passage_metadata: { tags: ['t'] } } },
    { type: 'ref_set', channel: 'ref', metadata: { ref_name: 'b', passage_id: 'psg_mine', ref_metadata: { y: 2 }, hooks: false } },
    { type: 'ref_delete', channel: 'ref', metadata: { ref_name: 'old' } },
    { type: 'ref_delete', channel: 'ref', metadata: { ref_name: 'never' } } ] })`);
  desk.hook("a", "ask");
  const { updates, executions } = await desk.set("a", "x");
  expect(updates.map(({ ref_name, action, hooks }) => [ref_name, action, hooks])).toEqual([["a", "set", "ran"], ["b", "set", "off"], ["old", "delete", "none"]]);
  expect(refByName(desk.store, "b")).toMatchObject({ passage_id: "psg_mine", metadata: { y: 2 } });
  expect([desk.at("b"), desk.at("old"), desk.count("audit_log")]).toEqual(["named", undefined, 0]);
  expect(executions[0]?.effects).toEqual(["ran ask", "added psg_mine", "set b to psg_mine", "deleted old", "never was not there"]);
});

test("a passage with a name of its own: the same again is the one that is there, another is an error", async () => {
  await using desk = new RefDesk();
  desk.action("named", "({ passage }) => ({ emit: [{ type: 'ref_set', channel: 'ref', content: passage.content, metadata: { ref_name: 'copy', id: 'psg_mine' } }, { type: 'passage_add', channel: 'ref', content: passage.content, metadata: { id: 'psg_mine' } }] })");
  desk.hook("a", "named");
  for (const time of [1, 2]) {
    const { executions } = await desk.set("a", "same");
    expect([time, executions[0]?.effects[2], desk.at("copy"), desk.count("passages")]).toEqual([time, "psg_mine was there", "same", time + 1]);
  }
  expect((await failureOf(desk.set("a", "different"))).message).toContain("psg_mine is another passage already, and a passage never changes");
  expect([desk.at("a"), desk.count("passages")]).toEqual(["same", 3]);
});

// switch: mutant dry-run-commits
test("a dry run meets what the update would meet, says the ordered plan, and leaves nothing", async () => {
  await using desk = new RefDesk();
  desk.action("slow", "() => { throw new Error('it ran') }");
  desk.hook("a", "audit_log", { destination: "log" });
  desk.hook("a", "slow");
  desk.hook("a", "webhook", { url: "https://example.com", sync: true });
  desk.hook("a", "webhook", { url: "https://example.com" });
  const before = desk.store.db.query("SELECT count(*) AS n FROM sqlite_schema").get();
  const { executions, webhooks } = await desk.set("a", "x", { dryRun: true });
  expect(executions.map(({ effects }) => effects[0])).toEqual(["audit row 1 in log", "would run slow; what it does is known when it has run", "would send a webhook to example.com and wait for its answer", expect.stringContaining("to example.com, after the commit") as string]);
  expect(webhooks).toBe(1);
  expect([desk.asked.length, ...["refs", "ref_history", "passages", "audit_log", "ref_outbox", "events", "ref_hook_executions", "notices"].map((table) => desk.count(table))]).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 0]);
  expect(desk.store.db.query("SELECT count(*) AS n FROM sqlite_schema").get()).toEqual(before);
});

test("as many webhooks or runs wait as may: the update that would add one is refused, and says so", async () => {
  await using desk = new RefDesk({ refs: { max_waiting: 1 } });
  desk.hook("a", "webhook", { url: "https://example.com" });
  desk.processor("flow", "() => ({})");
  desk.hook("b", "trigger_run", { processor_type: "flow" });
  await desk.set("a", "one");
  await desk.set("b", "one");
  for (const name of ["a", "b"]) expect(await failureOf(desk.set(name, "two"))).toMatchObject({ code: "REF_QUEUE_FULL" });
  expect([desk.at("a"), desk.at("b")]).toEqual(["one", "one"]);
});

test("secrets: none is stored in a passage, a hook's configuration names them, and errors have none", async () => {
  await using desk = new RefDesk();
  const store = openStore(desk.home, { ...DEFAULT_STORE_OPTIONS, durability: "normal", redactor: new Redactor([{ name: "TOKEN", value: "s3cr3t-t0ken-value" }]) });
  try {
    const host: RefHost = { ...desk.host, store, transaction: (work) => store.write(work), accept: (events) => void insertEvents(store, events, { maxDepth: 8, maxChain: 256 }) };
    desk.action("leak", "({ passage }) => { throw new Error('with ' + 's3cr3t' + '-t0ken-value') }");
    desk.hook("a", "leak");
    await failureOf(updateRefs(host, () => ({ writes: [{ ref_name: "a", passage: desk.passage("x"), action: "set", hooks: true }] })));
    expect(await failureOf(Promise.try(() => createRefHook(store, { ref_name: "a", action_type: "webhook", config: { url: "https://example.com", headers: { Authorization: "Bearer s3cr3t-t0ken-value" } }, enabled: true }, { limits: desk.config.refs, ids: desk.ids, now: 1, dryRun: false })))).toMatchObject({ code: "REF_HOOK_INVALID", message: expect.stringContaining("a secret of this machine") as string });
    createRefHook(store, { ref_name: "b", action_type: "webhook", config: { url: { env: "URL" }, headers: { Authorization: { env: "TOKEN" } } }, enabled: true }, { limits: desk.config.refs, ids: desk.ids, now: 1, dryRun: false });
    await updateRefs(host, () => ({ writes: [{ ref_name: "b", passage: desk.passage("x"), action: "set", hooks: true }] }));
    expect(listWebhooks(store, "pending", 1)[0]?.request).toMatchObject({ url: { env: "URL" }, headers: { Authorization: { env: "TOKEN" } } });
    const all = store.db.query("SELECT error, stack_trace FROM ref_hook_executions UNION ALL SELECT data_json, config FROM notices, passage_ref_hooks").all();
    expect(JSON.stringify(all)).not.toContain("s3cr3t");
  } finally {
    store.close();
  }
});
