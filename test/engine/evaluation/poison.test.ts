import { expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { nexus, nexusProcess } from "../../helpers/nexus-command.ts";
import { tempHome } from "../../helpers/temp-home.ts";

interface Row {
  readonly event_id: string;
  readonly outcome: string;
  readonly attempt: number;
  readonly reason?: string;
}

/** The hook kills its evaluator's parent, which is the daemon: below the sandbox nothing stops it. */
const KILLER = `export default (ctx: HookContext) => { if (ctx.event.content === "kill") process.kill(process.ppid, "SIGKILL"); };\n`;

test("a pair that takes the daemon with it each time is found by its lease and becomes dead; everything else is evaluated", async () => {
  using home = tempHome();
  writeFileSync(join(home.path, "config.toml"), 'isolation = "process"\n[events]\nmax_attempts = 2\n');
  for (const [name, text] of [["killer", KILLER], ["healthy", "export default (ctx: HookContext) => ({ fire: ctx.event.type === \"message\" });\n"]] as const) {
    writeFileSync(join(home.path, `${name}.ts`), text);
    expect((await nexus(home.path, ["hooks", "register", join(home.path, `${name}.ts`)])).code).toBe(0);
  }
  const input = ["a", "b", "kill", "c", "d"].map((content, n) => JSON.stringify({ id: `poison:${n}`, content })).join("\n");
  expect((await nexus(home.path, ["events", "import", "-"], { stdin: input })).code).toBe(0);
  let ends = 0;
  for (; ends < 20; ends += 1) {
    const served = nexusProcess(home.path, ["serve", "--once"]);
    if ((await served.exited) === 0) break;
  }
  // Together until it ended three times at the same place, then alone, twice. A slow machine commits `a`, or `a` and `b`, before
  // an end, and from the new place the count begins again: three places, three ends each, and two.
  // switch: mutant poison-for-ever
  expect(ends).toBeGreaterThanOrEqual(4);
  expect(ends).toBeLessThanOrEqual(11);
  const rowsOf = async (hook: string): Promise<Row[]> => (await nexus(home.path, ["hooks", "invocations", hook, "--last", "100", "--json"])).json<Row[]>().filter(({ event_id }) => event_id.startsWith("poison:")).toReversed();
  const killer = await rowsOf("killer");
  expect(killer.map(({ outcome }) => outcome)).toEqual(["no_fire", "no_fire", "dead", "no_fire", "no_fire"]);
  expect(killer[2]?.reason).toContain("the daemon ended");
  expect((await rowsOf("healthy")).map(({ outcome }) => outcome)).toEqual(["fired", "fired", "fired", "fired", "fired"]);
  expect((await nexus(home.path, ["status", "--json"])).json()).toMatchObject({ dispatches: { pending: 5 }, events: { not_evaluated: 0 } });
}, 60_000);
