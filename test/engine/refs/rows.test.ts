import { expect, test } from "bun:test";
import { createBranch } from "../../../src/engine/refs/create-branch.ts";
import { forkBranch, promoteBranch, removeBranch } from "../../../src/engine/refs/branch-updates.ts";
import { removeRefHook } from "../../../src/engine/refs/hook-change.ts";
import { createScope, refreshNow, removeScope } from "../../../src/engine/refs/scope-change.ts";
import { updateRefs } from "../../../src/engine/refs/update.ts";
import { appendAudit, listAudit, verifyAudit } from "../../../src/engine/store/audit.ts";
import { branchBy, listBranches } from "../../../src/engine/store/branches.ts";
import { DAY_MS } from "../../../src/engine/core/retention.ts";
import { listPassages } from "../../../src/engine/store/passages.ts";
import { historyOf, listRefs } from "../../../src/engine/store/refs.ts";
import { enqueueWebhook, recordWebhookAttempt } from "../../../src/engine/store/ref-outbox.ts";
import { insertRun } from "../../../src/engine/store/runs.ts";
import { scopePassages } from "../../../src/engine/store/scopes.ts";
import { FakeClock } from "../../helpers/fake-clock.ts";
import { housekeeperOf } from "../../helpers/retention-desk.ts";
import { failureOf, RefDesk } from "./ref-desk.ts";

const attempt = (body: () => unknown): Promise<{ readonly code: string; readonly message: string }> => failureOf(Promise.try(body));

test("a passage cannot be changed, not even by hand", async () => {
  await using desk = new RefDesk();
  const passage = desk.addPassage("text");
  expect((await attempt(() => desk.store.db.query("UPDATE passages SET content = 'other' WHERE id = ?").run(passage.id))).message).toContain("a passage is immutable");
  expect((await attempt(() => desk.store.db.query("INSERT OR REPLACE INTO passages SELECT id, 'other', type, metadata_json, hash, created_at, created_by FROM passages WHERE id = ?").run(passage.id))).message).toContain("a passage is immutable");
  expect(listPassages(desk.store, { limit: 1 })).toEqual([passage]);
});

test("refs by prefix, in order of their names", async () => {
  await using desk = new RefDesk();
  for (const name of ["b/1", "a/2", "a/1", "a", "ab"]) await desk.set(name, "x");
  const names = (prefix: string, limit = 10): string[] => listRefs(desk.store, prefix, limit).map(({ name }) => name);
  expect([names(""), names("a/"), names("a"), names("", 2), names("%")]).toEqual([["a", "a/1", "a/2", "ab", "b/1"], ["a/1", "a/2"], ["a", "a/1", "a/2", "ab"], ["a", "a/1"], []]);
});

test("branches: hooks on for a main one, off for others unless said; what cannot be is an error with a code", async () => {
  await using desk = new RefDesk();
  const create = (name: string, options: object = {}) => createBranch(desk.store, name, { isMain: false, ids: desk.ids, now: 1, dryRun: false, ...options });
  expect(create("agent/HEAD", { isMain: true })).toMatchObject({ prefix: "agent", name: "HEAD", is_main: true, hooks_enabled: true });
  expect(create("agent/x")).toMatchObject({ is_main: false, hooks_enabled: false });
  expect(create("team/agent/y", { hooksEnabled: true, parent: "agent/x" })).toMatchObject({ prefix: "team/agent", hooks_enabled: true, parent_id: branchBy(desk.store, "agent", "x")?.id });
  expect(await attempt(() => create("agent/x"))).toMatchObject({ code: "BRANCH_EXISTS" });
  expect(await attempt(() => create("agent/main2", { isMain: true }))).toMatchObject({ code: "BRANCH_IS_MAIN" });
  expect(await attempt(() => create("agent/z", { parent: "agent/none" }))).toMatchObject({ code: "BRANCH_NOT_FOUND" });
  for (const name of ["HEAD", "", "a//b", "/a"]) expect(await attempt(() => create(name))).toMatchObject({ code: "REF_NAME_INVALID" });
  expect(listBranches(desk.store, "agent/", 10).map(({ name }) => name)).toEqual(["HEAD", "x"]);
});

