import { expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { nexus } from "../helpers/nexus-command.ts";
import { Served } from "../helpers/served.ts";
import { tempHome } from "../helpers/temp-home.ts";

function script(home: string, name: string, body: string): string {
  const path = join(home, `${name}.ts`);
  writeFileSync(path, `export default async function (ctx: HookContext): Promise<HookResult> { ${body} }\n`);
  return path;
}

test("a hook registered while serve runs decides on an event that the CLI emits; SIGTERM ends it in order", async () => {
  using home = tempHome();
  await using served = new Served(home.path);
  await served.until(({ event }) => event === "started");
  await nexus(home.path, ["hooks", "register", script(home.path, "greets", 'return { fire: ctx.event.type === "message", context: { prompt: "hi" } };')]);
  const emitted = (await nexus(home.path, ["events", "emit", "--type", "message", "--content", "hello", "--json"])).json<{ id: string }>();
  const fired = await served.until(({ event }) => event === "fired");
  expect(fired).toMatchObject({ hook: "greets", event_id: emitted.id, prompt: "hi", status: "pending" });
  expect((await nexus(home.path, ["status", "--json"])).json()).toMatchObject({ daemon: { running: true, pid: served.process.pid }, dispatches: { pending: 1 } });
  served.process.kill("SIGTERM");
  expect(await served.process.exited).toBe(0);
  expect((await nexus(home.path, ["status", "--json"])).json()).toMatchObject({ daemon: { running: false } });
}, 20_000);

test("only one daemon owns a home: the second says who does, and a kill frees it at once", async () => {
  using home = tempHome();
  const first = new Served(home.path);
  await first.until(({ event }) => event === "started");
  const second = await nexus(home.path, ["serve", "--json"]);
  expect(second.code).toBe(5);
  expect(second.error()).toMatchObject({ code: "DAEMON_RUNNING", message: expect.stringContaining(`pid ${first.process.pid}`) });
  first.process.kill("SIGKILL");
  await first.process.exited;
  expect((await nexus(home.path, ["serve", "--once"])).code).toBe(0);
}, 20_000);

test("kill -9 at any moment: after a restart every event is evaluated and dispatched exactly once", async () => {
  using home = tempHome();
  await nexus(home.path, ["hooks", "register", script(home.path, "slow", 'await new Promise((r) => setTimeout(r, 3)); return { fire: ctx.event.type === "message" };')]);
  await nexus(home.path, ["hooks", "register", script(home.path, "quick", 'return { fire: ctx.event.type === "message" };')]);
  const input = Array.from({ length: 400 }, (_, n) => JSON.stringify({ id: `kill:${n}`, content: `${n}` })).join("\n");
  expect((await nexus(home.path, ["events", "import", "-", "--json"], { stdin: input })).code).toBe(0);
  let kills = 0;
  for (; kills < 6; kills += 1) {
    const served = new Served(home.path);
    let fires = 0;
    await served.until(({ event }) => event === "fired" && (fires += 1) === 15 + kills * 10);
    await served[Symbol.asyncDispose]();
  }
  expect((await nexus(home.path, ["serve", "--once"])).code).toBe(0);
  for (const hook of ["slow", "quick"]) {
    const rows = (await nexus(home.path, ["hooks", "invocations", hook, "--last", "100000", "--json"])).json<{ event_id: string; outcome: string }[]>().filter(({ event_id }) => event_id.startsWith("kill:"));
    expect(rows).toHaveLength(400);
    expect(new Set(rows.map(({ event_id }) => event_id)).size).toBe(400);
    expect(new Set(rows.map(({ outcome }) => outcome))).toEqual(new Set(["fired"]));
  }
  expect((await nexus(home.path, ["status", "--json"])).json()).toMatchObject({ dispatches: { pending: 800 }, events: { not_evaluated: 0 } });
}, 60_000);
