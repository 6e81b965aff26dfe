import { dlopen } from "bun:ffi";
import { readFileSync } from "node:fs";

const RLIMIT_DATA = 2;
const RLIMIT_CORE = 4;
const PR_SET_CHILD_SUBREAPER = 36;
const MIB = 1_048_576;
/** Bun reserves 6.3 GiB of writable addresses when it starts and now and then a further one at once (measured): room for that. */
const RESERVE_BYTES = 2 * 1_024 * MIB;

/**
 * Before there is a Worker: an upper bound on memory that holds even if the daemon's watch does not (it is measured
 * every 100 ms), no core dumps, and whatever a hook starts stays a descendant of this process. Linux only; elsewhere,
 * or where the C library is not found, nothing is bounded, and the daemon's watch is all there is.
 */
export function limitOwnProcess(memoryMb: number): void {
  if (process.platform !== "linux") return;
  const reserved = Number(/VmData:\s+(\d+)/.exec(readFileSync("/proc/self/status", "latin1"))?.[1] ?? 0) * 1_024;
  const data = BigInt(reserved + memoryMb * 2 * MIB + RESERVE_BYTES);
  for (const name of ["libc.so.6", `libc.musl-${process.arch === "arm64" ? "aarch64" : "x86_64"}.so.1`]) {
    try {
      const { symbols } = dlopen(name, {
        setrlimit: { args: ["i32", "ptr"], returns: "i32" },
        prctl: { args: ["i32", "u64", "u64", "u64", "u64"], returns: "i32" },
      });
      symbols.setrlimit(RLIMIT_DATA, new BigUint64Array([data, data]));
      symbols.setrlimit(RLIMIT_CORE, new BigUint64Array([0n, 0n]));
      symbols.prctl(PR_SET_CHILD_SUBREAPER, 1n, 0n, 0n, 0n);
      return;
    } catch {
      // Not this C library.
    }
  }
}