test("fork copies refs with their metadata and without hooks, and remembers the parent; promote moves with hooks; delete", async () => {
  await using desk = new RefDesk();
  createBranch(desk.store, "agent/HEAD", { isMain: true, ids: desk.ids, now: 1, dryRun: false });
  await desk.set("agent/human/HEAD", "h", { metadata: { k: 1 } });
  await desk.set("agent/world/HEAD", "w");
  for (const name of ["agent/human/HEAD", "agent/human/exp"]) desk.hook(name, "audit_log", { destination: name });
  const fork = (source: string, target: string) => updateRefs(desk.host, (store) => forkBranch(store, source, target, { ids: desk.ids, now: 1 }));
  const { updates } = await fork("agent/HEAD", "agent/exp");
  expect(updates.map(({ ref_name, action, hooks }) => [ref_name, action, hooks])).toEqual([["agent/human/exp", "fork", "off"], ["agent/world/exp", "fork", "off"]]);
  expect(listRefs(desk.store, "agent/human/exp", 1)[0]?.metadata).toEqual({ k: 1 });
  expect(branchBy(desk.store, "agent", "exp")).toMatchObject({ hooks_enabled: false, parent_id: branchBy(desk.store, "agent", "HEAD")?.id });
  expect([(await failureOf(fork("agent/none", "agent/b"))).code, (await failureOf(fork("agent/HEAD", "agent/exp"))).code]).toEqual(["BRANCH_NOT_FOUND", "BRANCH_EXISTS"]);
  await desk.set("agent/persona/taken", "x");
  expect(await failureOf(fork("agent/HEAD", "agent/taken"))).toMatchObject({ code: "BRANCH_EXISTS", message: expect.stringContaining("agent/persona/taken is there already") as string });
  await desk.set("agent/human/exp", "h2");
  const promote = (source: string, target: string) => updateRefs(desk.host, (store) => promoteBranch(store, source, target, true));
  expect((await promote("agent/exp", "agent/HEAD")).updates.map(({ ref_name, action, hooks }) => [ref_name, action, hooks])).toEqual([["agent/human/HEAD", "promote", "ran"]]);
  expect([desk.at("agent/human/HEAD"), listAudit(desk.store, { limit: 10 }).map(({ destination }) => destination)]).toEqual(["h2", ["agent/human/HEAD"]]);
  expect((await promote("agent/exp", "agent/HEAD")).updates).toEqual([]);
  expect((await failureOf(promote("agent/exp", "agent/none"))).code).toBe("BRANCH_NOT_FOUND");
  const remove = (name: string, refs: boolean) => updateRefs(desk.host, (store) => removeBranch(store, name, refs));
  expect((await failureOf(remove("agent/HEAD", true))).code).toBe("BRANCH_IS_MAIN");
  await remove("agent/exp", true);
  expect([desk.at("agent/human/exp"), historyOf(desk.store, "agent/human/exp", 10)[0]?.action, branchBy(desk.store, "agent", "exp")]).toEqual([undefined, "delete", undefined]);
});

