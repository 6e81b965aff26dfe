import { expect, test } from "bun:test";
import { Database } from "bun:sqlite";
import { existsSync, mkdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { nexus } from "../helpers/nexus-command.ts";
import { Served } from "../helpers/served.ts";
import { tempHome } from "../helpers/temp-home.ts";

interface Dry {
  readonly through: string;
  readonly unseen?: string;
  readonly invocation?: { readonly outcome: string; readonly result?: unknown; readonly error?: string };
  readonly plan?: Readonly<Record<string, unknown>>;
}

const EVENT = { id: "test:one", channel: "test", content: "hi", sender_id: "casey", timestamp: "2026-01-02T03:04:05.000Z" };
const FIRES = `export default (ctx) => ({ fire: true, routing: { queue_mode: "followup" }, context: { prompt: "Answer " + ctx.event.content + " as " + ctx.session.persona, data: { n: 1 } } });\n`;
const config = (persona: string, isolation = "process"): string => `
isolation = "${isolation}"
[agents.atlas]
runner = "command"
command = ["/bin/true"]
[personas.${persona}]
agent = "atlas"
files = ["persona.md"]
[[access]]
name = "friends"
channels = ["test"]
effect = "allow"
persona = "${persona}"
`;

function write(home: string, name: string, text: string): string {
  writeFileSync(join(home, name), text);
  return join(home, name);
}

async function dry(home: string, script: string, ...more: string[]): Promise<{ readonly code: number; readonly result: Dry }> {
  const answer = await nexus(home, ["hooks", "test", script, "--event", "-", "--json", ...more], { stdin: JSON.stringify(EVENT) });
  return { code: answer.code, result: answer.json<Dry>() };
}

async function serving(home: string): Promise<Served> {
  const served = new Served(home);
  await served.until(({ event }) => event === "started");
  return served;
}

/** All that a run would leave; a minute may pass meanwhile, and its tick is stored. */
function rows(home: string): unknown {
  const db = new Database(join(home, "state", "nexus.db"), { readonly: true });
  try {
    return ["events", "hook_invocations", "dispatches", "turns", "deliveries", "hooks", "hook_versions", "hook_state", "sessions", "notices"].map((table) => db.query(`SELECT '${table}' AS t, * FROM ${table}${table === "events" ? " WHERE channel <> 'timer'" : ""} ORDER BY 2`).all());
  } finally {
    db.close();
  }
}

test("a dry run through the daemon comes to the same plan as alone, to the letter; and records nothing", async () => {
  using home = tempHome();
  write(home.path, "config.toml", config("helper"));
  write(home.path, "persona.md", "You are helpful.");
  const script = write(home.path, "asks.ts", FIRES);
  await nexus(home.path, ["init"]);
  const alone = await dry(home.path, script);
  expect([alone.code, alone.result.through, alone.result.plan?.["agent"]]).toEqual([0, "alone", "atlas"]);
  await using served = await serving(home.path);
  const before = rows(home.path);
  const through = await dry(home.path, script);
  expect([through.code, through.result.through]).toEqual([0, "daemon"]);
  expect(JSON.stringify(through.result.plan)).toBe(JSON.stringify(alone.result.plan));
  expect(through.result.invocation?.result).toEqual(alone.result.invocation?.result);
  const text = await nexus(home.path, ["hooks", "test", script, "--event", "-"], { stdin: JSON.stringify(EVENT) });
  expect(text.out).toContain("asks for test:one, through the running daemon: nothing was recorded");
  // What it refuses is what it refuses alone: a code, and its exit code.
  const unknown = await nexus(home.path, ["hooks", "test", script, "--event", "nobody:knows", "--json"]);
  expect([unknown.code, unknown.error().code]).toEqual([3, "EVENT_NOT_FOUND"]);
  expect((await nexus(home.path, ["hooks", "test", script, "--event", "-", "--keep-state", "--json"], { stdin: JSON.stringify(EVENT) })).error().code).toBe("HOOK_NOT_FOUND");
  const notJson = await nexus(home.path, ["hooks", "test", script, "--event", "-", "--json"], { stdin: "{" });
  expect([notJson.code, notJson.error().code]).toEqual([6, "EVENT_NOT_JSON"]);
  expect(rows(home.path)).toEqual(before);
  expect(await served.end("SIGTERM")).toBe(0);
  expect(existsSync(join(home.path, "state", "nexus.sock"))).toBe(false);
}, 60_000);

// switch: mutant dry-run-by-the-caller
test("what counts is the configuration the daemon started with, and the state that it reads", async () => {
  using home = tempHome();
  write(home.path, "config.toml", config("helper"));
  write(home.path, "persona.md", "You are helpful.");
  const script = write(home.path, "asks.ts", `export const hook = { triggers: { event: { types: ["message"] } }, handler: (ctx) => { ctx.state.set("seen", (ctx.state.get("seen") ?? 0) + 1); return { fire: true, context: { prompt: ctx.session.persona + " " + ctx.state.get("seen") } }; } };\n`);
  expect((await nexus(home.path, ["hooks", "register", script])).code).toBe(0);
  await using served = await serving(home.path);
  expect((await nexus(home.path, ["events", "emit", "-"], { stdin: JSON.stringify({ ...EVENT, id: "test:zero" }) })).code).toBe(0);
  await served.until(({ event }) => event === "fired");
  write(home.path, "config.toml", config("other"));
  expect((await dry(home.path, script)).result.plan).toMatchObject({ persona: "helper" });
  expect((await dry(home.path, script)).result.invocation?.result).toMatchObject({ context: { prompt: "helper 1" } });
  expect((await dry(home.path, script, "--keep-state")).result.invocation?.result).toMatchObject({ context: { prompt: "helper 2" } });
  expect(await served.end("SIGTERM")).toBe(0);
  expect((await dry(home.path, script)).result).toMatchObject({ through: "alone", plan: { persona: "other" } });
}, 60_000);

test("a script that hangs, ends its process or floods in a dry run does nothing to the hooks that live", async () => {
  using home = tempHome();
  write(home.path, "config.toml", `isolation = "process"\n`);
  const counts = write(home.path, "counts.ts", `let seen = 0;\nexport const hook: Hook = { triggers: { event: { types: ["message"] } }, handler: () => ({ fire: true, context: { prompt: String((seen += 1)) } }) };\n`);
  expect((await nexus(home.path, ["hooks", "register", counts])).code).toBe(0);
  await using served = await serving(home.path);
  const emit = async (id: string): Promise<void> => expect((await nexus(home.path, ["events", "emit", "-"], { stdin: JSON.stringify({ id }) })).code).toBe(0);
  await emit("live:1");
  expect(await served.until(({ event }) => event === "fired")).toMatchObject({ prompt: "1" });
  const before = rows(home.path);
  const bad = {
    hangs: `export const hook: Hook = { limits: { timeout_ms: 300 }, handler: () => { for (;;); } };\n`,
    ends: `export default () => { process.kill(process.pid, "SIGKILL"); };\n`,
    floods: `export default () => { for (let n = 0; n < 20_000; n += 1) console.log("x".repeat(100)); throw new Error("no"); };\n`,
  };
  const results = await Promise.all(Object.entries(bad).map(([name, text]) => dry(home.path, write(home.path, `${name}.ts`, text))));
  expect(results.map(({ code, result }) => [code, result.through, result.invocation?.outcome])).toEqual([[1, "daemon", "timeout"], [1, "daemon", "crashed"], [1, "daemon", "error"]]);
  expect(rows(home.path)).toEqual(before);
  await emit("live:2");
  // In the Worker that it had before: nobody ended it.
  expect(await served.until(({ event }) => event === "fired")).toMatchObject({ prompt: "2" });
}, 60_000);

// switch: mutant alone-instead-of-unreachable
test("a daemon that dies while it is asked is an error; the socket that it leaves is nobody, and the next start replaces it", async () => {
  using home = tempHome();
  write(home.path, "config.toml", `isolation = "process"\n`);
  const killer = write(home.path, "killer.ts", `
    import { readFileSync } from "node:fs";
    import { dirname, join } from "node:path";
    export default (ctx: HookContext) => {
      const { pid } = JSON.parse(readFileSync(join(dirname(ctx.dbPath), "daemon.json"), "utf8"));
      process.kill(pid, "SIGKILL");
    };`);
  const asks = write(home.path, "asks.ts", FIRES);
  const socket = join(home.path, "state", "nexus.sock");
  await using served = await serving(home.path);
  expect(statSync(socket).mode & 0o777).toBe(0o600);
  const died = await nexus(home.path, ["hooks", "test", killer, "--event", "-", "--json"], { stdin: JSON.stringify(EVENT) });
  expect([died.code, died.error().code, died.error().retryable]).toEqual([7, "DAEMON_UNREACHABLE", true]);
  await served.process.exited;
  expect(existsSync(socket)).toBe(true);
  expect((await dry(home.path, asks)).result.through).toBe("alone");
  await using next = await serving(home.path);
  expect((await dry(home.path, asks)).result.through).toBe("daemon");
  expect(await next.end("SIGTERM")).toBe(0);
}, 60_000);

test("a daemon that is stopped while it is asked says so within its drain", async () => {
  using home = tempHome();
  write(home.path, "config.toml", `isolation = "process"\n`);
  const stopper = write(home.path, "stopper.ts", `
    import { readFileSync } from "node:fs";
    import { dirname, join } from "node:path";
    export default async (ctx: HookContext) => {
      const { pid } = JSON.parse(readFileSync(join(dirname(ctx.dbPath), "daemon.json"), "utf8"));
      process.kill(pid, "SIGTERM");
      await new Promise(() => undefined);
    };`);
  await using served = await serving(home.path);
  const stopped = await nexus(home.path, ["hooks", "test", stopper, "--event", "-", "--json"], { stdin: JSON.stringify(EVENT) });
  expect([stopped.code, stopped.error().code]).toEqual([7, "DAEMON_UNREACHABLE"]);
  expect(stopped.error().message).toContain("the daemon is stopping");
  expect(await served.process.exited).toBe(0);
}, 60_000);

test.skipIf(process.platform !== "linux")("a long path of the home is no hindrance on Linux", async () => {
  using home = tempHome();
  const long = join(home.path, "a".repeat(120));
  mkdirSync(long, { mode: 0o700 });
  write(long, "config.toml", `isolation = "process"\n`);
  await using served = await serving(long);
  expect(statSync(join(long, "state", "nexus.sock")).isSocket()).toBe(true);
  expect((await dry(long, write(long, "asks.ts", FIRES))).result.through).toBe("daemon");
  expect(await served.end("SIGTERM")).toBe(0);
}, 60_000);

test("without its socket the daemon does its work, says why it has none, and commands work alone", async () => {
  using home = tempHome();
  write(home.path, "config.toml", `isolation = "process"\n`);
  mkdirSync(join(home.path, "state", "nexus.sock"), { recursive: true, mode: 0o700 });
  const served = new Served(home.path);
  await using _end = served;
  const unavailable = await served.until(({ event }) => event === "api_unavailable");
  expect(unavailable["message"]).toContain("is in the way, and no socket");
  expect(await served.until(({ event }) => event === "started")).not.toHaveProperty("socket");
  expect((await dry(home.path, write(home.path, "asks.ts", FIRES))).result).toMatchObject({ through: "alone", invocation: { outcome: "fired" } });
  const { checks } = (await nexus(home.path, ["doctor", "--json"])).json<{ checks: { name: string; status: string; detail: string }[] }>();
  expect(checks.find(({ name }) => name === "socket")).toMatchObject({ status: "warning" });
  expect(await served.end("SIGTERM")).toBe(0);
}, 60_000);

test.skipIf(process.platform !== "linux")("a hook in a sandbox does not reach the daemon's socket, whatever it declares", async () => {
  using home = tempHome();
  write(home.path, "config.toml", `isolation = "auto"\n`);
  const reaches = write(home.path, "reaches.ts", `
    import { dirname, join } from "node:path";
    export const hook: Hook = {
      permissions: { net: ["*"], read: ["/usr/bin"], run: ["/bin/sh"] },
      handler: async (ctx) => {
        const answer = await fetch("http://nexus/healthz", { unix: join(dirname(ctx.dbPath), "nexus.sock") } as RequestInit).then((r) => r.text(), String);
        return { fire: answer.includes("live"), context: { prompt: answer } };
      },
    };`);
  await using served = await serving(home.path);
  const { isolation } = (await (await fetch("http://nexus/v1/daemon", { unix: join(home.path, "state", "nexus.sock") })).json()) as { readonly isolation: string };
  expect((await dry(home.path, reaches)).result.invocation?.outcome).toBe(isolation === "none" ? "fired" : "no_fire");
  expect(await served.end("SIGTERM")).toBe(0);
}, 60_000);
