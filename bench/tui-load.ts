import { readFileSync } from "node:fs";
import type { NewEvent } from "../src/engine/core/event.ts";
import { insertEvents } from "../src/engine/store/events.ts";
import type { Store } from "../src/engine/store/open.ts";
import { commandEnvironment } from "./binary.ts";
import { CHANNEL } from "./trivial-hooks.ts";

const EVERY_MS = 50;
/** As the kernel counts processor time for programs (USER_HZ). */
const TICKS_A_SECOND = 100;
const START_MS = 20_000;

/** Stores so many events a second from here, as any other process may, until it is disposed. */
export function eventsEvery(store: Store, perSecond: number): Disposable {
  let made = 0;
  const began = performance.now();
  const timer = setInterval(() => {
    // By the clock: a timer that came late makes up for it.
    const due = Math.floor(((performance.now() - began) / 1_000) * perSecond);
    storeEvents(store, made, due);
    made = due;
  }, EVERY_MS);
  return { [Symbol.dispose]: () => clearInterval(timer) };
}

/** The events of those numbers, in one transaction. */
export function storeEvents(store: Store, from: number, to: number): void {
  const events = Array.from({ length: to - from }, (_, n) => event(from + n));
  if (events.length > 0) store.write(() => insertEvents(store, events, { maxDepth: 8, maxChain: 256 }));
}

function event(n: number): NewEvent {
  const now = Date.now();
  return { id: `bench:${now}:${n}`, timestamp: now, received_at: now, type: "message", channel: CHANNEL, content: `message ${n}`, content_types: [], direction: "received", sender_id: `sender-${n % 50}`, source_adapter: "bench", source_id: String(n), metadata: {}, depth: 0 };
}

/** `nexus serve` in a home, once it is ready. */
export async function serve(binary: string, home: string): Promise<AsyncDisposable> {
  const daemon = Bun.spawn([binary, "serve"], { cwd: home, env: commandEnvironment(home), stdin: "ignore", stdout: "ignore", stderr: "ignore" });
  const deadline = performance.now() + START_MS;
  while (Bun.spawnSync([binary, "status"], { cwd: home, env: commandEnvironment(home), stdin: "ignore", stdout: "ignore", stderr: "ignore" }).exitCode === 7) {
    if (performance.now() > deadline || daemon.exitCode !== null) throw new Error("the daemon did not start");
    await Bun.sleep(50);
  }
  return {
    [Symbol.asyncDispose]: async () => {
      daemon.kill("SIGTERM");
      await daemon.exited;
    },
  };
}

/** Seconds of processor time that a process has used, all its threads. */
export function processorSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").replace(/^.*\) /s, "").split(" ");
  return (Number(fields[11]) + Number(fields[12])) / TICKS_A_SECOND;
}
