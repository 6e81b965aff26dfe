import { expect, test } from "bun:test";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { nexus } from "../helpers/nexus-command.ts";
import { Served } from "../helpers/served.ts";
import { tempHome } from "../helpers/temp-home.ts";

interface Row {
  readonly event_id: string;
  readonly outcome: string;
}

async function register(home: string, name: string, text: string): Promise<void> {
  writeFileSync(join(home, `${name}.ts`), text);
  expect((await nexus(home, ["hooks", "register", join(home, `${name}.ts`)])).code).toBe(0);
}

async function importMessages(home: string, count: number): Promise<void> {
  const input = Array.from({ length: count }, (_, n) => JSON.stringify({ id: `stop:${n}`, content: String(n) })).join("\n");
  expect((await nexus(home, ["events", "import", "-"], { stdin: input })).code).toBe(0);
}

async function rowsOf(home: string, hook: string): Promise<Row[]> {
  const rows = (await nexus(home, ["hooks", "invocations", hook, "--last", "100000", "--json"])).json<Row[]>();
  return rows.filter(({ event_id }) => event_id.startsWith("stop:"));
}

test("SIGTERM under load, again and again: what is under way is finished and recorded, so nothing runs twice", async () => {
  using home = tempHome();
  const ran = join(home.path, "ran");
  // Each run leaves a line that no rollback takes back.
  await register(home.path, "writes", `
    import { appendFileSync } from "node:fs";
    export default async (ctx: HookContext) => {
      if (ctx.event.type !== "message") return;
      appendFileSync(${JSON.stringify(ran)}, ctx.event.id + "\\n");
      await new Promise((resolve) => setTimeout(resolve, 5));
      return { fire: true };
    };`);
  await importMessages(home.path, 120);
  for (let round = 1; round <= 4; round += 1) {
    await using served = new Served(home.path);
    let fires = 0;
    await served.until(({ event }) => event === "fired" && (fires += 1) === round * 6);
    expect(await served.end("SIGTERM")).toBe(0);
    expect(existsSync(join(home.path, "state", "nexus.db-wal"))).toBe(false);
  }
  expect((await nexus(home.path, ["serve", "--once"])).code).toBe(0);
  const rows = await rowsOf(home.path, "writes");
  expect(rows).toHaveLength(120);
  expect(new Set(rows.map(({ outcome }) => outcome))).toEqual(new Set(["fired"]));
  // switch: mutant stop-without-drain
  const lines = readFileSync(ran, "utf8").trim().split("\n");
  expect(lines.length).toBe(new Set(lines).size);
  expect(lines).toHaveLength(120);
}, 30_000);

test("a hook that does not come back holds a stop up for a few seconds only, and is evaluated after the next start", async () => {
  using home = tempHome();
  const marker = join(home.path, "let-go");
  await register(home.path, "hangs", `
    import { existsSync } from "node:fs";
    export const hook: Hook = {
      triggers: { event: { types: ["message"] } },
      handler: async () => {
        while (!existsSync(${JSON.stringify(marker)})) await new Promise((resolve) => setTimeout(resolve, 20));
      },
    };`);
  await importMessages(home.path, 1);
  await using served = new Served(home.path);
  await served.until(({ event }) => event === "started");
  const deadline = AbortSignal.timeout(10_000);
  const code = await Promise.race([served.end("SIGTERM"), new Promise((resolve) => deadline.addEventListener("abort", () => resolve("still there after 10 s")))]);
  expect(code).toBe(0);
  expect(await rowsOf(home.path, "hangs")).toEqual([]);
  writeFileSync(marker, "");
  expect((await nexus(home.path, ["serve", "--once"])).code).toBe(0);
  expect((await rowsOf(home.path, "hangs")).map(({ outcome }) => outcome)).toEqual(["no_fire"]);
}, 30_000);

test("a second signal ends it at once", async () => {
  using home = tempHome();
  await register(home.path, "hangs", `export const hook: Hook = { triggers: { event: { types: ["message"] } }, handler: () => new Promise<void>((resolve) => setTimeout(resolve, 20_000)) };\n`);
  await importMessages(home.path, 1);
  await using served = new Served(home.path);
  await served.until(({ event }) => event === "started");
  served.process.kill("SIGTERM");
  await served.until(({ event }) => event === "stopping");
  expect(await served.end("SIGINT")).toBe(130);
}, 20_000);