test("scopes: by refs in their order, by types and tags newest first, each passage once, up to the limit; a version for each refresh", async () => {
  await using desk = new RefDesk();
  await desk.set("agent/human/HEAD", "h", { type: "model", passageMetadata: { tags: ["a", "b"] } });
  await desk.set("agent/world/HEAD", "w", { type: "model", passageMetadata: { tags: ["b"] } });
  await desk.set("agent/deep/er/HEAD", "d", { type: "note" });
  await updateRefs(desk.host, () => ({ writes: [{ ref_name: "agent/again/HEAD", passage: listRefs(desk.store, "agent/human", 1)[0]?.passage_id, action: "set", hooks: false }] }));
  const scope = (name: string, parts: object): string[] => {
    createScope(desk.store, name, { refs: [], types: [], tags: [], limit: 100, ...parts }, { now: 1, dryRun: false });
    return scopePassages(desk.store, name).map(({ passage }) => passage.content);
  };
  expect([scope("1", { refs: ["agent/*/HEAD"] }), scope("2", { refs: ["agent/**/HEAD"] }), scope("3", { types: ["model"] }), scope("4", { tags: ["b"] }), scope("5", { tags: ["a", "b"] }), scope("6", { refs: ["agent/**"], types: ["note"] }), scope("7", { refs: ["agent/w*/HEAD", "agent/{human,world}/HEAD"] }), scope("8", { types: ["model"], limit: 1 })]).toEqual([
    ["h", "w"], ["h", "d", "w"], ["w", "h"], ["w", "h"], ["h"], ["d"], ["h", "w"], ["w"],
  ]);
  await desk.set("agent/new/HEAD", "n");
  expect(refreshNow(desk.store, "1", { now: 2, dryRun: true })).toEqual({ version: 2, passages: 3 });
  expect(scopePassages(desk.store, "1")).toHaveLength(2);
  expect(refreshNow(desk.store, "1", { now: 2, dryRun: false })).toEqual({ version: 2, passages: 3 });
  expect(await attempt(() => createScope(desk.store, "1", { refs: [], types: [], tags: [], limit: 1 }, { now: 1, dryRun: false }))).toMatchObject({ code: "SCOPE_EXISTS" });
  expect(await attempt(() => createScope(desk.store, "9", { refs: [], types: [], tags: [], limit: 5_000 }, { now: 1, dryRun: false }))).toMatchObject({ code: "USAGE" });
  const user = desk.hook("agent/new/HEAD", "refresh_scope", { scope_name: "1" });
  expect(await attempt(() => removeScope(desk.store, "1", false))).toMatchObject({ code: "SCOPE_IN_USE", message: expect.stringContaining(user.id) as string });
  removeRefHook(desk.store, user.id, false);
  removeScope(desk.store, "1", false);
  expect(await attempt(() => refreshNow(desk.store, "1", { now: 2, dryRun: false }))).toMatchObject({ code: "SCOPE_NOT_FOUND" });
});

// switch: mutants audit-without-its-place, audit-without-a-head
test("the audit log: rows cannot be changed or taken out; who does it behind SQLite's back is found", async () => {
  await using desk = new RefDesk();
  const { db } = desk.store;
  desk.store.write(() => {
    for (const n of [1, 2, 3, 4]) appendAudit(desk.store, { destination: "log", at: n, ref_name: "a", update_id: `upd_${n}`, data: { n } });
  });
  expect(verifyAudit(db)).toMatchObject({ rows: 4 });
  expect((await attempt(() => db.run("UPDATE audit_log SET actor = 'x' WHERE seq = 2"))).message).toContain("append-only");
  expect((await attempt(() => db.run("DELETE FROM audit_log WHERE seq = 2"))).message).toContain("append-only");
  expect((await attempt(() => db.run("INSERT OR REPLACE INTO audit_log SELECT seq, destination, at, 'x', ref_name, passage_id, previous_passage_id, update_id, hook_id, data_json, previous_hash, hash FROM audit_log WHERE seq = 2"))).message).toContain("append-only");
  for (const trigger of ["audit_is_not_changed", "audit_is_not_deleted"]) db.run(`DROP TRIGGER ${trigger}`);
  const tampered = (sql: string): unknown => {
    db.run("SAVEPOINT s");
    db.run(sql);
    const { broken } = verifyAudit(db);
    db.run("ROLLBACK TO s");
    db.run("RELEASE s");
    return broken;
  };
  expect(tampered("UPDATE audit_log SET data_json = '{\"n\":9}' WHERE seq = 2")).toEqual({ seq: 2, why: "it was changed after it was written" });
  expect(tampered("UPDATE audit_log SET ref_name = 'b' WHERE seq = 3")).toMatchObject({ seq: 3 });
  expect(tampered("DELETE FROM audit_log WHERE seq = 2")).toEqual({ seq: 3, why: "row 2 is missing before it" });
  expect(tampered("DELETE FROM audit_log WHERE seq > 2")).toEqual({ seq: 3, why: "the rows from 3 to 4 are missing" });
  // A row with a hash of its own making does not follow from the one before, or is not what came next.
  expect(tampered("UPDATE audit_log SET previous_hash = hash WHERE seq = 2")).toEqual({ seq: 2, why: "it does not follow the row before it" });
  expect(tampered("UPDATE audit_log SET seq = seq + 10 WHERE seq = 4")).toEqual({ seq: 14, why: "the rows from 4 to 13 are missing before it" });
  expect(verifyAudit(db).broken).toBeUndefined();
});

