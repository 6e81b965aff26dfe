import { parseDuration } from "../engine/core/duration.ts";
import type { Store } from "../engine/store/open.ts";
import type { Call } from "./call.ts";
import { textOption } from "./call.ts";

/** How often a waiting command looks whether another process has written; asking costs a microsecond. */
const LOOK_MS = 20;

/** ms of `--wait`; 0 without it. */
export function patienceOf(call: Call): number {
  const text = textOption(call, "wait");
  return text === undefined ? 0 : parseDuration(text, "--wait");
}

/** Asks until there is an answer or the time is over; asks again only when the database has changed, or after a second. */
export async function waitFor<Value>(store: Store, forMs: number, ask: () => Value | undefined): Promise<Value | undefined> {
  const until = performance.now() + forMs;
  let version = store.dataVersion();
  let askedAt = performance.now();
  for (let value = ask(); ; ) {
    if (value !== undefined || performance.now() >= until) return value;
    await Bun.sleep(LOOK_MS);
    const seen = store.dataVersion();
    if (seen === version && performance.now() - askedAt < 1_000) continue;
    version = seen;
    askedAt = performance.now();
    value = ask();
  }
}
