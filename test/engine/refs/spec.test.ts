import { expect, test } from "bun:test";
import { Database } from "bun:sqlite";
import { createBranch } from "../../../src/engine/refs/create-branch.ts";
import { createScope } from "../../../src/engine/refs/scope-change.ts";
import { NexusError } from "../../../src/engine/core/errors.ts";
import { updateRefs } from "../../../src/engine/refs/update.ts";
import { createRefHook, enableRefHook } from "../../../src/engine/refs/hook-change.ts";
import { listAudit } from "../../../src/engine/store/audit.ts";
import { executionsOfHook } from "../../../src/engine/store/ref-executions.ts";
import { listRefHooks } from "../../../src/engine/store/ref-hooks.ts";
import { listWebhooks } from "../../../src/engine/store/ref-outbox.ts";
import { listRuns } from "../../../src/engine/store/runs.ts";
import { scopeByName, scopePassages } from "../../../src/engine/store/scopes.ts";
import { failureOf, RefDesk } from "./ref-desk.ts";

// Every sentence of spec/ref-hooks.md that says what is so, by its words.

const HUMAN = "agent/human/HEAD";
const MARK = "({ hook, passage }) => ({ emit: [{ type: 'ref_set', channel: 'ref', content: hook.config.mark + passage.content, metadata: { ref_name: 'mark/' + hook.config.mark } }] })";
/** Each leaves a passage behind, so the order of passages is the order in which they ran. */
const passagesInOrder = (desk: RefDesk): string[] => desk.store.db.query<{ content: string }, []>("SELECT content FROM passages ORDER BY rowid").all().map(({ content }) => content);

test("Hooks are actions that automatically trigger when a ref is updated.", async () => {
  await using desk = new RefDesk();
  desk.hook(HUMAN, "audit_log", { destination: "log" });
  await desk.set(HUMAN, "one");
  expect(listAudit(desk.store, { limit: 10 })).toHaveLength(1);
  await desk.set("agent/other/HEAD", "two");
  expect(listAudit(desk.store, { limit: 10 })).toHaveLength(1);
});

test("They enable cascading updates, external integrations, and reactive workflows.", async () => {
  await using desk = new RefDesk();
  desk.action("cascade", "({ passage }) => ({ emit: [{ type: 'ref_set', channel: 'ref', metadata: { ref_name: 'copy', passage_id: passage.id } }] })");
  desk.processor("flow", "() => ({})");
  desk.hook(HUMAN, "cascade");
  desk.hook(HUMAN, "webhook", { url: "https://example.com/notify" });
  desk.hook(HUMAN, "trigger_run", { processor_type: "flow" });
  await desk.set(HUMAN, "one");
  expect([desk.at("copy"), listWebhooks(desk.store, "pending", 10).length, listRuns(desk.store, { limit: 10 }).length]).toEqual(["one", 1, 1]);
});

test("This is how you build reactive systems where changes propagate automatically.", async () => {
  await using desk = new RefDesk();
  desk.action("derive", "({ hook, passage }) => ({ emit: [{ type: 'ref_set', channel: 'ref', content: passage.content + hook.config.add, metadata: { ref_name: hook.config.to } }] })");
  desk.hook("source", "derive", { to: "summary", add: ", summed up" });
  desk.hook("summary", "derive", { to: "title", add: ", as a title" });
  for (const content of ["one", "two"]) {
    await desk.set("source", content);
    expect([desk.at("summary"), desk.at("title")]).toEqual([`${content}, summed up`, `${content}, summed up, as a title`]);
  }
});

test("When you call set_ref() to update a ref, it checks for any hooks registered to that ref name and executes them: matching hooks, in order.", async () => {
  await using desk = new RefDesk();
  desk.action("mark", MARK);
  for (const mark of ["a", "b", "c"]) desk.hook(HUMAN, "mark", { mark });
  desk.hook(`${HUMAN}/more`, "mark", { mark: "not this" });
  desk.hook("agent/human", "mark", { mark: "nor this" });
  await desk.set(HUMAN, "!");
  expect(passagesInOrder(desk)).toEqual(["!", "a!", "b!", "c!"]);
});

test("Hooks are stored in the `passage_ref_hooks` table, with the columns of the specification.", async () => {
  await using desk = new RefDesk();
  const columns = desk.store.db.query<{ name: string }, []>("SELECT name FROM pragma_table_info('passage_ref_hooks')").all().map(({ name }) => name);
  expect(columns).toEqual(["id", "ref_name", "action_type", "config", "enabled", "created_at"]);
  const hook = desk.hook(HUMAN, "webhook", { url: "https://example.com/x" });
  expect(desk.store.db.query("SELECT * FROM passage_ref_hooks").all()).toEqual([{ id: hook.id, ref_name: HUMAN, action_type: "webhook", config: '{"url":"https://example.com/x"}', enabled: 1, created_at: hook.created_at }]);
});

