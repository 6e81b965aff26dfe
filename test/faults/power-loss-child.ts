import { appendFileSync } from "node:fs";
import { configSchema } from "../../src/engine/config.ts";
import { Daemon } from "../../src/engine/daemon.ts";
import { normaliseEvent } from "../../src/engine/ingest/normalise.ts";
import { loadEvent } from "./load.ts";

/**
 * `bun power-loss-child.ts HOME DURABILITY ROUNDS TRACE`, under the shim: a real daemon, with what it acknowledged and what
 * it told written into the trace at that moment, between the writes and syncs of its log. Ends when it is killed.
 */
const [home = "", durability, rounds, trace = ""] = process.argv.slice(2);
/** Events that are handed over together; each is an entry of its own in the group. */
const TOGETHER = 5;

async function main(): Promise<void> {
  const daemon = await Daemon.start({
    home,
    config: configSchema.parse({ durability, breaker: { cooldown_ms: 40 } }),
    timers: false,
    onRecorded: ({ dispatches }) => {
      for (const { id } of dispatches) appendFileSync(trace, `told ${id}\n`);
    },
  });
  const emit = async (n: number): Promise<void> => {
    const [accepted] = await daemon.emit([normaliseEvent(loadEvent(n), { now: Date.now(), maxBytes: 65_536 })]);
    if (accepted !== undefined) appendFileSync(trace, `ack ${accepted.event.id} ${accepted.event.seq}\n`);
  };
  for (let round = 0; round < Number(rounds); round += 1) await Promise.all(Array.from({ length: TOGETHER }, (_, n) => emit(round * TOGETHER + n)));
  await daemon.drain();
  console.log("done");
}

await main();
