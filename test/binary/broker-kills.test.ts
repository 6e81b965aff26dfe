import { expect, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { dispatchesOfTurn, listDispatches } from "../../src/engine/store/dispatches.ts";
import { openStore } from "../../src/engine/store/open.ts";
import { DaemonProcess } from "../faults/daemon-process.ts";
import { leftBehind } from "../faults/left-behind.ts";
import { BINARY, runProgram } from "../faults/program.ts";
import { tempHome } from "../helpers/temp-home.ts";

const KILLS = 12;
const EVENTS = 120;
const SESSIONS = 12;

const config = (home: string): string => `
[agents.atlas]
runner = "command"
command = ["/bin/sh", "-c", "echo $NEXUS_DISPATCH_ID >> ${join(home, "ran.txt")}; sleep 0.1 & wait; echo answer to $NEXUS_DISPATCH_ID"]

[outbound.out]
type = "file"
path = "answers.ndjson"
channels = ["test"]

[queue]
mode = "followup"
cap = 1000

[broker]
max_attempts = 100
retry_ms = 1
`;

const HOOK = `/** @description Fires for each message */
export default (ctx) => ctx.event.type === "message" ? { fire: true } : undefined;
`;

// C25, C26. switch: mutant left-over-agents-live
test("agents that run while the daemon is killed: every dispatch is answered, none is forgotten, no process is left", async () => {
  using temp = tempHome();
  const home = temp.path;
  writeFileSync(join(home, "config.toml"), config(home));
  writeFileSync(join(home, "fires.ts"), HOOK);
  expect(await runProgram(BINARY, home, ["hooks", "register", join(home, "fires.ts")])).toMatchObject({ code: 0 });
  const events = Array.from({ length: EVENTS }, (_, n) => JSON.stringify({ id: `test:${n}`, channel: "test", type: "message", content: String(n), sender_id: `s${n % SESSIONS}` }));
  writeFileSync(join(home, "events.ndjson"), events.join("\n"));
  expect(await runProgram(BINARY, home, ["events", "import", join(home, "events.ndjson")])).toMatchObject({ code: 0 });
  for (let kill = 0; kill < KILLS; kill += 1) {
    await using daemon = new DaemonProcess(BINARY, home);
    // A few turns are under way; which ones, and how far, is chance.
    for (let turns = 0; turns <= kill % 4; turns += 1) await daemon.until("turn_started");
    await new Promise((resolve) => setTimeout(resolve, Math.random() * 100));
  }
  const last = await runProgram(BINARY, home, ["serve", "--once", "--json"]);
  expect(last).toMatchObject({ code: 0, err: "" });
  expect(await leftBehind(home)).toEqual([]);
  const store = openStore(home);
  try {
    const dispatches = listDispatches(store, { limit: EVENTS * 2 });
    expect(dispatches.map(({ status }) => status)).toEqual(dispatches.map(() => "done"));
    expect(dispatches).toHaveLength(EVENTS);
    const ran = Map.groupBy(readFileSync(join(home, "ran.txt"), "utf8").trim().split("\n"), (id) => id);
    for (const { id, attempts, turn_id } of dispatches) {
      // Begun again only when a turn of it was lost, and then under the same id.
      expect(ran.get(id)?.length ?? 0).toBeGreaterThanOrEqual(1);
      expect(ran.get(id)?.length ?? 0).toBeLessThanOrEqual(attempts);
      expect(dispatchesOfTurn(store, turn_id ?? "").map((one) => one.id)).toEqual([id]);
    }
    const answers = readFileSync(join(home, "answers.ndjson"), "utf8").trim().split("\n").map((line) => JSON.parse(line) as { delivery_id: string; text: string });
    const messages = new Map(answers.map(({ delivery_id, text }) => [delivery_id, text]));
    expect([...messages.values()].toSorted()).toEqual(dispatches.map(({ id }) => `answer to ${id}`).toSorted());
  } finally {
    store.close();
  }
}, 120_000);