test("Creating hooks via SQL: a row inserted by hand is honoured at the next update.", async () => {
  await using desk = new RefDesk();
  createScope(desk.store, "working-memory", { refs: ["agent/*/HEAD"], types: [], tags: [], limit: 100 }, { now: 1, dryRun: false });
  // As a person would, over a connection of their own, with the specification's own statement.
  const other = new Database(desk.store.path);
  other.run(`INSERT INTO passage_ref_hooks (ref_name, action_type, config) VALUES
    ('agent/daily/HEAD', 'webhook', '{"url": "https://example.com/notify"}'),
    ('agent/human/HEAD', 'refresh_scope', '{"scope_name": "working-memory"}');`);
  other.close();
  expect(listRefHooks(desk.store, { enabledOnly: true, limit: 10 }).map(({ action_type, enabled }) => [action_type, enabled])).toEqual([["webhook", true], ["refresh_scope", true]]);
  await desk.set("agent/daily/HEAD", "day");
  await desk.set(HUMAN, "one");
  expect(listWebhooks(desk.store, undefined, 10).map(({ ref_name }) => ref_name)).toEqual(["agent/daily/HEAD"]);
  expect(scopeByName(desk.store, "working-memory")?.version).toBe(2);
});

test("A row inserted by hand that fits no action fails the update that meets it, and says so.", async () => {
  await using desk = new RefDesk();
  desk.store.db.run(`INSERT INTO passage_ref_hooks (ref_name, action_type, config) VALUES ('a', 'webhook', '{"uri": "https://example.com"}'), ('b', 'nothing', '{}'), ('c', 'webhook', '[1]')`);
  expect((await failureOf(desk.set("a", "x"))).message).toContain("(webhook) on a: config.url is missing; expected an http or https URL");
  expect((await failureOf(desk.set("b", "x"))).message).toContain('no action is called "nothing"');
  expect(await failureOf(desk.set("c", "x"))).toMatchObject({ code: "REF_HOOK_FAILED" });
  expect(desk.count("refs")).toBe(0);
});

test("Via the core API: create_ref_hook(ref_name, action_type, config, enabled).", async () => {
  await using desk = new RefDesk();
  const hook = desk.hook(HUMAN, "webhook", { url: "https://example.com/on-human-update" }, true);
  expect(hook).toMatchObject({ ref_name: HUMAN, action_type: "webhook", config: { url: "https://example.com/on-human-update" }, enabled: true });
});

test("Webhook: POST to an external URL when the ref updates, with `headers`, and with `include_passage` the passage's content in the payload.", async () => {
  await using desk = new RefDesk();
  desk.hook(HUMAN, "webhook", { url: "https://your-service.com/kp3-webhook", headers: { Authorization: "Bearer token" }, include_passage: true });
  desk.hook(HUMAN, "webhook", { url: "https://your-service.com/plain" });
  const { updates: [update] } = await desk.set(HUMAN, "the text");
  const [plain, full] = listWebhooks(desk.store, "pending", 10).map(({ request }) => ({ ...request, body: JSON.parse(request.body) as Record<string, unknown> }));
  expect(full).toMatchObject({ url: "https://your-service.com/kp3-webhook", headers: { Authorization: "Bearer token" }, body: { ref_name: HUMAN, update_id: update?.id, passage_id: update?.passage_id, passage: { content: "the text" } } });
  expect(plain?.body["passage"]).toBeUndefined();
});

test("Implement custom hooks by adding a new action_type value and its handler, which receives hook and passage.", async () => {
  await using desk = new RefDesk();
  desk.action("my_custom_action", "({ hook, passage }) => ({ emit: [{ type: 'passage_add', channel: 'ref', content: JSON.stringify([hook.action_type, hook.ref_name, hook.config, passage.content, passage.type, passage.metadata]) }] })");
  desk.hook(HUMAN, "my_custom_action", { depth: 3 });
  const { passages } = await desk.set(HUMAN, "text", { type: "model", passageMetadata: { a: 1 } });
  expect(JSON.parse(passages[1]?.content ?? "")).toEqual(["my_custom_action", HUMAN, { depth: 3 }, "text", "model", { a: 1 }]);
});

