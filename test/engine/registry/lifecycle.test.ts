import { describe, expect, test } from "bun:test";
import { chmodSync, existsSync, rmSync, writeFileSync } from "node:fs";
import { activationsOf, deactivate } from "../../../src/engine/store/activations.ts";
import { loadChangedHooks, saveRuntimeState } from "../../../src/engine/store/hooks.ts";
import { BY, refusal, RegistryDesk, scriptOf } from "./registry-desk.ts";

const KEEP = { ...BY, keepState: true };
const AFRESH = { ...BY, keepState: false };

describe("register", () => {
  test("an unchanged script under its name is no change", () => {
    using desk = new RegistryDesk();
    const { hook } = desk.registry.register(scriptOf("h"), BY);
    const before = desk.everything();
    expect(desk.registry.register(scriptOf("h"), BY)).toMatchObject({ changed: false, hook: { id: hook.id } });
    expect(desk.everything()).toBe(before);
  });

  test("a changed script is a conflict that names the update, and its copy is not kept", () => {
    using desk = new RegistryDesk();
    desk.registry.register(scriptOf("h"), BY);
    const before = desk.everything();
    const error = refusal(() => desk.registry.register(scriptOf("h", "() => 1"), BY));
    expect(error).toMatchObject({ code: "HOOK_EXISTS", details: { next: ["nexus hooks update h /scripts/h.ts"] } });
    expect(desk.everything()).toBe(before);
  });

  test("changed metadata alone is a conflict as well; with upsert it is the next version", () => {
    using desk = new RegistryDesk();
    const { hook } = desk.registry.register(scriptOf("h"), BY);
    const other = scriptOf("h", undefined, { mode: "one-shot" });
    expect(refusal(() => desk.registry.register(other, BY)).code).toBe("HOOK_EXISTS");
    const { hook: after, changed } = desk.registry.register(other, { ...BY, upsert: true });
    expect({ changed, id: after.id, version: after.version.version, mode: after.version.metadata.mode }).toEqual({ changed: true, id: hook.id, version: 2, mode: "one-shot" });
  });

  test("a field without a value is no difference", () => {
    using desk = new RegistryDesk();
    desk.registry.register(scriptOf("h"), BY);
    expect(desk.registry.register(scriptOf("h", undefined, { description: undefined } as object), BY).changed).toBe(false);
  });

  test("an edited comment or a moved file is no change of what runs, and drift is measured from there on", () => {
    using desk = new RegistryDesk();
    desk.registry.register(scriptOf("h"), BY);
    const { hook, changed } = desk.registry.register({ ...scriptOf("h"), sourcePath: "/moved/h.ts", sourceHash: "f".repeat(64) }, BY);
    expect(changed).toBe(false);
    expect(hook.version).toMatchObject({ version: 1, source_path: "/moved/h.ts", source_hash: "f".repeat(64) });
    expect(desk.registry.update("h", { ...scriptOf("h"), sourcePath: "/again/h.ts" }, { ...AFRESH, dryRun: true }).changed).toBe(false);
    expect(desk.hook("h").version.source_path).toBe("/moved/h.ts");
  });

  test("a stored copy that was lost is written again", () => {
    using desk = new RegistryDesk();
    const { hook } = desk.registry.register(scriptOf("h"), BY);
    rmSync(hook.version.script_path);
    expect(desk.registry.register(scriptOf("h"), BY).changed).toBe(false);
    expect(existsSync(hook.version.script_path)).toBe(true);
  });

  test("a stored copy that was tampered with is told, and nothing changes", () => {
    using desk = new RegistryDesk();
    const { hook } = desk.registry.register(scriptOf("h"), BY);
    chmodSync(hook.version.script_path, 0o600);
    writeFileSync(hook.version.script_path, "export default () => ({ fire: true });");
    const before = desk.everything();
    for (const act of [() => desk.registry.register(scriptOf("h"), BY), () => desk.registry.register(scriptOf("other"), BY)]) {
      expect(refusal(act)).toMatchObject({ code: "SCRIPT_REFUSED", message: expect.stringContaining(hook.version.script_path) });
    }
    expect(desk.everything()).toBe(before);
  });
});

