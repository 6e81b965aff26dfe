import { expect, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { nexus, nexusProcess } from "../helpers/nexus-command.ts";
import { tempHome } from "../helpers/temp-home.ts";

interface Verified {
  readonly file: string;
  readonly rows: Readonly<Record<string, number>>;
  readonly last_seq: number;
}

/** `nexus serve --json`, up to its first line. */
async function serving(home: string): Promise<ReturnType<typeof nexusProcess>> {
  const served = nexusProcess(home, ["serve", "--json"]);
  for await (const text of served.stdout) if (new TextDecoder().decode(text).includes('"started"')) break;
  return served;
}

function lines(from: number, count: number): string {
  return Array.from({ length: count }, (_, n) => JSON.stringify({ id: `b:${from + n}`, content: `event ${from + n} ${"x".repeat(200)}` })).join("\n");
}

test("backups made while the daemon evaluates and others write are each one moment, and the last of them brings all of it back", async () => {
  using home = tempHome();
  writeFileSync(join(home.path, "fires.js"), "export default () => ({ fire: true });\n");
  await nexus(home.path, ["hooks", "register", join(home.path, "fires.js")]);
  const served = await serving(home.path);
  try {
    const writing = (async () => {
      for (let n = 0; n < 4; n += 1) await nexus(home.path, ["events", "import", "-"], { stdin: lines(n * 500, 500) });
    })();
    for (let n = 0; n < 3; n += 1) {
      const made = await nexus(home.path, ["backup", "--json"]);
      expect(made.err).toBe("");
      const { rows, last_seq, file } = made.json<Verified>();
      // Every fire with its dispatch, never one without the other.
      expect(rows["hook_invocations"]).toBe(rows["dispatches"] ?? -1);
      expect(rows["events"]).toBe(last_seq);
      expect((await nexus(home.path, ["backup", "--verify", file, "--json"])).json<Verified>()).toMatchObject({ file, last_seq });
    }
    await writing;
    const refused = await nexus(home.path, ["restore", (await nexus(home.path, ["backup", "-q"])).out.trim(), "--json"]);
    expect([refused.code, refused.error().code]).toEqual([5, "DAEMON_RUNNING"]);
  } finally {
    served.kill("SIGTERM");
    await served.exited;
  }
  const last = (await nexus(home.path, ["backup", "--verify", "--json"])).json<Verified>();
  expect((await nexus(home.path, ["restore", last.file, "--json"])).json()).toMatchObject({ changed: true, gone: { events: 0 } });
  expect((await nexus(home.path, ["serve", "--once"])).code).toBe(0);
  expect((await nexus(home.path, ["hooks", "stats", "fires", "--json"])).json<{ fires: number }>().fires).toBeGreaterThanOrEqual(2_000);
  expect((await nexus(home.path, ["doctor", "-q"])).out).toContain("0 problems");
}, 60_000);

// switch: mutant health-marks-running
test("serve checks the database after a kill, and ends with the exact way back when it is damaged; after an orderly stop it does not", async () => {
  using home = tempHome();
  await nexus(home.path, ["events", "import", "-"], { stdin: lines(0, 1_000) });
  expect((await nexus(home.path, ["serve", "--once", "--json"])).out).not.toContain("unclean");
  const backup = (await nexus(home.path, ["backup", "-q"])).out.trim();
  const served = await serving(home.path);
  served.kill("SIGKILL");
  await served.exited;
  const path = join(home.path, "state", "nexus.db");
  expect((await nexus(home.path, ["status"])).code).toBe(7);
  const bytes = readFileSync(path);
  // A page of events that nobody reads at a start: only the check finds it.
  const page = Math.floor(bytes.indexOf("event 500 xxx") / 4_096) * 4_096;
  expect(page).toBeGreaterThan(0);
  bytes.fill(0xa5, page, page + 4_096);
  writeFileSync(path, bytes);
  const refused = await nexus(home.path, ["serve", "--once", "--json"]);
  expect(refused.code).toBe(70);
  expect(refused.error()).toMatchObject({ code: "DATABASE_CORRUPT", next: expect.arrayContaining([`nexus restore ${backup} --home ${home.path}`]) });
  expect(readFileSync(path).equals(bytes)).toBe(true);
  expect((await nexus(home.path, ["restore", backup])).code).toBe(0);
  expect((await nexus(home.path, ["serve", "--once", "--json"])).out).not.toContain("unclean");
}, 30_000);

test("wrong uses say what is wrong", async () => {
  using home = tempHome();
  expect((await nexus(home.path, ["backup", "--json"])).error().code).toBe("FILE_NOT_FOUND");
  expect((await nexus(home.path, ["restore", "nowhere.db", "--json"])).error().code).toBe("FILE_NOT_FOUND");
  expect((await nexus(home.path, ["backup", "x.db", "--keep", "2", "--json"])).error().code).toBe("USAGE");
}, 20_000);
