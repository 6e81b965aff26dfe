import { expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { nexus, type Answer } from "../helpers/nexus-command.ts";
import { tempHome } from "../helpers/temp-home.ts";

/** What a dashboard shows of a hook, and must be the same after a change and its undoing. */
interface Shown {
  readonly status: string;
  readonly changed?: boolean;
  readonly version: number;
  readonly script_hash: string;
  readonly deleted_at?: string;
  readonly disabled_reason?: string;
}

function script(home: string, answer: string): string {
  const path = join(home, "asks.ts");
  writeFileSync(path, `export const hook: Hook = { name: "asks", handler: () => (${answer}) };\n`);
  return path;
}

test("each change of a hook prints the hook as it is then, is undone by one command, and done twice is no change or says why", async () => {
  using temp = tempHome();
  const { path: home } = temp;
  const run = (...args: string[]): Promise<Answer> => nexus(home, [...args, "--json"]);
  const change = async (...args: string[]): Promise<Shown> => {
    const answer = await run("hooks", ...args);
    expect([args.join(" "), answer.code, answer.err]).toEqual([args.join(" "), 0, ""]);
    return answer.json<Shown>();
  };
  const refused = async (...args: string[]): Promise<string> => (await run("hooks", ...args)).error().code;
  const one = await change("register", script(home, "{ fire: false }"));
  const two = await change("update", "asks", script(home, "{ fire: true }"));

  expect(await change("disable", "asks", "--reason", "loud")).toMatchObject({ status: "disabled", disabled_reason: "loud", changed: true });
  expect(await change("disable", "asks", "--reason", "louder")).toMatchObject({ status: "disabled", disabled_reason: "loud", changed: false });
  const enabled = await change("enable", "asks");
  expect(enabled).toMatchObject({ status: "active", changed: true });
  expect(enabled).not.toHaveProperty("disabled_reason");
  expect(await change("enable", "asks")).toMatchObject({ status: "active", changed: false });

  expect((await change("delete", "asks")).deleted_at).toBeString();
  expect(await refused("delete", "asks")).toBe("HOOK_NOT_FOUND");
  expect(await refused("enable", "asks")).toBe("HOOK_NOT_FOUND");
  const restored = await change("restore", "asks");
  expect(restored).toMatchObject({ status: "active", changed: true, version: 2 });
  expect(restored).not.toHaveProperty("deleted_at");
  expect(await refused("restore", "asks")).toBe("HOOK_WRONG_STATE");
  // With the status it had.
  await change("disable", "asks");
  await change("delete", "asks");
  expect(await change("restore", "asks")).toMatchObject({ status: "disabled" });
  await change("enable", "asks");

  const back = await change("rollback", "asks");
  expect(back).toMatchObject({ version: 3, script_hash: one.script_hash, changed: true });
  expect(await change("rollback", "asks", "--to", "1")).toMatchObject({ version: 3, changed: false });
  expect(await change("rollback", "asks", "--to", "2")).toMatchObject({ version: 4, script_hash: two.script_hash, changed: true });
  expect(await refused("rollback", "asks", "--to", "9")).toBe("VERSION_NOT_FOUND");
  for (const command of ["enable", "disable", "delete", "restore", "rollback"]) expect([command, await refused(command, "nobody")]).toEqual([command, "HOOK_NOT_FOUND"]);
}, 60_000);

test("a dispatch that was cancelled waits again after a retry, and one that was retried is cancelled; both print it", async () => {
  using temp = tempHome();
  const { path: home } = temp;
  const run = (...args: string[]): Promise<Answer> => nexus(home, [...args, "--json"]);
  await run("hooks", "register", script(home, "{ fire: true }"));
  await run("events", "emit", "--id", "test:1");
  // Without agents it stays pending.
  expect((await nexus(home, ["serve", "--once"])).code).toBe(0);
  const [{ id = "" } = {}] = (await run("dispatches", "list")).json<{ id?: string }[]>();
  expect((await run("dispatches", "retry", id)).error().code).toBe("DISPATCH_WRONG_STATE");
  for (let n = 0; n < 2; n += 1) {
    const cancelled = await run("dispatches", "cancel", id);
    expect(cancelled.json()).toMatchObject({ id, status: "cancelled", event_id: "test:1", settled_at: expect.any(String) });
    const twice = await run("dispatches", "cancel", id);
    expect([twice.code, twice.error().code]).toEqual([5, "DISPATCH_WRONG_STATE"]);
    const retried = await run("dispatches", "retry", id);
    expect(retried.json()).toMatchObject({ id, status: "pending", event_id: "test:1" });
    expect(retried.json()).not.toHaveProperty("settled_at");
  }
  for (const command of ["cancel", "retry"]) expect([command, (await run("dispatches", command, "dsp_none")).error().code]).toEqual([command, "DISPATCH_NOT_FOUND"]);
}, 60_000);
