import { afterAll, expect, test } from "bun:test";
import { appendFileSync } from "node:fs";
import { tempHome } from "../helpers/temp-home.ts";
import { powerLoss } from "./power-loss.ts";
import { type Ack, Producer } from "./producer.ts";
import { SOURCE } from "./program.ts";
import { Shim, shimMissing } from "./shim.ts";

const missing = shimMissing();
const shim = missing === undefined ? new Shim() : undefined;
afterAll(() => shim?.[Symbol.dispose]());
if (missing !== undefined) console.warn(`power loss is not tested here: ${missing}`);

// switch: mutant synchronous-off
// switch: mutant fires-not-durable
// switch: mutant daemon-commits-unsynced
test.skipIf(shim === undefined)("full: cut the log anywhere: what was synced before it was promised is there, the rest is a whole, and a daemon goes on from it", async () => {
  using home = tempHome();
  const cuts = await powerLoss(home.path, shim!.disk("full"), { durability: "full", rounds: 12, opens: 300 });
  expect(cuts.violations).toEqual([]);
  // Enough was promised and cut for this to mean something, and the cuts have reached from nothing to everything.
  expect(cuts.acks).toBe(60);
  expect(cuts.told).toBeGreaterThan(10);
  expect(cuts.frames).toBeGreaterThan(200);
  expect(cuts.opens).toBeGreaterThan(150);
  expect(cuts.kept).toEqual([0, 60]);
}, 60_000);

// switch: mutant outcome-apart-from-its-fire
// switch: mutant cursor-ahead-of-results
test.skipIf(shim === undefined)("normal: a suffix may go, what is left is a whole; and the log is not synced for it", async () => {
  using home = tempHome();
  const cuts = await powerLoss(home.path, shim!.disk("normal"), { durability: "normal", rounds: 12, opens: 200 });
  expect(cuts.violations).toEqual([]);
  expect(cuts.kept).toEqual([0, 60]);
  // One when the log begins, by SQLite's own rules; none for a commit.
  expect(cuts.syncs).toBeLessThanOrEqual(2);
}, 60_000);

// switch: mutant synchronous-off
test.skipIf(shim === undefined)("a command's acknowledgement comes after the log was synced, by itself, behind its last write", async () => {
  using home = tempHome();
  const disk = shim!.disk("command");
  let acked = Promise.withResolvers<Ack>();
  await using producer = new Producer(disk.under(SOURCE, { trace: true }), home.path, (ack) => acked.resolve(ack));
  for (let n = 0; n < 20; n += 1) {
    acked = Promise.withResolvers();
    producer.send([{ id: `a:${n}`, content: "x" }]);
    // It waits for the next line now, so nothing of its comes between.
    appendFileSync(disk.tracePath, `ack ${(await acked.promise).id}\n`);
  }
  expect((await producer.finish()).code).toBe(0);
  let open: "synced" | "written" | "nothing" = "nothing";
  const states: string[] = [];
  for (const call of disk.traced()) {
    if (call.kind === "said") {
      states.push(open);
      open = "nothing";
    } else if (call.file === "nexus.db-wal" && call.kind === "write") open = "written";
    else if (call.file === "nexus.db-wal" && call.kind === "sync" && open === "written") open = "synced";
  }
  expect(states).toEqual(Array.from({ length: 20 }, () => "synced"));
}, 20_000);