describe("update and rollback", () => {
  test("an update keeps id, creator and creation, and mirrors the new version in the hook's row", () => {
    using desk = new RegistryDesk();
    const { hook: first } = desk.registry.register(scriptOf("h"), BY);
    desk.clock.advance(1_000);
    const { hook } = desk.registry.update("h", scriptOf("renamed", "() => 1", { mode: "one-shot", description: "new" }), { creator: { agent: "bob" }, keepState: false });
    expect(hook).toMatchObject({ id: first.id, slug: "h", creator: first.creator, created_at: first.created_at, updated_at: first.created_at + 1_000 });
    expect(hook.version).toMatchObject({ version: 2, previous_version_id: first.version.id, creator: { agent: "bob" } });
    const row = desk.store.db.query("SELECT name, description, mode, version, version_id, previous_version_id, script_path, script_hash, created_by_agent FROM hooks").get();
    expect(row).toEqual({
      name: "renamed",
      description: "new",
      mode: "one-shot",
      version: 2,
      version_id: hook.version.id,
      previous_version_id: first.version.id,
      script_path: hook.version.script_path,
      script_hash: hook.version.script_hash,
      created_by_agent: "atlas",
    });
  });

  test("a rollback is a new version that repeats the old script; repeating it again is no change", () => {
    using desk = new RegistryDesk();
    const { hook: first } = desk.registry.register(scriptOf("h"), BY);
    desk.registry.update("h", scriptOf("h", "() => 2"), AFRESH);
    const { hook, repeats } = desk.registry.rollback("h", AFRESH);
    expect([hook.version.version, repeats]).toEqual([3, 1]);
    expect(hook.version.script_path).toBe(first.version.script_path);
    const before = desk.everything();
    expect(desk.registry.rollback("h", { ...AFRESH, to: 1 })).toMatchObject({ changed: false, repeats: 1 });
    expect(desk.registry.rollback("h", { ...AFRESH, to: 3 })).toMatchObject({ changed: false });
    expect(desk.everything()).toBe(before);
  });

  test("a rollback to a version whose copy is gone is refused, and nothing changes", () => {
    using desk = new RegistryDesk();
    const { hook } = desk.registry.register(scriptOf("h"), BY);
    desk.registry.update("h", scriptOf("h", "() => 2"), AFRESH);
    rmSync(hook.version.script_path);
    const before = desk.everything();
    expect(refusal(() => desk.registry.rollback("h", AFRESH)).code).toBe("SCRIPT_REFUSED");
    expect(desk.everything()).toBe(before);
  });

  test("new code closes an open breaker and starts afresh", () => {
    using desk = new RegistryDesk();
    desk.registry.register(scriptOf("h"), BY);
    desk.openBreaker("h");
    const { hook, before } = desk.registry.update("h", scriptOf("h", "() => 2"), AFRESH);
    expect(before?.circuit_state).toBe("open");
    expect(hook).toMatchObject({ status: "active", circuit_state: "closed", consecutive_errors: 0, circuit_generation: 2 });
    expect(hook).not.toHaveProperty("circuit_opened_at");
    expect(hook).not.toHaveProperty("last_error");
  });

  test("a hook that could not be loaded is active again with new code, without a trace of why it was not", () => {
    using desk = new RegistryDesk();
    const { hook: first } = desk.registry.register(scriptOf("h"), BY);
    desk.store.write(() => deactivate(desk.store, first.id, { status: "errored", reason: "does not load", at: desk.clock.now(), endedBy: "errored" }));
    expect(desk.hook("h").active_from_seq).toBeUndefined();
    const { hook } = desk.registry.update("h", scriptOf("h", "() => 2"), AFRESH);
    expect(hook).toMatchObject({ status: "active", active_from_seq: 0 });
    expect(hook).not.toHaveProperty("disabled_reason");
    expect(hook).not.toHaveProperty("disabled_at");
  });

  test("a disabled hook stays disabled with its reason, and sees nothing", () => {
    using desk = new RegistryDesk();
    desk.registry.register(scriptOf("h"), BY);
    desk.registry.disable("h", { ...BY, reason: "holiday" });
    const { hook } = desk.registry.update("h", scriptOf("h", "() => 2"), KEEP);
    expect(hook).toMatchObject({ status: "disabled", disabled_reason: "holiday" });
    expect(hook.active_from_seq).toBeUndefined();
  });
});

