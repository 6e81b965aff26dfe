import { mkdirSync } from "node:fs";
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

/**
 * Environment of a child: nothing of this process's but PATH. TMPDIR is the home's own, so that what is left there, and
 * who is left behind, can be seen.
 */
export function childEnv(program: Program, home: string): Record<string, string> {
  const TMPDIR = join(home, "tmp");
  mkdirSync(TMPDIR, { recursive: true });
  return { PATH: process.env["PATH"] ?? "", HOME: home, NEXUS_HOME: home, TMPDIR, ...program.env };
}

/** Runs one command to its end. */
export async function runProgram(program: Program, home: string, args: readonly string[]): Promise<{ code: number; out: string; err: string }> {
  const child = Bun.spawn([...program.argv, ...args], { cwd: home, env: childEnv(program, home), stdin: "ignore", stdout: "pipe", stderr: "pipe" });
  const [out, err, code] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text(), child.exited]);
  return { code, out, err };
}
