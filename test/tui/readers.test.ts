import { expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { driftOf } from "../../src/engine/registry/script-store.ts";
import { openStore } from "../../src/engine/store/open.ts";
import { ReaderHome } from "../../src/tui/reader/reader-home.ts";
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
