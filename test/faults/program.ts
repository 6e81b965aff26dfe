import { tmpdir } from "node:os";
import { join } from "node:path";

const root = join(import.meta.dir, "..", "..");

/** The program under test, as argv: from source, or the compiled binary. */
export interface Program {
  readonly argv: readonly string[];
  /** Beside what every child gets: PATH and the home. */
  readonly env?: Readonly<Record<string, string>>;
}

export const SOURCE: Program = { argv: [process.execPath, join(root, "src", "cli", "main.ts")] };
export const BINARY: Program = { argv: [join(root, "dist", "nexus")] };

/** Environment of a child: nothing of this process's but PATH. TMPDIR is the home's own, so what is left there can be seen. */
export function childEnv(program: Program, home: string): Record<string, string> {
  return { PATH: process.env["PATH"] ?? "", HOME: home, NEXUS_HOME: home, TMPDIR: tmpdir(), ...program.env };
}
