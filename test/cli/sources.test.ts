import { expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { nexus, nexusProcess } from "../helpers/nexus-command.ts";
import { tempHome } from "../helpers/temp-home.ts";

interface Source {
  readonly source: string;
  readonly held: boolean;
  readonly held_at?: string;
  readonly held_by?: string;
  readonly reason?: string;
  readonly last_hour: number;
  readonly last_day: number;
  readonly waiting: number;
}

async function register(home: string): Promise<void> {
  const path = join(home, "sees.ts");
  writeFileSync(path, `export const hook: Hook = { name: "sees", triggers: { event: { types: ["message"] } }, handler: () => ({ fire: false }) };\n`);
  expect((await nexus(home, ["hooks", "register", path])).code).toBe(0);
}

const list = async (home: string): Promise<Source[]> => (await nexus(home, ["sources", "list", "--json"])).json<Source[]>();
const one = async (home: string, name: string): Promise<Source | undefined> => (await list(home)).find(({ source }) => source === name);
const emit = (home: string, id: string): Promise<unknown> => nexus(home, ["events", "emit", "--id", id, "--content", "hello"]);

test("hold, list and release without a daemon; a dry run changes nothing", async () => {
  using home = tempHome();
  await register(home.path);
  await emit(home.path, "email:1");
  expect((await nexus(home.path, ["sources", "hold", "email", "--reason", "a loop", "--dry-run", "--json"])).json()).toMatchObject({ source: "email", held: true, changed: true, dry_run: true });
  expect(await list(home.path)).toMatchObject([{ source: "email", held: false, last_hour: 1, last_day: 1, waiting: 0 }]);
  const held = await nexus(home.path, ["sources", "hold", "email", "--reason", "a loop"]);
  expect({ code: held.code, out: held.out }).toEqual({ code: 0, out: "✓ Source held: email (a loop). Its events are stored and wait; `nexus sources release email` lets them go\n" });
  await emit(home.path, "chat:1");
  expect(await list(home.path)).toMatchObject([
    { source: "email", held: true, held_at: expect.any(String), held_by: expect.any(String), reason: "a loop", waiting: 1 },
    { source: "chat", held: false, last_hour: 1 },
  ]);
  const text = await nexus(home.path, ["sources", "list"]);
  expect(text.out).toMatch(/^Source {2}Last hour {2}Last 24h {2}Last event +Waiting {2}State\nemail +1 +1 +\S+ +1 +held since \S+ by \S+: a loop\nchat +1 +1 +\S+ +- +-\n$/);
  expect((await nexus(home.path, ["serve", "--once"])).code).toBe(0);
  const why = await nexus(home.path, ["why", "email:1"]);
  expect(why.out).toContain("Waits: held since ");
  expect(why.out).toContain("(a loop); release with `nexus sources release email`");
  expect((await nexus(home.path, ["why", "email:1", "--json"])).json()).toMatchObject({ held: expect.stringContaining("held since"), hooks: [{ verdict: "held" }] });
  const status = await nexus(home.path, ["status", "--json"]);
  expect(status.json()).toMatchObject({ sources: [{ source: "email", held: true, waiting: 1 }], findings: [{}, { side: "flow", grade: "degraded", evidence: expect.stringContaining("(a loop): 1 event waiting") }, {}, {}] });
  expect((await nexus(home.path, ["sources", "release", "email", "--dry-run"])).out).toBe("✓ [dry run] Source released: email; 1 event is to be evaluated\n");
  expect((await nexus(home.path, ["sources", "release", "email", "--discard", "--json"])).json()).toMatchObject({ source: "email", held: false, changed: true, waiting: 1, discarded: 1 });
  expect((await nexus(home.path, ["serve", "--once"])).code).toBe(0);
  expect((await nexus(home.path, ["hooks", "invocations", "sees", "--json"])).json<{ event_id: string; outcome: string }[]>().map(({ event_id, outcome }) => `${event_id} ${outcome}`).toSorted()).toEqual(["chat:1 no_fire", "email:1 skipped_discarded"]);
  expect((await nexus(home.path, ["sources", "release", "email"])).out).toBe("· email is not held\n");
}, 30_000);

// switch: mutant holds-unseen-by-the-daemon
test("a running daemon follows, and a home that comes back from a backup is held as it was", async () => {
  using home = tempHome();
  await register(home.path);
  const daemon = nexusProcess(home.path, ["serve", "--json"]);
  const out = daemon.stdout.getReader();
  expect(new TextDecoder().decode((await out.read()).value)).toContain("started");
  await nexus(home.path, ["sources", "hold", "email"]);
  await emit(home.path, "email:1");
  await emit(home.path, "chat:1");
  const outcomes = async (): Promise<string[]> => (await nexus(home.path, ["hooks", "invocations", "sees", "--json"])).json<{ event_id: string }[]>().map(({ event_id }) => event_id);
  while (!(await outcomes()).includes("chat:1"));
  expect(await outcomes()).toEqual(["chat:1"]);
  expect((await nexus(home.path, ["backup", join(home.path, "copy.nexus")])).code).toBe(0);
  await nexus(home.path, ["sources", "release", "email"]);
  while ((await outcomes()).length < 2);
  daemon.kill("SIGTERM");
  expect(await daemon.exited).toBe(0);
  expect(await one(home.path, "email")).toMatchObject({ held: false, waiting: 0 });
  expect((await nexus(home.path, ["restore", join(home.path, "copy.nexus")])).code).toBe(0);
  expect(await one(home.path, "email")).toMatchObject({ held: true, waiting: 1 });
  expect((await nexus(home.path, ["doctor", "--json"])).json<{ checks: { name: string; status: string }[] }>().checks.filter(({ status }) => status === "problem")).toEqual([]);
}, 60_000);

test("wrong names are told apart", async () => {
  using home = tempHome();
  await register(home.path);
  expect((await nexus(home.path, ["sources", "hold", "timer", "--json"])).error()).toMatchObject({ code: "SOURCE_NOT_HOLDABLE" });
  expect((await nexus(home.path, ["sources", "release", "nobody", "--json"])).error()).toMatchObject({ code: "SOURCE_NOT_FOUND" });
  expect((await nexus(home.path, ["sources", "hold", "email:1", "--json"])).error()).toMatchObject({ code: "USAGE" });
  const unknown = await nexus(home.path, ["sources", "hold", "emial"]);
  expect({ code: unknown.code, err: unknown.err }).toEqual({ code: 0, err: expect.stringContaining('no event of a source called "emial" is stored') });
}, 20_000);

// switch: mutant held-room-without-a-door
test("a command is refused as the daemon refuses: when what is held fills its room", async () => {
  using home = tempHome();
  writeFileSync(join(home.path, "config.toml"), "[events]\nmax_waiting = 100\n");
  await nexus(home.path, ["init"]);
  await nexus(home.path, ["sources", "hold", "email"]);
  const lines = Array.from({ length: 100 }, (_, n) => JSON.stringify({ id: `email:${n}` })).join("\n");
  expect((await nexus(home.path, ["events", "import", "-"], { stdin: lines })).code).toBe(0);
  expect((await nexus(home.path, ["serve", "--once"])).code).toBe(0);
  expect((await nexus(home.path, ["events", "emit", "--id", "email:over", "--json"])).error()).toMatchObject({ code: "QUEUE_FULL", message: expect.stringContaining("email is held") });
  expect((await nexus(home.path, ["events", "emit", "--id", "chat:1"])).code).toBe(0);
}, 20_000);