test("Skip hooks for this update: fire_hooks=False.", async () => {
  await using desk = new RefDesk();
  desk.hook(HUMAN, "audit_log", { destination: "log" });
  const { updates } = await desk.set(HUMAN, "one", { hooks: false });
  expect([desk.at(HUMAN), updates[0]?.hooks, desk.count("audit_log"), desk.count("ref_hook_executions")]).toEqual(["one", "off", 0, 0]);
});

test("Branches can disable hooks: hooks won't fire for refs in this branch.", async () => {
  await using desk = new RefDesk();
  createBranch(desk.store, "agent/experiment-1", { isMain: false, hooksEnabled: false, ids: desk.ids, now: 1, dryRun: false });
  createBranch(desk.store, "agent/HEAD", { isMain: true, ids: desk.ids, now: 1, dryRun: false });
  for (const name of ["experiment-1", "HEAD"]) desk.hook(`agent/human/${name}`, "audit_log", { destination: name });
  expect((await desk.set("agent/human/experiment-1", "one")).updates[0]?.hooks).toBe("branch");
  expect((await desk.set("agent/human/HEAD", "one")).updates[0]?.hooks).toBe("ran");
  expect(listAudit(desk.store, { limit: 10 }).map(({ destination }) => destination)).toEqual(["HEAD"]);
});

test("Branches can disable hooks to prevent cascading during experiments.", async () => {
  await using desk = new RefDesk();
  createBranch(desk.store, "agent/experiment-1", { isMain: false, ids: desk.ids, now: 1, dryRun: false });
  desk.action("mark", MARK);
  desk.action("copy", "({ passage }) => ({ emit: [{ type: 'ref_set', channel: 'ref', metadata: { ref_name: 'agent/human/experiment-1', passage_id: passage.id } }] })");
  desk.hook("agent/daily/HEAD", "copy");
  desk.hook("agent/human/experiment-1", "mark", { mark: "!" });
  const { updates } = await desk.set("agent/daily/HEAD", "today");
  expect(updates.map(({ ref_name, hooks }) => [ref_name, hooks])).toEqual([["agent/daily/HEAD", "ran"], ["agent/human/experiment-1", "branch"]]);
  expect([desk.at("agent/human/experiment-1"), desk.at("mark/!")]).toEqual(["today", undefined]);
});

test("Disabling a hook: UPDATE passage_ref_hooks SET enabled = FALSE WHERE id = '...'", async () => {
  await using desk = new RefDesk();
  const hook = desk.hook(HUMAN, "audit_log", { destination: "log" });
  desk.store.db.query("UPDATE passage_ref_hooks SET enabled = FALSE WHERE id = ?").run(hook.id);
  await desk.set(HUMAN, "one");
  expect(desk.count("audit_log")).toBe(0);
  enableRefHook(desk.store, hook.id, true, { limits: desk.config.refs, dryRun: false });
  await desk.set(HUMAN, "two");
  expect(desk.count("audit_log")).toBe(1);
});

test("Use case 1: keep a scope up-to-date when its underlying data changes.", async () => {
  await using desk = new RefDesk();
  createScope(desk.store, "recent-context", { refs: ["agent/**"], types: [], tags: [], limit: 10 }, { now: 1, dryRun: false });
  desk.hook("agent/daily/HEAD", "refresh_scope", { scope_name: "recent-context" });
  await desk.set("agent/daily/HEAD", "today");
  // What the update itself wrote is in it.
  expect(scopePassages(desk.store, "recent-context").map(({ passage, ref_name }) => [passage.content, ref_name])).toEqual([["today", "agent/daily/HEAD"]]);
});

test("Use case 2: notify external systems, with a template such as \"Human model updated for agent {agent_id}\".", async () => {
  await using desk = new RefDesk();
  desk.hook(HUMAN, "webhook", { url: "https://slack.webhook.com/x", template: "Human model updated for agent {agent_id}" });
  const textOf = (): unknown => (JSON.parse(listWebhooks(desk.store, undefined, 1)[0]?.request.body ?? "{}") as { text?: unknown }).text;
  await desk.set(HUMAN, "one");
  expect(textOf()).toBe("Human model updated for agent agent");
  await desk.set(HUMAN, "two", { passageMetadata: { agent_id: "from the passage" } });
  expect(textOf()).toBe("Human model updated for agent from the passage");
  await desk.set(HUMAN, "three", { passageMetadata: { agent_id: "from the passage" }, metadata: { agent_id: 7 } });
  expect(textOf()).toBe("Human model updated for agent 7");
});

