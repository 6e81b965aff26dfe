import { expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { driftOf } from "../../src/engine/registry/script-store.ts";
import { openStore } from "../../src/engine/store/open.ts";
import { ReaderHome } from "../../src/tui/reader/reader-home.ts";
import { jitterOf } from "../../src/engine/pipeline/schedule-plan.ts";
import { readHook } from "../../src/tui/reader/hook.ts";
import { readSchedule } from "../../src/tui/reader/schedule.ts";
import { nexus } from "../helpers/nexus-command.ts";
import { tempHome } from "../helpers/temp-home.ts";

const NIGHTLY = `export const hook: Hook = { schedule: { cron: "15 3 * * *", timezone: "Europe/Berlin" }, handler: () => ({ fire: false }) };\n`;

test("a schedule that this machine cannot read is named as such, and hides no other", async () => {
  using home = tempHome();
  for (const name of ["nightly", "elsewhere"]) {
    writeFileSync(join(home.path, `${name}.ts`), NIGHTLY);
    expect((await nexus(home.path, ["hooks", "register", join(home.path, `${name}.ts`)])).code).toBe(0);
  }
  // Made where that zone was known.
  const store = openStore(home.path);
  store.db.run("UPDATE hook_versions SET metadata_json = replace(metadata_json, 'Europe/Berlin', 'Mars/Olympus') WHERE hook_id = (SELECT id FROM hooks WHERE slug = 'elsewhere')");
  store.close();
  using reader = new ReaderHome(home.path);
  const { due = [] } = await readSchedule(reader, { tab: "next 24 hours", now: Date.now() });
  // It stands first: it is what somebody has to look at.
  expect(due.map(({ hook, unknown }) => [hook, unknown?.includes("Mars/Olympus") ?? false])).toEqual([["elsewhere", true], ["nightly", false]]);
});

test("a dashboard's reader cannot write, and a pipe in a script's place does not hold it up", () => {
  using home = tempHome();
  using reader = new ReaderHome(home.path);
  expect(() => reader.store.db.run("DELETE FROM hooks")).toThrow("readonly");
  const pipe = join(home.path, "script.ts");
  expect(Bun.spawnSync(["mkfifo", pipe]).exitCode).toBe(0);
  expect(driftOf({ source_path: pipe, source_hash: "" })).toBe("changed");
});

test("what comes due is what the daemon's timer would give out: with its jitter, and what is overdue first", async () => {
  using home = tempHome();
  writeFileSync(join(home.path, "hourly.ts"), `export const hook: Hook = { schedule: { every: "1h", jitter: "50m" }, handler: () => ({ fire: false }) };\n`);
  expect((await nexus(home.path, ["hooks", "register", join(home.path, "hourly.ts")])).code).toBe(0);
  using reader = new ReaderHome(home.path);
  const { id, created_at } = reader.store.db.query<{ id: string; created_at: number }, []>("SELECT id, created_at FROM hooks").get()!;
  const hour = 3_600_000;
  const due = (slot: number): number => created_at + slot * hour + jitterOf(id, created_at + slot * hour, 50 * 60_000);
  // Just before the third comes due: its slot has begun long ago. No daemon has given out the first two.
  const now = due(3) - 1;
  const { due: rows = [] } = await readSchedule(reader, { tab: "next 24 hours", now });
  expect(rows.filter(({ overdue }) => overdue).map(({ at, count }) => [at, count])).toEqual([[due(1), 2]]);
  expect(rows.find(({ overdue }) => overdue !== true)?.at).toBe(due(3));
  const detail = await readHook(reader, { id, tab: "summary", now });
  expect(detail.next_at).toBe(due(3));
});

test("an open breaker says when its trial is due", async () => {
  using home = tempHome();
  writeFileSync(join(home.path, "plain.ts"), "export const hook: Hook = { handler: () => ({ fire: false }) };\n");
  expect((await nexus(home.path, ["hooks", "register", join(home.path, "plain.ts")])).code).toBe(0);
  const store = openStore(home.path);
  store.db.run("UPDATE hooks SET status = 'paused', circuit_state = 'open', circuit_opened_at = 1000");
  const { id } = store.db.query<{ id: string }, []>("SELECT id FROM hooks").get()!;
  store.close();
  using reader = new ReaderHome(home.path);
  expect(await readHook(reader, { id, tab: "summary", now: 2_000 })).toMatchObject({ trial_at: 301_000 });
});
