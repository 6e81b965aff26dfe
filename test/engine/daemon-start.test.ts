import { expect, test } from "bun:test";
import { join } from "node:path";
import { configSchema } from "../../src/engine/config.ts";
import { Daemon } from "../../src/engine/daemon.ts";
import { beginEpoch } from "../../src/engine/store/epoch.ts";
import { insertEvents } from "../../src/engine/store/events.ts";
import { openStore } from "../../src/engine/store/open.ts";
import { message, rows } from "../helpers/rows.ts";
import { tempHome } from "../helpers/temp-home.ts";
import { TestEngine } from "../helpers/test-engine.ts";

/** Longer than a running daemon waits for a lock (250 ms), shorter than a command does (5 s). */
const HELD_MS = 700;

// switch: mutant start-gives-up-at-once
test("a start waits for another process's write lock as long as a command does", async () => {
  using home = tempHome();
  openStore(home.path).close();
  const holder = `
    import { openStore } from ${JSON.stringify(join(import.meta.dir, "../../src/engine/store/open.ts"))};
    const store = openStore(${JSON.stringify(home.path)});
    store.db.run("BEGIN IMMEDIATE");
    console.log("held");
    setTimeout(() => { store.db.run("COMMIT"); store.close(); }, ${HELD_MS});
  `;
  const child = Bun.spawn([process.execPath, "-e", holder], { stdin: "ignore", stdout: "pipe", stderr: "inherit" });
  await child.stdout.getReader().read();
  const daemon = await Daemon.start({ home: home.path, config: configSchema.parse({ storage: { ballast_bytes: 65_536, min_free_bytes: 0 } }), timers: false });
  await daemon.stop();
  expect(await child.exited).toBe(0);
}, 20_000);

// switch: mutant careful-without-end
test("after three ends at one place pairs go one at a time, but not a whole backlog of them", async () => {
  using home = tempHome();
  {
    const before = TestEngine.open({ home: home.path });
    before.register("sees", "() => ({ fire: false })");
    before.store.write(() => insertEvents(before.store, Array.from({ length: 600 }, (_, n) => message(n)), { maxDepth: 8, maxChain: 256 }));
    for (let ends = 0; ends < 3; ends += 1) beginEpoch(before.store);
    await before.stop();
  }
  const t = TestEngine.open({ home: home.path, start: beginEpoch });
  t.store.db.run("CREATE TEMP TABLE leased(n)");
  t.store.db.run("CREATE TEMP TRIGGER counts AFTER INSERT ON evaluation_leases BEGIN INSERT INTO leased VALUES (1); END");
  await t.engine.start();
  await t.drain();
  expect(t.outcomes("sees")).toHaveLength(600);
  expect(rows(t.store, "SELECT count(*) AS n FROM leased")).toEqual([{ n: 250 }]);
  await t.stop();
}, 20_000);
