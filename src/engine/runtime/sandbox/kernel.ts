import { existsSync } from "node:fs";
import type * as Ffi from "bun:ffi";

/** Thrown when the kernel refuses what the sandbox needs; the stage before the evaluator then ends without starting it. */
export class KernelRefused extends Error {}

export interface Kernel {
  /** A raw system call; negative results are `-1` and `errno` is not kept (bun:ffi), so errors name the call. */
  call(what: string, number: number, ...args: (number | bigint | NodeJS.TypedArray)[]): number;
  /** The same, where failing is an answer. */
  ask(number: number, ...args: (number | bigint | NodeJS.TypedArray)[]): number;
  address(bytes: NodeJS.TypedArray): bigint;
}

/** The C library's `syscall`. bun:ffi is loaded only in the hidden mode that needs it. */
export function openKernel(): Kernel {
  const { dlopen, ptr } = require("bun:ffi") as typeof Ffi;
  const { symbols } = dlopen(libraryName(), { syscall: { args: ["i64", "i64", "i64", "i64", "i64", "i64", "i64"], returns: "i64" } });
  const address = (bytes: NodeJS.TypedArray): bigint => BigInt(ptr(bytes));
  const ask = (number: number, ...args: (number | bigint | NodeJS.TypedArray)[]): number => {
    const [a = 0n, b = 0n, c = 0n, d = 0n, e = 0n, f = 0n] = args.map((value) => (typeof value === "number" || typeof value === "bigint" ? BigInt(value) : address(value)));
    return Number(symbols.syscall(BigInt(number), a, b, c, d, e, f));
  };
  return {
    ask,
    address,
    call: (what, number, ...args) => {
      const answer = ask(number, ...args);
      if (answer < 0) throw new KernelRefused(`${what} was refused by the kernel`);
      return answer;
    },
  };
}

function libraryName(): string {
  // musl's library is both the loader and the C library.
  const musl = `/lib/ld-musl-${process.arch === "arm64" ? "aarch64" : "x86_64"}.so.1`;
  return existsSync(musl) ? musl : "libc.so.6";
}
