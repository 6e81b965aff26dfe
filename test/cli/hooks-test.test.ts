import { expect, test } from "bun:test";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Database } from "bun:sqlite";
import { normaliseEvent } from "../../src/engine/ingest/normalise.ts";
import { insertEvents } from "../../src/engine/store/events.ts";
import { invocationsOfEvent } from "../../src/engine/store/invocation-queries.ts";
import { openStore } from "../../src/engine/store/open.ts";
import { nexus } from "../helpers/nexus-command.ts";
import { Served } from "../helpers/served.ts";
import { tempHome } from "../helpers/temp-home.ts";

const CONFIG = (home: string): string => `
[agents.atlas]
runner = "command"
command = ["/bin/sh", "-c", "cat > ${join(home, "given.txt")}; echo done"]

[personas.helper]
agent = "atlas"
files = ["persona.md"]

[[access]]
name = "friends"
channels = ["test"]
effect = "allow"
persona = "helper"

[outbound.log]
type = "file"
path = "answers.ndjson"
channels = ["test"]
`;

const HOOK = `/** @description Asks for mail */
export default (ctx) => {
  ctx.log.info("looked at " + ctx.event.id);
  return ctx.event.content.includes("fail") ? (() => { throw new Error("no"); })() : { fire: true, routing: { queue_mode: "followup" }, context: { prompt: "Please answer " + ctx.session.persona, data: { n: 1 } } };
};
`;

const EVENT = { id: "test:one", channel: "test", type: "message", content: "hi \u202Ethere", sender_id: "casey", timestamp: "2026-01-02T03:04:05.000Z" };

interface Dry {
  readonly unseen?: string;
  readonly invocation?: { readonly outcome: string; readonly result: unknown };
  readonly logs?: { readonly text: string }[];
  readonly plan?: { readonly session_key: string; readonly agent: string; readonly effective_mode: string; readonly outbound: string; readonly context: { readonly system: string; readonly prompt: string; readonly tokens: number } };
}

function rows(home: string): number {
  const db = new Database(join(home, "state", "nexus.db"), { readonly: true });
  try {
    return ["events", "hook_invocations", "dispatches", "turns", "deliveries", "hooks", "hook_state", "sessions"].reduce((sum, table) => sum + (db.query<{ n: number }, []>(`SELECT count(*) AS n FROM ${table}`).get()?.n ?? 0), 0);
  } finally {
    db.close();
  }
}

test("a dry run says what then happens: the same decision, session, mode, agent and context, to the letter; and records nothing", async () => {
  using home = tempHome();
  const script = join(home.path, "asks.ts");
  const event = join(home.path, "event.json");
  writeFileSync(join(home.path, "config.toml"), CONFIG(home.path));
  writeFileSync(join(home.path, "persona.md"), "You are helpful.");
  writeFileSync(script, HOOK);
  writeFileSync(event, JSON.stringify(EVENT));
  await nexus(home.path, ["init"]);
  const before = rows(home.path);
  const dry = (await nexus(home.path, ["hooks", "test", script, "--event", event, "--json"])).json<Dry>();
  expect(rows(home.path)).toBe(before);
  expect(existsSync(join(home.path, "given.txt"))).toBe(false);
  expect(dry.logs?.map(({ text }) => text)).toEqual(["looked at test:one"]);
  expect((await nexus(home.path, ["hooks", "register", script])).code).toBe(0);
  expect((await nexus(home.path, ["events", "emit", "-"], { stdin: JSON.stringify(EVENT) })).code).toBe(0);
  expect((await nexus(home.path, ["serve", "--once"])).code).toBe(0);
  const [dispatch] = (await nexus(home.path, ["dispatches", "list", "--json"])).json<{ id: string; session_key: string; effective_mode: string; turn_id: string; status: string }[]>();
  const shown = (await nexus(home.path, ["dispatches", "show", dispatch?.id ?? "", "--context", "--json"])).json<{ system: string; prompt: string; tokens: number }>();
  expect(dispatch).toMatchObject({ status: "done", session_key: dry.plan?.session_key ?? "", effective_mode: dry.plan?.effective_mode ?? "" });
  expect(shown).toMatchObject({ system: dry.plan?.context.system ?? "", prompt: dry.plan?.context.prompt ?? "", tokens: dry.plan?.context.tokens ?? 0 });
  expect(dry.plan).toMatchObject({ agent: "atlas", outbound: "log" });
  expect(readFileSync(join(home.path, "given.txt"), "utf8")).toContain(shown.prompt);
  expect(readFileSync(join(home.path, "answers.ndjson"), "utf8")).toContain('"text":"done"');
  // A stored event is judged by what was decided when it was stored.
  const again = (await nexus(home.path, ["hooks", "test", script, "--event", "test:one", "--json"])).json<Dry>();
  expect(again.invocation?.result).toEqual(dry.invocation?.result);
}, 60_000);

test("what it would not see, and what fails, is said with its reason and an exit code", async () => {
  using home = tempHome();
  const script = join(home.path, "asks.ts");
  writeFileSync(join(home.path, "config.toml"), CONFIG(home.path));
  writeFileSync(script, HOOK);
  const run = (event: object): ReturnType<typeof nexus> => nexus(home.path, ["hooks", "test", script, "--event", "-", "--json"], { stdin: JSON.stringify(event) });
  const denied = await run({ ...EVENT, channel: "elsewhere" });
  expect([denied.code, denied.json<Dry>().unseen]).toEqual([0, "denied by the lack of a policy that allows it"]);
  const failed = await run({ ...EVENT, content: "fail" });
  expect([failed.code, failed.json<Dry>().invocation?.outcome]).toEqual([1, "error"]);
  expect((await nexus(home.path, ["hooks", "test", script, "--json"])).error().code).toBe("USAGE");
  expect((await nexus(home.path, ["hooks", "test", script, "--event", "nobody:knows", "--json"])).error().code).toBe("EVENT_NOT_FOUND");
}, 60_000);