test("Use case 3: trigger downstream processing when upstream completes.", async () => {
  await using desk = new RefDesk();
  desk.processor("world_model", "() => ({})");
  const hook = desk.hook("agent/daily/HEAD", "trigger_run", { processor_type: "world_model" });
  const { updates: [update] } = await desk.set("agent/daily/HEAD", "today");
  expect(listRuns(desk.store, { limit: 10 })).toMatchObject([{ processor_type: "world_model", status: "pending", hook_id: hook.id, update_id: update?.id, input: { ref_name: "agent/daily/HEAD", passage_id: update?.passage_id } }]);
});

test("Use case 4: log all changes to sensitive refs.", async () => {
  await using desk = new RefDesk();
  desk.hook(HUMAN, "audit_log", { destination: "audit_passages" });
  await desk.set(HUMAN, "one", { actor: "atlas" });
  await desk.set(HUMAN, "two");
  const [second, first] = listAudit(desk.store, { destination: "audit_passages", limit: 10 });
  expect(first).toMatchObject({ ref_name: HUMAN, actor: "atlas" });
  expect(second).toMatchObject({ previous_passage_id: first?.passage_id, previous_hash: first?.hash });
});

test("Idempotency: hooks that are safe to re-run may run again, by the same update, and leave the same.", async () => {
  await using desk = new RefDesk();
  desk.action("derive", "({ passage }) => ({ emit: [{ type: 'ref_set', channel: 'ref', content: 'of ' + passage.content, metadata: { ref_name: 'derived', id: 'psg_of_' + passage.hash.slice(0, 8) } }] })");
  desk.hook(HUMAN, "derive");
  const passage = desk.addPassage("one");
  for (const time of [1, 2]) {
    await updateRefs(desk.host, () => ({ writes: [{ ref_name: HUMAN, passage: passage.id, action: "set", hooks: true }] }));
    expect([time, desk.at("derived"), desk.count("passages")]).toEqual([time, "of one", 2]);
  }
});

test("Error handling: hooks that fail raise exceptions; the caller sees which hook, why, and of what kind.", async () => {
  await using desk = new RefDesk();
  desk.action("fail", "() => { throw new Error('not today') }");
  const hook = desk.hook(HUMAN, "fail");
  const thrown: unknown = await desk.set(HUMAN, "one").catch((error: unknown) => error);
  expect(thrown instanceof NexusError && thrown.toJSON()).toMatchObject({ code: "REF_HOOK_FAILED", hook_id: hook.id, action_type: "fail", ref_name: HUMAN, hook_error: { message: "not today", outcome: "failed" } });
});

test("Performance: heavy work is offloaded to an async queue, so the update does not wait for it.", async () => {
  await using desk = new RefDesk();
  desk.processor("heavy", "async () => { await Bun.sleep(1e9); }");
  desk.hook(HUMAN, "trigger_run", { processor_type: "heavy" });
  desk.hook(HUMAN, "webhook", { url: "https://example.com/slow" });
  expect(await desk.set(HUMAN, "one")).toMatchObject({ runs: 1, webhooks: 1 });
  expect([desk.at(HUMAN), desk.asked]).toEqual(["one", []]);
});

test("Testing: with fire_hooks=False not even a hook that cannot run, or would lead in a circle, is met.", async () => {
  await using desk = new RefDesk();
  desk.store.db.run(`INSERT INTO passage_ref_hooks (ref_name, action_type, config) VALUES ('a', 'nothing', '[]')`);
  desk.action("again", "() => ({ emit: [{ type: 'ref_set', channel: 'ref', content: 'x', metadata: { ref_name: 'a' } }] })");
  desk.hook("a", "again");
  await desk.set("a", "one", { hooks: false });
  expect([desk.at("a"), desk.asked]).toEqual(["one", []]);
});

test("Monitoring: hook executions are logged for debugging.", async () => {
  await using desk = new RefDesk();
  const hook = desk.hook(HUMAN, "audit_log", { destination: "log" });
  await desk.set(HUMAN, "one");
  expect(executionsOfHook(desk.store, hook.id, 10)).toMatchObject([{ hook_id: hook.id, ref_name: HUMAN, action_type: "audit_log", outcome: "done", position: 0, depth: 0, effects: ["audit row 1 in log"] }]);
});

