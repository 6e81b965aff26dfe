import type { Runtime } from "../runtime/runtime.ts";
import { firesLeft } from "./admission.ts";
import { chunkSize } from "./chunk-size.ts";
import type { HookQueue } from "./hook-queue.ts";

/** How many more invocations of the hook may be under way. Inactive hooks always have room: theirs are skips. */
export function roomOf(queue: HookQueue, runtime: Pick<Runtime, "soloFree">, now: number): number {
  const { metadata } = queue.hook.version;
  const flying = queue.inFlight.size;
  if (!queue.isActive) return Number.POSITIVE_INFINITY;
  if (queue.halted) return 0;
  if (queue.solo !== "no") return flying === 0 && runtime.soloFree ? 1 : 0;
  if (metadata.isolation === "fresh") return flying === 0 ? 1 : 0;
  if (queue.breaker.state !== "closed") return 0;
  if (flying === 0) queue.draining = false;
  const { concurrency } = metadata.limits;
  const size = chunkSize(queue.averageUs) * concurrency;
  const quota = firesLeft(queue, now) - flying;
  // With nothing left of the quota there is still room for saying so.
  if (flying === 0) return Math.max(1, Math.min(size, quota));
  // A second chunk may wait in the Worker so that it never idles, but only while all is well and order is safe.
  const calm = !queue.halts && !queue.draining && metadata.mode === "persistent" && queue.breaker.failures === 0 && queue.averageUs !== undefined;
  const free = size * 2 - flying;
  const worthwhile = concurrency > 1 ? free > 0 : size > 1 && free >= size / 2;
  return calm && worthwhile ? Math.min(free, quota) : 0;
}
