import { expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { violations } from "../../../src/engine/store/invariants.ts";
import { countHeldEvents } from "../../../src/engine/store/held-events.ts";
import { openStore } from "../../../src/engine/store/open.ts";
import { sourceHolds } from "../../../src/engine/store/source-holds.ts";
import { nexus, nexusProcess } from "../../helpers/nexus-command.ts";
import { tempHome } from "../../helpers/temp-home.ts";

interface Row {
  readonly event_id: string;
  readonly outcome: string;
}

const HEALTHY = `export default () => ({ fire: true });\n`;

/** A home with two hooks and held events of the source `mail`, not evaluated; nothing of it has run. */
async function held(home: string, killer: string, contents: readonly string[]): Promise<void> {
  writeFileSync(join(home, "config.toml"), 'isolation = "process"\n[events]\nmax_attempts = 2\n');
  for (const [name, text] of [["killer", killer], ["healthy", HEALTHY]] as const) {
    writeFileSync(join(home, `${name}.ts`), text);
    expect((await nexus(home, ["hooks", "register", join(home, `${name}.ts`)])).code).toBe(0);
  }
  expect((await nexus(home, ["sources", "hold", "mail"])).code).toBe(0);
  const input = contents.map((content, n) => JSON.stringify({ id: `mail:${n}`, content })).join("\n");
  expect((await nexus(home, ["events", "import", "-"], { stdin: input })).code).toBe(0);
  // The cursor goes past them.
  expect((await nexus(home, ["serve", "--once"])).code).toBe(0);
  expect((await nexus(home, ["events", "emit", "--id", "chat:0", "--content", "other"])).code).toBe(0);
  expect((await nexus(home, ["sources", "release", "mail"])).code).toBe(0);
}

/** Daemons, one after the other, until one comes to its end. */
async function served(home: string): Promise<number> {
  for (let ends = 0; ends < 20; ends += 1) {
    if ((await nexusProcess(home, ["serve", "--once"]).exited) === 0) return ends;
  }
  return 20;
}

async function rowsOf(home: string, hook: string): Promise<string[]> {
  const rows = (await nexus(home, ["hooks", "invocations", hook, "--last", "500", "--json"])).json<Row[]>();
  return rows.filter(({ event_id }) => event_id.startsWith("mail:")).toReversed().map(({ event_id, outcome }) => `${event_id} ${outcome}`);
}

function expectWhole(home: string): void {
  const store = openStore(home);
  expect({ held: countHeldEvents(store), holds: sourceHolds(store), violations: violations(store.db) }).toEqual({ held: 0, holds: [], violations: [] });
  store.close();
}

// switch: mutant released-rows-go-early
test("kill -9 of the daemon at several places of a release: each pair has one outcome, and fires once", async () => {
  using home = tempHome();
  const killer = `import { existsSync, writeFileSync } from "node:fs";
export default (ctx: HookContext) => {
  if (!String(ctx.event.content).startsWith("kill")) return { fire: true };
  const marker = ${JSON.stringify(home.path)} + "/" + ctx.event.content;
  if (existsSync(marker)) return { fire: true };
  writeFileSync(marker, "");
  process.kill(process.ppid, "SIGKILL");
  for (;;);
};\n`;
  const contents = Array.from({ length: 300 }, (_, n) => (n % 60 === 30 ? `kill-${n}` : `text ${n}`));
  await held(home.path, killer, contents);
  expect(await served(home.path)).toBe(5);
  const expected = contents.map((_, n) => `mail:${n} fired`);
  expect(await rowsOf(home.path, "killer")).toEqual(expected);
  expect((await rowsOf(home.path, "healthy")).toSorted()).toEqual(expected.toSorted());
  expectWhole(home.path);
  // What each says of the other is in `violations`: as many dispatches as fires, one a pair.
}, 60_000);

// switch: mutant released-poison-for-ever
test("a released pair that takes the daemon with it each time becomes dead, though the cursor stands elsewhere", async () => {
  using home = tempHome();
  const killer = `export default (ctx: HookContext) => { if (ctx.event.content === "kill") process.kill(process.ppid, "SIGKILL"); };\n`;
  await held(home.path, killer, ["a", "kill", "b"]);
  expect(await served(home.path)).toBeLessThanOrEqual(8);
  expect(await rowsOf(home.path, "killer")).toEqual(["mail:0 no_fire", "mail:1 dead", "mail:2 no_fire"]);
  expect((await rowsOf(home.path, "healthy")).toSorted()).toEqual(["mail:0 fired", "mail:1 fired", "mail:2 fired"]);
  expectWhole(home.path);
}, 60_000);