describe("enable, disable, delete, restore", () => {
  test("enable closes the breaker of a paused hook, which goes on where it is", () => {
    using desk = new RegistryDesk();
    desk.events(3);
    desk.registry.register(scriptOf("h"), BY);
    desk.openBreaker("h");
    desk.events(2);
    const { hook } = desk.registry.enable("h", BY);
    expect(hook).toMatchObject({ status: "active", circuit_state: "closed", consecutive_errors: 0, circuit_generation: 2 });
    expect(activationsOf(desk.store, hook.id)).toEqual([{ hook_id: hook.id, version_id: hook.version.id, from_seq: 3 }]);
    expect(desk.registry.enable("h", BY).changed).toBe(false);
  });

  test("disabling twice is no change and keeps the first reason", () => {
    using desk = new RegistryDesk();
    desk.registry.register(scriptOf("h"), BY);
    expect(desk.registry.disable("h", { ...BY, reason: "first" }).hook).toMatchObject({ status: "disabled", disabled_reason: "first", disabled_at: desk.clock.now() });
    expect(desk.registry.disable("h", { ...BY, reason: "second" })).toMatchObject({ changed: false, hook: { disabled_reason: "first" } });
    const { hook } = desk.registry.enable("h", BY);
    expect(hook).not.toHaveProperty("disabled_reason");
  });

  test("what the daemon counted meanwhile is not undone by a change", () => {
    using desk = new RegistryDesk();
    desk.registry.register(scriptOf("h"), BY);
    desk.store.write(() => saveRuntimeState(desk.store, { ...desk.hook("h"), trigger_count: 7, last_triggered: 99, consecutive_errors: 3, last_error: "twice" }));
    expect(desk.registry.disable("h", BY).hook).toMatchObject({ trigger_count: 7, last_triggered: 99, consecutive_errors: 3, last_error: "twice" });
  });

  test.each(["active", "paused", "disabled", "errored"] as const)("a restored hook has the status it had: %s", (status) => {
    using desk = new RegistryDesk();
    const { hook } = desk.registry.register(scriptOf("h"), BY);
    if (status === "disabled") desk.registry.disable("h", BY);
    if (status === "paused") desk.openBreaker("h");
    if (status === "errored") desk.store.write(() => deactivate(desk.store, hook.id, { status: "errored", reason: "does not load", at: 1, endedBy: "errored" }));
    desk.registry.remove("h", BY);
    desk.events(4);
    const restored = desk.registry.restore("h", BY).hook;
    expect(restored).toMatchObject({ id: hook.id, status });
    expect(restored.active_from_seq).toBe(status === "active" || status === "paused" ? 4 : undefined);
  });

  test("of several deleted hooks of one name the one deleted last comes back", () => {
    using desk = new RegistryDesk();
    const { hook: first } = desk.registry.register(scriptOf("h"), BY);
    desk.registry.remove("h", BY);
    desk.clock.advance(1);
    const { hook: second } = desk.registry.register(scriptOf("h"), BY);
    desk.registry.remove("h", BY);
    desk.clock.advance(1);
    desk.registry.restore(first.id, BY);
    desk.clock.advance(1);
    desk.registry.remove("h", BY);
    expect(desk.registry.restore("h", BY).hook.id).toBe(first.id);
    expect(refusal(() => desk.registry.restore(second.id, BY)).code).toBe("HOOK_EXISTS");
  });
});

