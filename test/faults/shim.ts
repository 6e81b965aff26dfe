import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, readSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Program } from "./program.ts";

const KINDS = { sync: 1, write: 2, truncate: 4, open: 8 } as const;
const FILES = { all: 0, log: 1, database: 2 } as const;
const ERRNO = { EIO: 5, ENOSPC: 28 } as const;
/** Places in the control file; see shim.c. */
const CALLS = 4;
const FAILED = 5;
const FIELDS = 7;
const FOR_EVER = 0x7f_ff_ff_ff;

export interface Fault {
  readonly kinds: readonly (keyof typeof KINDS)[];
  readonly error: keyof typeof ERRNO;
  /** The first call that fails, from 1. */
  readonly from: number;
  /** Only that one; otherwise all that come after it too. */
  readonly once?: boolean;
  readonly files?: keyof typeof FILES;
}

/** A call as the shim saw it, in the order of all processes, or a line that a test appended itself. */
export type Traced =
  | { readonly kind: "sync" | "write" | "truncate" | "open"; readonly pid: number; readonly file: string; readonly offset: number; readonly length: number; readonly failed: boolean }
  | { readonly kind: "said"; readonly words: readonly string[] };

/** Why the shim cannot be used here; undefined when it can. */
export function shimMissing(): string | undefined {
  if (process.platform !== "linux") return "LD_PRELOAD is Linux's";
  return Bun.which("cc") === null ? "no C compiler (cc)" : undefined;
}

/** Compiles the shim into a folder of its own, which goes at the end of the `using` block. */
export class Shim {
  readonly #folder = mkdtempSync(join(tmpdir(), "nexus-shim-"));
  readonly #library = join(this.#folder, "shim.so");

  constructor() {
    const { success, stderr } = Bun.spawnSync(["cc", "-shared", "-fPIC", "-O1", "-Wall", "-Werror", "-U_FORTIFY_SOURCE", "-o", this.#library, join(import.meta.dir, "shim.c"), "-ldl"]);
    if (!success) throw new Error(`shim.c does not compile: ${stderr.toString()}`);
  }

  /** A disk of its own: what one program sees of its database's files. */
  disk(name: string): FaultyDisk {
    return new FaultyDisk(this.#library, join(this.#folder, name));
  }

  [Symbol.dispose](): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

export class FaultyDisk {
  readonly #library: string;
  readonly #control: string;
  readonly #trace: string;

  constructor(library: string, path: string) {
    this.#library = library;
    this.#control = `${path}.control`;
    this.#trace = `${path}.trace`;
    this.#put(new Int32Array(FIELDS));
  }

  /** The program on this disk. */
  under(program: Program, { trace = false } = {}): Program {
    return { ...program, env: { ...program.env, LD_PRELOAD: this.#library, NEXUS_FAULTS: this.#control, ...(trace ? { NEXUS_TRACE: this.#trace } : {}) } };
  }

  /** From now on; calls are counted anew. */
  fail({ kinds, error, from, once = false, files = "all" }: Fault): void {
    const mask = kinds.reduce((sum, kind) => sum | KINDS[kind], 0);
    this.#put(Int32Array.from([mask, ERRNO[error], from, once ? from : FOR_EVER, 0, 0, FILES[files]]));
  }

  /** All is well again. */
  heal(): void {
    this.#put(new Int32Array(2));
  }

  /** Calls of the kinds asked for, and how many of them failed. */
  get counts(): { readonly calls: number; readonly failed: number } {
    const fields = new Int32Array(FIELDS);
    const file = openSync(this.#control, "r");
    readSync(file, fields);
    closeSync(file);
    return { calls: fields[CALLS] ?? 0, failed: fields[FAILED] ?? 0 };
  }

  get tracePath(): string {
    return this.#trace;
  }

  traced(): Traced[] {
    const lines = existsSync(this.#trace) ? readFileSync(this.#trace, "utf8").split("\n").slice(0, -1) : [];
    return lines.map((line): Traced => {
      const [pid = "", kind = "", file = "", offset, length, failed] = line.split(" ");
      if (kind !== "sync" && kind !== "write" && kind !== "truncate" && kind !== "open") return { kind: "said", words: line.split(" ") };
      return { kind, pid: Number(pid), file, offset: Number(offset), length: Number(length), failed: failed !== undefined };
    });
  }

  #put(fields: Int32Array): void {
    // In place: the programs have it mapped.
    const file = openSync(this.#control, existsSync(this.#control) ? "r+" : "w+", 0o600);
    writeSync(file, new Uint8Array(fields.buffer), 0, fields.byteLength, 0);
    closeSync(file);
  }
}