test("Listing hooks: all enabled ones, those of a ref, and disabled ones too.", async () => {
  await using desk = new RefDesk();
  desk.hook("a", "audit_log", { destination: "1" });
  desk.hook("b", "audit_log", { destination: "2" });
  desk.hook("a", "audit_log", { destination: "3" }, false);
  const listed = (filter: object): unknown[] => listRefHooks(desk.store, { enabledOnly: true, limit: 10, ...filter }).map(({ config }) => (config as { destination: string }).destination);
  expect([listed({}), listed({ ref_name: "a" }), listed({ enabledOnly: false })]).toEqual([["1", "2"], ["1"], ["1", "3", "2"]]);
});

// switch: mutant hooks-by-id
test("Hooks are executed in the order they were created (by created_at).", async () => {
  await using desk = new RefDesk();
  desk.action("mark", MARK);
  // By hand, with times and ids that say the opposite of the order of insertion.
  for (const [id, at, mark] of [["rhk_a", 300, "last"], ["rhk_b", 100, "first"], ["rhk_c", 200, "second"], ["rhk_0", 200, "third"]] as const) {
    desk.store.db.query("INSERT INTO passage_ref_hooks (id, ref_name, action_type, config, created_at) VALUES (?, ?, 'mark', ?, ?)").run(id, HUMAN, JSON.stringify({ mark }), at);
  }
  await desk.set(HUMAN, "");
  expect(passagesInOrder(desk).slice(1)).toEqual(["first", "second", "third", "last"]);
});

test("If you need specific ordering, create hooks in the desired sequence: also those of one millisecond run so.", async () => {
  await using desk = new RefDesk();
  desk.action("mark", MARK);
  const marks = ["d", "a", "c", "b", "e"];
  for (const mark of marks) createRefHook(desk.store, { ref_name: HUMAN, action_type: "mark", config: { mark }, enabled: true }, { limits: desk.config.refs, ids: desk.ids, now: 1, dryRun: false });
  await desk.set(HUMAN, "");
  expect(passagesInOrder(desk).slice(1)).toEqual(marks);
});

test("If a hook fails: the exception is logged, re-raised, and the transaction is rolled back.", async () => {
  await using desk = new RefDesk();
  createScope(desk.store, "s", { refs: ["**"], types: [], tags: [], limit: 10 }, { now: 1, dryRun: false });
  desk.processor("flow", "() => ({})");
  desk.action("fail", "() => { throw new Error('not today') }");
  await desk.set(HUMAN, "before");
  const before = desk.store.db.query("SELECT * FROM refs").all();
  const events = desk.count("events");
  for (const [action, config] of [["refresh_scope", { scope_name: "s" }], ["audit_log", { destination: "log" }], ["trigger_run", { processor_type: "flow" }], ["webhook", { url: "https://example.com" }]] as const) desk.hook(HUMAN, action, config);
  const failing = desk.hook(HUMAN, "fail");
  const later = desk.hook(HUMAN, "audit_log", { destination: "never" });
  const failure = await failureOf(desk.set(HUMAN, "after"));
  expect(failure).toMatchObject({ code: "REF_HOOK_FAILED" });
  expect(failure.message).toContain(`${failing.id} (fail) on ${HUMAN}: not today`);
  expect(desk.store.db.query("SELECT * FROM refs").all()).toEqual(before);
  expect([desk.count("ref_history"), desk.count("passages"), desk.count("audit_log"), desk.count("audit_head"), desk.count("runs"), desk.count("ref_outbox"), desk.count("scope_passages"), desk.count("events"), scopeByName(desk.store, "s")?.version]).toEqual([1, 1, 0, 0, 0, 0, 0, events, 1]);
  expect(desk.store.db.query("SELECT outcome FROM ref_hook_executions ORDER BY rowid").all()).toEqual([...Array.from({ length: 4 }, () => ({ outcome: "undone" })), { outcome: "failed" }]);
  expect(executionsOfHook(desk.store, later.id, 10)).toEqual([]);
  expect(desk.store.db.query<{ kind: string; data_json: string }, []>("SELECT kind, data_json FROM notices").all()).toMatchObject([{ kind: "ref_update_failed", data_json: expect.stringContaining("not today") as string }]);
});

test("Use try/catch in callers if hooks are non-critical: what was undone can be done without them.", async () => {
  await using desk = new RefDesk();
  desk.action("fail", "() => { throw new Error('not today') }");
  desk.hook(HUMAN, "audit_log", { destination: "log" });
  desk.hook(HUMAN, "fail");
  try {
    await desk.set(HUMAN, "one");
  } catch {
    await desk.set(HUMAN, "one", { hooks: false });
  }
  expect([desk.at(HUMAN), desk.count("ref_history"), desk.count("audit_log")]).toEqual(["one", 1, 0]);
});
