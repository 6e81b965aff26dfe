import { NexusError } from "../../../src/engine/core/errors.ts";
import { systemClock } from "../../../src/engine/core/clock.ts";
import { createIds } from "../../../src/engine/core/ids.ts";
import { HookRegistry } from "../../../src/engine/registry/registry.ts";
import { openStore } from "../../../src/engine/store/open.ts";
import { BY, scriptOf } from "./registry-desk.ts";

/** `HOME register|update BODY ROUNDS`: says "ready", waits for a line, then acts and prints one JSON line a round. */
const [home = "", act, body = "", rounds = "1"] = process.argv.slice(2);
const store = openStore(home, { durability: "normal", busyTimeoutMs: 10_000, checkpoints: false });
const registry = new HookRegistry({ store, clock: systemClock, ids: createIds(), deleteRetentionDays: 30 });
console.log("ready");
for await (const _ of console) break;
for (let round = 0; round < Number(rounds); round += 1) console.log(JSON.stringify(attempt(round)));
store.close();

function attempt(round: number): object {
  try {
    const { hook, changed } = act === "register" ? registry.register(scriptOf(`rivals-${round}`, body), BY) : registry.update("rivals-0", scriptOf("rivals-0", `${body} + ${round}`), { ...BY, keepState: false });
    return { changed, id: hook.id, version: hook.version.version };
  } catch (error) {
    if (error instanceof NexusError) return { code: error.code };
    throw error;
  }
}
