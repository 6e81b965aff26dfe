import { expect, test } from "bun:test";
import type { Hook } from "../../../src/engine/core/hook.ts";
import { findHook } from "../../../src/engine/registry/find-hook.ts";
import { saveHook } from "../../../src/engine/store/hooks.ts";
import { BY, refusal, RegistryDesk, scriptOf } from "./registry-desk.ts";

/** Registers a hook and gives it an id of the test's choice. */
function withId(desk: RegistryDesk, slug: string, id: string): Hook {
  const { hook } = desk.registry.register(scriptOf(slug), BY);
  desk.store.write(() => {
    desk.store.db.query("UPDATE hook_versions SET hook_id = ? WHERE id = ?").run(id, hook.version.id);
    desk.store.db.query("DELETE FROM hooks WHERE id = ?").run(hook.id);
    saveHook(desk.store, { ...hook, id });
  });
  return desk.hook(slug);
}

test("a prefix of the id is enough, with or without hook_, in either case", () => {
  using desk = new RegistryDesk();
  withId(desk, "one", "hook_01AAA111");
  withId(desk, "two", "hook_01AAB222");
  for (const name of ["hook_01AAA111", "hook_01AAA", "01AAA", "01aaa", "hook_01aaa"]) expect(findHook(desk.store, name).slug).toBe("one");
  expect(refusal(() => findHook(desk.store, "01AA"))).toMatchObject({ code: "HOOK_AMBIGUOUS", message: expect.stringContaining("one (hook_01AAA111), two (hook_01AAB222)") });
});

test("a slug goes before a prefix of an id", () => {
  using desk = new RegistryDesk();
  withId(desk, "one", "hook_01AAA111");
  withId(desk, "01aaa", "hook_01ZZZ");
  expect(findHook(desk.store, "01aaa").id).toBe("hook_01ZZZ");
});

test("any number of deleted hooks with the same prefix does not hide the one that is there", () => {
  using desk = new RegistryDesk();
  for (let n = 10; n < 25; n += 1) {
    withId(desk, `gone-${n}`, `hook_01AA${n}`);
    desk.registry.remove(`gone-${n}`, BY);
  }
  withId(desk, "here", "hook_01AA99");
  expect(findHook(desk.store, "01AA").slug).toBe("here");
  expect(findHook(desk.store, "01AA24", { deleted: true }).slug).toBe("gone-24");
});

test("the name of a deleted hook is told with the way to bring it back", () => {
  using desk = new RegistryDesk();
  const { hook } = desk.registry.register(scriptOf("casey"), BY);
  desk.registry.remove("casey", BY);
  for (const name of ["casey", hook.id]) {
    expect(refusal(() => findHook(desk.store, name))).toMatchObject({
      code: "HOOK_NOT_FOUND",
      message: `casey (${hook.id}) was deleted at 2026-01-01T00:00:00.000Z`,
      details: { next: [`nexus hooks restore ${hook.id}`] },
    });
  }
});

test("restoring a hook that is not deleted says so; an unknown one gets the nearest deleted names", () => {
  using desk = new RegistryDesk();
  desk.registry.register(scriptOf("casey"), BY);
  expect(refusal(() => findHook(desk.store, "casey", { deleted: true }))).toMatchObject({ code: "HOOK_WRONG_STATE", message: "casey is not deleted" });
  desk.registry.register(scriptOf("old-digest"), BY);
  desk.registry.remove("old-digest", BY);
  expect(refusal(() => findHook(desk.store, "old-digst", { deleted: true }))).toMatchObject({ code: "HOOK_NOT_FOUND", details: { did_you_mean: ["old-digest"] } });
  expect(refusal(() => findHook(desk.store, "old-digst")).details).not.toHaveProperty("did_you_mean");
});

test("text that is no name finds nothing, and does no harm", () => {
  using desk = new RegistryDesk();
  desk.registry.register(scriptOf("casey"), BY);
  for (const name of ["", "hook_", "%", "_", "' OR 1=1 --", "\u0000", "x".repeat(10_000)]) {
    expect(refusal(() => findHook(desk.store, name)).code).toBe("HOOK_NOT_FOUND");
  }
});
