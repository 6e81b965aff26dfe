import { expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { nexus, nexusProcess } from "../helpers/nexus-command.ts";
import { tempHome } from "../helpers/temp-home.ts";
import { openStore } from "../../src/engine/store/open.ts";

interface Slot {
  readonly slot: number;
  readonly until_slot: number;
  readonly slot_count: number;
  readonly status: string;
}

const STOPPED_MS = 3_500;

test("a daemon that was stopped and goes on (SIGSTOP, SIGCONT) looks once: one slot runs, those in between are one row", async () => {
  using home = tempHome();
  const script = join(home.path, "beat.ts");
  writeFileSync(script, `export const hook = { name: "beat", schedule: { every: "1s" }, handler: () => undefined };\n`);
  expect((await nexus(home.path, ["hooks", "register", script])).code).toBe(0);
  const daemon = nexusProcess(home.path, ["serve", "--json"]);
  const store = openStore(home.path);
  const slots = (): Slot[] => store.db.query<Slot, []>("SELECT slot, until_slot, slot_count, status FROM schedule_slots WHERE schedule_id != 'tick' ORDER BY slot").all();
  const until = async (condition: () => boolean): Promise<void> => {
    for (const end = Date.now() + 30_000; !condition(); await Bun.sleep(20)) if (Date.now() > end) throw new Error(`not in time: ${JSON.stringify(slots())}`);
  };
  try {
    await until(() => slots().some(({ status }) => status === "ran"));
    daemon.kill("SIGSTOP");
    const stoppedAt = Date.now();
    // What is tested is that this time passes.
    await Bun.sleep(STOPPED_MS);
    const before = slots().length;
    daemon.kill("SIGCONT");
    const continuedAt = Date.now();
    await until(() => slots().some(({ slot, status }) => slot > continuedAt && status === "ran"));
    const rows = slots();
    const away = rows.slice(before).filter(({ slot }) => slot <= continuedAt && slot > stoppedAt);
    // The stop itself may fall between a slot and its row, so one more may be about.
    expect(away.length).toBeLessThanOrEqual(3);
    expect(away.some(({ status, slot_count }) => status === "missed" && slot_count >= 2)).toBe(true);
    for (const [n, { slot, until_slot, slot_count }] of rows.entries()) {
      expect(until_slot).toBe(slot + (slot_count - 1) * 1_000);
      const last = rows[n - 1];
      if (last !== undefined) expect(slot).toBe(last.until_slot + 1_000);
    }
    expect(daemon.exitCode).toBeNull();
  } finally {
    daemon.kill("SIGCONT");
    daemon.kill("SIGTERM");
    await daemon.exited;
    store.close();
  }
}, 60_000);