test("a dry run answers like the real thing and changes nothing, not even the folder of scripts", () => {
  using desk = new RegistryDesk();
  desk.registry.register(scriptOf("h"), BY);
  desk.registry.update("h", scriptOf("h", "() => 2"), AFRESH);
  const { hook: gone } = desk.registry.register(scriptOf("gone"), BY);
  desk.registry.remove("gone", BY);
  desk.openBreaker("h");
  const before = desk.everything();
  const dry = { ...AFRESH, dryRun: true };
  const answers = [
    desk.registry.register(scriptOf("new", "() => 9"), dry),
    desk.registry.update("h", scriptOf("h", "() => 9"), dry),
    desk.registry.rollback("h", dry),
    desk.registry.enable("h", dry),
    desk.registry.disable("h", dry),
    desk.registry.remove("h", dry),
    desk.registry.restore(gone.id, dry),
  ];
  expect(desk.everything()).toBe(before);
  expect(answers.map(({ changed }) => changed)).toEqual(answers.map(() => true));
  expect(answers.map(({ hook }) => `${hook.slug} ${hook.status} v${hook.version.version}`)).toEqual(["new active v1", "h active v3", "h active v3", "h active v2", "h disabled v2", "h paused v2", "gone active v1"]);
  const [registered] = answers;
  desk.registry.register(scriptOf("new", "() => 9"), AFRESH);
  expect(registered?.hook.version.script_path).toBe(desk.hook("new").version.script_path);
});

test("each change has its notice, with who asked for it and why, and its generation", () => {
  using desk = new RegistryDesk();
  const bob = { creator: { agent: "bob" } };
  const { hook } = desk.registry.register(scriptOf("h"), BY);
  desk.registry.update("h", scriptOf("h", "() => 2"), { ...bob, keepState: false });
  desk.registry.rollback("h", AFRESH);
  desk.registry.disable("h", { ...bob, reason: "noise" });
  desk.registry.enable("h", BY);
  desk.registry.remove("h", BY);
  desk.registry.restore(hook.id, { creator: {} });
  const notices = desk.store.db.query<{ kind: string; data_json: string }, [string]>("SELECT kind, data_json FROM notices WHERE hook_id = ? ORDER BY seq").all(hook.id);
  expect(notices.map(({ kind, data_json }) => [kind, JSON.parse(data_json) as unknown])).toEqual([
    ["hook_registered", { slug: "h", version: 1, by: "atlas" }],
    ["hook_updated", { slug: "h", version: 2, by: "bob" }],
    ["hook_rolled_back", { slug: "h", version: 3, by: "atlas" }],
    ["hook_disabled", { slug: "h", version: 3, by: "bob", reason: "noise" }],
    ["hook_enabled", { slug: "h", version: 3, by: "atlas" }],
    ["hook_deleted", { slug: "h", version: 3, by: "atlas" }],
    ["hook_restored", { slug: "h", version: 3 }],
  ]);
  expect(loadChangedHooks(desk.store, 0).generation).toBe(7);
});

test("a daemon is given exactly the hooks that changed since it looked, deleted ones too", () => {
  using desk = new RegistryDesk();
  for (const slug of ["a", "b", "c"]) desk.registry.register(scriptOf(slug), BY);
  const first = loadChangedHooks(desk.store, 0);
  expect(first.hooks.map(({ slug }) => slug).sort()).toEqual(["a", "b", "c"]);
  expect(loadChangedHooks(desk.store, first.generation)).toEqual({ generation: first.generation, hooks: [] });
  desk.registry.remove("b", BY);
  desk.registry.enable("a", BY);
  desk.store.write(() => saveRuntimeState(desk.store, { ...desk.hook("c"), trigger_count: 3 }));
  const second = loadChangedHooks(desk.store, first.generation);
  expect(second.hooks.map(({ slug, deleted_at }) => [slug, deleted_at])).toEqual([["b", desk.clock.now()]]);
});