test("a registered hook is tried by its slug, id or prefix: its stored version, whatever became of the author's file", async () => {
  using home = tempHome();
  const script = join(home.path, "asks.ts");
  writeFileSync(join(home.path, "config.toml"), CONFIG(home.path));
  writeFileSync(join(home.path, "persona.md"), "You are helpful.");
  writeFileSync(script, HOOK);
  const { id } = (await nexus(home.path, ["hooks", "register", script, "--json"])).json<{ id: string }>();
  const run = (name: string, ...args: string[]): ReturnType<typeof nexus> => nexus(home.path, ["hooks", "test", name, "--event", "-", "--json", ...args], { stdin: JSON.stringify(EVENT) });
  const asFile = (await run(script)).json<Dry>();
  writeFileSync(script, "export default () => undefined;\n");
  const before = rows(home.path);
  for (const name of ["asks", id, id.slice(0, 12), id.slice("hook_".length)]) {
    const tried = (await run(name)).json<Dry & { hook: string }>();
    expect([name, tried.hook, tried.invocation?.result, tried.plan?.context.prompt]).toEqual([name, "asks", asFile.invocation?.result, asFile.plan?.context.prompt]);
  }
  // Without an event it is the newest that it has evaluated.
  expect((await nexus(home.path, ["hooks", "test", "asks", "--json"])).error()).toMatchObject({ code: "USAGE", message: expect.stringContaining("asks has evaluated no event yet") });
  // The path that exists is what it says.
  expect((await run(script)).json<Dry>().invocation?.outcome).toBe("no_fire");
  expect(rows(home.path)).toBe(before);
  // Neither a slug nor an id has an ending or a slash: nothing in the caller's folder can stand for a hook.
  expect((await run("nobody")).error()).toMatchObject({ code: "HOOK_NOT_FOUND", hint: "a script is named by its path: ./nobody.ts" });
  expect((await run("asks.ts")).error().code).toBe("SCRIPT_NOT_FOUND");
  expect((await run("./asks")).error().code).toBe("SCRIPT_NOT_FOUND");
  const other = join(home.path, "other.ts");
  writeFileSync(other, HOOK);
  await nexus(home.path, ["hooks", "register", other]);
  expect((await run("hook_")).error().code).toBe("HOOK_NOT_FOUND");
  expect((await run("hook_0")).error()).toMatchObject({ code: "HOOK_AMBIGUOUS", did_you_mean: ["asks", "other"] });
  await nexus(home.path, ["hooks", "delete", "other"]);
  expect((await run("other")).error()).toMatchObject({ code: "HOOK_NOT_FOUND", hint: "it can be brought back" });
}, 60_000);

test("a registered hook is tried for the newest event that it has evaluated, if none is named", async () => {
  using home = tempHome();
  const script = join(home.path, "asks.ts");
  writeFileSync(script, HOOK);
  await nexus(home.path, ["hooks", "register", script]);
  await using served = new Served(home.path);
  await nexus(home.path, ["events", "import", "-"], { stdin: ["one", "two"].map((id) => JSON.stringify({ ...EVENT, id: `test:${id}` })).join("\n") });
  const store = openStore(home.path);
  while (invocationsOfEvent(store, "test:two").length === 0) await new Promise<void>((resolve) => setImmediate(resolve));
  store.close();
  expect(await served.end("SIGTERM")).toBe(0);
  const tried = (await nexus(home.path, ["hooks", "test", "asks", "--json"])).json<Dry & { event_id: string }>();
  expect(tried).toMatchObject({ event_id: "test:two", invocation: { outcome: "fired" } });
});

test("a registered hook is told its own slots and answers from those of others", async () => {
  using home = tempHome();
  for (const name of ["nightly", "other"]) {
    writeFileSync(join(home.path, `${name}.ts`), `export const hook: Hook = { name: "${name}", schedule: { cron: "0 3 * * *" }, handler: (ctx) => ({ fire: true, context: { data: { id: ctx.hook.id } } }) };\n`);
    await nexus(home.path, ["hooks", "register", join(home.path, `${name}.ts`)]);
  }
  const { id } = (await nexus(home.path, ["hooks", "info", "nightly", "--json"])).json<{ id: string }>();
  const store = openStore(home.path);
  store.write(() => insertEvents(store, [{ ...normaliseEvent({ id: `timer:${id}:1`, type: "schedule", channel: "timer" }, { now: 1, maxBytes: 1_000 }), addressed_to: id }], { maxDepth: 8, maxChain: 256 }));
  store.close();
  const run = async (name: string): Promise<Dry> => (await nexus(home.path, ["hooks", "test", name, "--event", `timer:${id}:1`, "--json"])).json<Dry>();
  expect(await run("nightly")).toMatchObject({ invocation: { outcome: "fired", result: { context: { data: { id } } } } });
  expect((await run("other")).unseen).toContain(id);
  await using served = new Served(home.path);
  await served.until(({ event }) => event === "started");
  expect(await run("nightly")).toMatchObject({ through: "daemon", invocation: { outcome: "fired" } });
  expect(await run("other")).toMatchObject({ through: "daemon", unseen: expect.stringContaining(id) });
}, 60_000);
