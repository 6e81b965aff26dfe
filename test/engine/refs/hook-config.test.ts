import { expect, test } from "bun:test";
import { enableRefHook } from "../../../src/engine/refs/hook-change.ts";
import { createScope, removeScope } from "../../../src/engine/refs/scope-change.ts";
import { failureOf, RefDesk } from "./ref-desk.ts";

test("hooks are checked when they are made: their action, its configuration, what it needs, how many", async () => {
  await using desk = new RefDesk({ refs: { max_hooks: 2 } });
  const cases = [
    ["webhok", {}, "ACTION_NOT_FOUND"],
    ["webhook", {}, "REF_HOOK_INVALID"],
    ["webhook", { url: "ftp://example.com" }, "REF_HOOK_INVALID"],
    ["webhook", { url: "http://127.0.0.1:1" }, "REF_HOOK_INVALID"],
    ["webhook", { url: "http://[::1]/" }, "REF_HOOK_INVALID"],
    ["webhook", { url: "https://example.com", more: 1 }, "REF_HOOK_INVALID"],
    ["refresh_scope", { scope_name: "none" }, "SCOPE_NOT_FOUND"],
    ["trigger_run", { processor_type: "none" }, "PROCESSOR_NOT_FOUND"],
    ["script", { hook: "none" }, "HOOK_NOT_FOUND"],
    ["audit_log", {}, "REF_HOOK_INVALID"],
  ] as const;
  for (const [action, config, code] of cases) expect([action, (await failureOf(Promise.try(() => desk.hook("a", action, config)))).code]).toEqual([action, code]);
  for (const destination of ["1", "2"]) desk.hook("a", "audit_log", { destination });
  expect((await failureOf(Promise.try(() => desk.hook("a", "audit_log", { destination: "3" })))).code).toBe("REF_HOOK_LIMIT");
  expect(desk.count("passage_ref_hooks")).toBe(2);
});

test("a configuration that fits no action: what is said names place, value, what is expected, and what may have been meant; never the value of a header", async () => {
  await using desk = new RefDesk();
  const url = "https://example.com";
  const cases = [
    ["webhook", {}, "config.url is missing; expected an http or https URL"],
    ["webhook", { url: "ftp://a" }, 'config.url is "ftp://a"; expected an http or https URL'],
    ["webhook", { url, uri: 1 }, 'config has an unknown field "uri"; expected url, headers, include_passage, template, sync'],
    ["webhook", { url, sync: "yes" }, 'config.sync is "yes"; expected true or false'],
    ["webhook", { url, headers: { "a\nb": "x" } }, 'config.headers has "a\\nb"; expected the name of an HTTP header'],
    ["webhook", { url, headers: { "Webhook-Id": "x" } }, 'config.headers has "Webhook-Id"; nexus sets this header itself'],
    ["webhook", { url, headers: { "X-Key": "not a\nsecret" } }, "config.headers.X-Key is not valid; expected one line"],
    ["audit_log", { destination: "" }, 'config.destination is ""; expected a text of 1 to 128 characters'],
    ["audit_log", [1], "config is [1]; expected a JSON object"],
  ] as const;
  for (const [action, config, said] of cases) expect(await failureOf(Promise.try(() => desk.hook("a", action, config)))).toMatchObject({ code: "REF_HOOK_INVALID", message: expect.stringContaining(said) as string });
  expect(desk.count("passage_ref_hooks")).toBe(0);
});

test("a hook is checked again when it is enabled: what it needs may be gone since it was made", async () => {
  await using desk = new RefDesk();
  const write = { limits: desk.config.refs, dryRun: false };
  createScope(desk.store, "s", { refs: [], types: [], tags: [], limit: 10 }, { now: 1, dryRun: false });
  const { id } = desk.hook("a", "refresh_scope", { scope_name: "s" }, false);
  removeScope(desk.store, "s", false);
  expect(await failureOf(Promise.try(() => enableRefHook(desk.store, id, true, write)))).toMatchObject({ code: "SCOPE_NOT_FOUND" });
  expect((await desk.set("a", "x")).executions).toEqual([]);
  expect(enableRefHook(desk.store, id, false, write).changed).toBe(false);
});

test("more hooks than may be, inserted by hand: the update that meets them is refused, and changes nothing", async () => {
  await using desk = new RefDesk({ refs: { max_hooks: 2 } });
  for (let n = 0; n < 3; n += 1) desk.store.db.run(`INSERT INTO passage_ref_hooks (ref_name, action_type, config) VALUES ('a', 'audit_log', '{"destination": "log"}')`);
  expect(await failureOf(desk.set("a", "x"))).toMatchObject({ code: "REF_HOOK_LIMIT", message: "a has more than refs.max_hooks = 2 enabled hooks" });
  expect(desk.count("refs")).toBe(0);
  desk.store.db.run("UPDATE passage_ref_hooks SET enabled = FALSE WHERE rowid = 1");
  expect((await desk.set("a", "x")).executions).toHaveLength(2);
});
