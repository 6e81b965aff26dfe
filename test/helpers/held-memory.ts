import { heapStats } from "bun:jsc";

/** What this process holds on to, in MiB: without garbage, of which a process that has run many tests has any amount. */
export function heldMiB(): number {
  Bun.gc(true);
  const { heapSize, extraMemorySize } = heapStats();
  return (heapSize + extraMemorySize) / 1_048_576;
}