// switch: mutants passages-in-use-go, moves-without-end
test("retention: passages that nothing names, moves past their number, and what has ended go; all else stays", async () => {
  await using desk = new RefDesk();
  const day = Date.now();
  await desk.set("kept", "first");
  for (let n = 0; n < 14; n += 1) await desk.set("long", `move ${n}`);
  const [orphan, inScope, audited, running] = ["orphan", "scope", "audit", "run"].map((content) => desk.addPassage(content, content));
  createScope(desk.store, "s", { refs: [], types: ["scope"], tags: [], limit: 10 }, { now: 1, dryRun: false });
  desk.store.write(() => {
    appendAudit(desk.store, { destination: "log", at: 1, ref_name: "a", passage_id: audited?.id ?? "", update_id: "upd_1", data: {} });
    insertRun(desk.store, { id: "run_open", processor_type: "p", input: { passage_id: running?.id }, created_at: day });
    insertRun(desk.store, { id: "run_done", processor_type: "p", input: {}, created_at: day });
    desk.store.db.run("UPDATE runs SET status = 'done' WHERE id = 'run_done'");
    for (const id of ["obx_open", "obx_sent"]) enqueueWebhook(desk.store, { id, update_id: "u", hook_id: "h", ref_name: "a", request: { url: "https://example.com", headers: {}, body: "" }, created_at: day });
    recordWebhookAttempt(desk.store, "obx_sent", { status: "sent", at: day });
  });
  desk.hook("kept", "audit_log", { destination: "log" });
  await desk.set("kept", "second");
  const clock = new FakeClock(day + 400 * DAY_MS);
  housekeeperOf(desk.store, clock, { ref_moves: 10 }).sweep();
  const contents = desk.store.db.query<{ content: string }, []>("SELECT content FROM passages ORDER BY rowid").all().map(({ content }) => content);
  // The oldest move that is kept still says where the ref was before it.
  expect(contents).toEqual(["first", ...Array.from({ length: 11 }, (_, n) => `move ${n + 3}`), "scope", "audit", "run", "second"]);
  expect([historyOf(desk.store, "long", 100).length, historyOf(desk.store, "kept", 100).length]).toEqual([10, 2]);
  expect(desk.store.db.query("SELECT id FROM runs UNION ALL SELECT id FROM ref_outbox ORDER BY id").all()).toEqual([{ id: "obx_open" }, { id: "run_open" }]);
  expect([desk.count("ref_hook_executions"), desk.count("audit_log"), orphan === undefined, inScope === undefined]).toEqual([0, 2, false, false]);
  const log = desk.store.db.query<{ what: string }, []>("SELECT DISTINCT what FROM retention_log ORDER BY what").all().map(({ what }) => what);
  for (const what of ["executions", "moves", "passages", "runs", "webhooks"]) expect(log).toContain(what);
});
