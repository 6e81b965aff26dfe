import { expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { insertInvocations, insertLogs } from "../../src/engine/store/invocations.ts";
import { openStore } from "../../src/engine/store/open.ts";
import { nexus } from "../helpers/nexus-command.ts";
import { invocation } from "../helpers/rows.ts";
import { tempHome } from "../helpers/temp-home.ts";

/** Registers a hook that the engine never runs here: what happened is written by the test. */
async function register(home: string, name: string, triggers: string): Promise<string> {
  const path = join(home, `${name}.ts`);
  writeFileSync(path, `export const hook: Hook = { name: "${name}", triggers: ${triggers}, handler: () => ({ fire: false }) };\n`);
  const registered = await nexus(home, ["hooks", "register", path, "--json"]);
  expect(registered.code).toBe(0);
  return registered.json<{ id: string }>().id;
}

async function deskWithHistory(home: string): Promise<{ readonly casey: string }> {
  const casey = await register(home, "casey", "{ event: { channels: ['test'] } }");
  await register(home, "mail", "{ event: { channels: ['email'] } }");
  await register(home, "mail-too", "{ event: { channels: ['email'] } }");
  for (const n of [1, 2, 3, 4]) await nexus(home, ["events", "emit", "--id", `test:${n}`, "--content", `message ${n}`]);
  const store = openStore(home);
  store.write(() => {
    insertInvocations(store, [
      invocation(1, { hook_id: casey, latency_us: 8_200 }),
      invocation(2, { hook_id: casey, outcome: "fired", fired: true, latency_us: 145_000, llm_calls: 1, result: { fire: true } }),
      invocation(3, { hook_id: casey, outcome: "error", error: "Error: no\nat x", latency_us: 400 }),
      invocation(4, { hook_id: casey, outcome: "skipped_circuit", reason: "breaker is open", latency_us: 0 }),
    ]);
    insertLogs(store, "inv_2", [{ at: 1, level: "info", text: "thinking" }], 0);
  });
  store.close();
  return { casey };
}

test("why, invocations and logs tell what became of events", async () => {
  using home = tempHome();
  const { casey } = await deskWithHistory(home.path);

  const table = await nexus(home.path, ["hooks", "invocations", "casey", "--last", "10"]);
  expect(table.out).toMatch(/^ID +Event +Fired +Latency +LLM Calls +Error\ninv_1 +test:1 +no +8\.2ms +0 +-\ninv_2 +test:2 +yes +145ms +1 +-\ninv_3 +test:3 +no +0\.4ms +0 +Error: no at x\ninv_4 +test:4 +skipped circuit +0ms +0 +breaker is open\n$/);
  const ids = async (...args: string[]): Promise<string[]> => (await nexus(home.path, ["hooks", "invocations", casey, "--json", ...args])).json<{ id: string }[]>().map(({ id }) => id);
  expect(await ids("--last", "2")).toEqual(["inv_4", "inv_3"]);
  expect(await ids("--errors-only")).toEqual(["inv_3"]);
  expect(await ids("--since", "2026-01-28T01:30:03Z")).toEqual(["inv_4", "inv_3"]);
  expect((await nexus(home.path, ["hooks", "invocations", "casey", "--last", "0", "--json"])).error()).toMatchObject({ code: "USAGE" });

  const logs = await nexus(home.path, ["hooks", "logs", "casey", "--invocation", "inv_2", "--json"]);
  expect(logs.json()).toMatchObject([{ invocation_id: "inv_2", event_id: "test:2", lines: [{ at: 1, level: "info", text: "thinking" }] }]);
  expect((await nexus(home.path, ["hooks", "logs", "casey", "--invocation", "inv_9", "--json"])).error()).toMatchObject({ code: "INVOCATION_NOT_FOUND" });

  const why = await nexus(home.path, ["why", "test:2"]);
  expect(why.out).toMatch(/^test:2 {2}message on test, \S+\n {2}message 2\n\nHook +Verdict +Because\ncasey +fired +it returned fire: true after 145ms\n\n2 hooks: trigger did not match \(--all lists them\)\n$/);
  expect((await nexus(home.path, ["why", "test:2", "--all"])).out).toContain('event.channels wants "email"; the event has "test"');
  expect((await nexus(home.path, ["why", "test:2", "mail"])).out).toContain('event.channels wants "email"; the event has "test"');
  expect((await nexus(home.path, ["why", "test:4", "casey", "--json"])).json()).toMatchObject({ event: { id: "test:4" }, hooks: [{ hook: "casey", verdict: "skipped", because: "breaker is open", outcome: "skipped_circuit" }] });
  expect((await nexus(home.path, ["why", "test:2", "--json"])).json<{ hooks: unknown[] }>().hooks).toHaveLength(3);

  const shown = await nexus(home.path, ["events", "show", "test:3", "--json"]);
  expect(shown.json()).toMatchObject({ id: "test:3", invocations: [{ id: "inv_3", hook: "casey", outcome: "error" }] });
}, 60_000);

test("an event or a hook that is not there is not found", async () => {
  using home = tempHome();
  await nexus(home.path, ["events", "emit", "--id", "test:1"]);
  const missing = await nexus(home.path, ["why", "test:9", "--json"]);
  expect([missing.code, missing.error().code]).toEqual([3, "EVENT_NOT_FOUND"]);
  const nobody = await nexus(home.path, ["why", "test:1", "nobody", "--json"]);
  expect([nobody.code, nobody.error().code]).toEqual([3, "HOOK_NOT_FOUND"]);
});
