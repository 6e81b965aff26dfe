import { expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { nexus, type Answer } from "../helpers/nexus-command.ts";
import { Served } from "../helpers/served.ts";
import { tempHome } from "../helpers/temp-home.ts";

const TIME = "2026-01-28T03:00:00.250Z";

class Desk {
  readonly #temp = tempHome();
  readonly home = this.#temp.path;

  run(...args: string[]): Promise<Answer> {
    return nexus(this.home, args);
  }

  async register(name: string, channels: readonly string[], body = "({ fire: true, context: { data: { now: ctx.now.toISOString() } } })"): Promise<void> {
    const path = join(this.home, `${name}.ts`);
    writeFileSync(path, `export const hook: Hook = { name: "${name}", triggers: { event: { channels: ${JSON.stringify(channels)} } }, handler: (ctx) => ${body} };\n`);
    expect(await this.run("hooks", "register", path)).toMatchObject({ code: 0, err: "" });
  }

  async emit(id: string, channel = "test"): Promise<void> {
    expect((await nexus(this.home, ["events", "emit", "-"], { stdin: JSON.stringify({ id, channel, timestamp: TIME, content: `text of ${id}`, sender_id: "casey" }) })).code).toBe(0);
  }

  async count(): Promise<number> {
    return (await this.run("events", "list", "--json", "--last", "5000")).json<unknown[]>().length;
  }

  [Symbol.dispose](): void {
    this.#temp[Symbol.dispose]();
  }
}

test("an event is replayed under a running daemon; show, why and trace name the original", async () => {
  using desk = new Desk();
  await desk.register("mail", ["test"]);
  await desk.register("other", ["test"]);
  await using served = new Served(desk.home);
  await desk.emit("test:1");
  await served.until(({ event, hook }) => event === "fired" && hook === "other");
  const replayed = await desk.run("events", "replay", "test:1", "--hook", "mail", "--json");
  const copy = replayed.json<{ id: string }>();
  expect(replayed.json()).toMatchObject({ replay_of: "test:1", source_adapter: "replay", sender_id: "casey", content: "text of test:1", timestamp: TIME, hooks: ["mail"] });
  const fired = await served.until(({ event, hook }) => event === "fired" && hook === "mail" && served.lines.filter((line) => line.event === "fired" && line["hook"] === "mail").length === 2);
  expect(JSON.stringify(fired)).toContain(copy.id);
  expect((await desk.run("events", "show", copy.id)).out).toContain("replay_of: test:1");
  expect((await desk.run("events", "show", copy.id, "--json")).json()).toMatchObject({ replay_of: "test:1", invocations: [{ hook: "mail", outcome: "fired" }] });
  expect((await desk.run("events", "show", copy.id, "--trace")).out).toContain("a replay of test:1");
  const why = await desk.run("why", copy.id, "--all");
  expect(why.out).toContain("A replay of test:1");
  expect(why.out).toMatch(/other +addressed to another +the event was replayed for the hook mail alone/);
  const [dispatch] = (await desk.run("dispatches", "list", "--json")).json<{ event_id: string; context: { data: object } }[]>();
  expect(dispatch).toMatchObject({ event_id: copy.id, context: { data: { now: TIME } } });
}, 60_000);

test("what is not replayed is an error with a code, and nothing is stored; a dry run stores nothing either", async () => {
  using desk = new Desk();
  await desk.register("mail", ["email"]);
  await desk.register("off", ["test"]);
  await desk.emit("test:1");
  const dry = await desk.run("events", "replay", "test:1", "--dry-run", "--json");
  expect(dry.json()).toMatchObject({ replay_of: "test:1", hooks: ["off"], dry_run: true });
  expect(dry.json()).not.toHaveProperty("id");
  expect((await desk.run("events", "replay", "test:1", "--dry-run")).out).toBe("[dry run] test:1 would be replayed, and evaluated by off\n");
  const failures: [string[], number, string][] = [
    [["test:9"], 3, "EVENT_NOT_FOUND"],
    [["test:1", "--hook", "nobody"], 3, "HOOK_NOT_FOUND"],
    [["test:1", "--hook", "mail"], 5, "REPLAY_UNSEEN"],
    [["test:1", "--hook", "mail", "--dry-run"], 5, "REPLAY_UNSEEN"],
    [["test:1", "--since", "2h"], 2, "USAGE"],
    [["test:1", "--limit", "2"], 2, "USAGE"],
    [[], 2, "USAGE"],
    [["--since", "2h", "--limit", "1001"], 2, "USAGE"],
    [["--since", "2h", "--after", "test:9"], 3, "EVENT_NOT_FOUND"],
  ];
  for (const [args, code, name] of failures) {
    const failed = await desk.run("events", "replay", ...args, "--json");
    expect([args.join(" "), failed.code, failed.error().code]).toEqual([args.join(" "), code, name]);
  }
  await desk.run("hooks", "disable", "off", "--reason", "too loud");
  const off = await desk.run("events", "replay", "test:1", "--hook", "off", "--json");
  expect(off.code).toBe(5);
  expect(off.error()).toMatchObject({ code: "HOOK_WRONG_STATE", message: expect.stringContaining("off is disabled (too loud)"), next: ["nexus hooks enable off"] });
  expect((await desk.run("events", "replay", "test:1", "--json")).error().code).toBe("REPLAY_UNSEEN");
  await desk.run("hooks", "enable", "off");
  expect(await desk.count()).toBe(1);
  // No event of a backfill is stored when all of them would be too many.
  const lines = Array.from({ length: 60 }, (_, n) => JSON.stringify({ id: `test:m${n}`, channel: "test" }));
  writeFileSync(join(desk.home, "config.toml"), "[events]\nmax_waiting = 100\n");
  await nexus(desk.home, ["events", "import", "-"], { stdin: `${lines.join("\n")}\n` });
  const full = await desk.run("events", "replay", "--since", "2h", "--json");
  expect([full.code, full.error().code]).toEqual([7, "QUEUE_FULL"]);
  expect(await desk.count()).toBe(61);
}, 60_000);

test("a backfill goes on where it said it would, and never twice over one event", async () => {
  using desk = new Desk();
  await desk.register("mail", ["test"]);
  await desk.register("too", ["email"]);
  const lines = Array.from({ length: 5 }, (_, n) => JSON.stringify({ id: `test:${n}`, channel: n === 3 ? "email" : "test" }));
  await nexus(desk.home, ["events", "import", "-"], { stdin: `${lines.join("\n")}\n` });
  interface Replays { readonly replayed: { readonly id: string; readonly replay_of: string }[]; readonly skipped: object; readonly more: boolean; readonly after?: string; readonly next?: string }
  const dry = await desk.run("events", "replay", "--since", "2h", "--dry-run", "--json");
  expect(dry.json<Replays>()).toMatchObject({ replayed: [0, 1, 2, 3, 4].map((n) => ({ replay_of: `test:${n}`, hooks: [n === 3 ? "too" : "mail"] })), more: false, dry_run: true });
  const first = (await desk.run("events", "replay", "--since", "2h", "--hook", "mail", "--limit", "3", "--json")).json<Replays>();
  expect(first).toMatchObject({ replayed: [{ replay_of: "test:0", hooks: ["mail"] }, { replay_of: "test:1" }, { replay_of: "test:2" }], skipped: {}, more: true, after: "test:2" });
  const [, ...next] = (first.next ?? "").split(" ");
  expect(next.slice(0, 2)).toEqual(["events", "replay"]);
  const second = await desk.run(...next, "--json");
  expect(second.json<Replays>()).toMatchObject({ replayed: [{ replay_of: "test:4" }], skipped: { REPLAY_UNSEEN: 1 }, more: false });
  expect(second.json<Replays>()).not.toHaveProperty("next");
  expect(await desk.count()).toBe(9);
  const text = await desk.run("events", "replay", "--since", "2h", "--channel", "email");
  expect(text.out).toBe("✓ Replayed: 1 event; evaluated by too 1\n");
  expect((await desk.run("events", "replay", "--since", "2h", "--limit", "1", "--dry-run")).out).toMatch(/^✓ \[dry run\] 1 event would be replayed; evaluated by mail 1\n {2}There are more\. Go on with: nexus events replay --since \S+ --until \S+ --limit 1 --dry-run --after test:0\n$/);
  expect((await desk.run("serve", "--once")).code).toBe(0);
  const invocations = (await desk.run("hooks", "invocations", "mail", "--json", "--last", "50")).json<{ event_id: string }[]>().map(({ event_id }) => event_id).toReversed();
  // In the order of the originals.
  expect(invocations).toEqual(["test:0", "test:1", "test:2", "test:4", ...first.replayed.map(({ id }) => id), ...second.json<Replays>().replayed.map(({ id }) => id)]);
}, 60_000);
