import { join } from "node:path";
import { tmpdir } from "node:os";

const MAIN = join(import.meta.dir, "..", "..", "src", "cli", "main.ts");

export interface Answer {
  readonly code: number;
  readonly out: string;
  readonly err: string;
  /** stdout as JSON. */
  json<T = Record<string, unknown>>(): T;
  /** The error object of stderr. */
  error(): { code: string; message: string; hint?: string; did_you_mean?: string[]; retryable: boolean };
}

/** The command as a process of its own, from source, with nothing of this process's environment but PATH. */
export function nexusProcess(home: string, args: readonly string[], env: Readonly<Record<string, string>> = {}, stdin: "ignore" | Uint8Array = "ignore"): Bun.Subprocess<"ignore" | Uint8Array, "pipe", "pipe"> {
  return Bun.spawn([process.execPath, MAIN, ...args], {
    cwd: tmpdir(),
    env: { PATH: process.env["PATH"] ?? "", HOME: home, NEXUS_HOME: home, TMPDIR: tmpdir(), ...env },
    stdin,
    stdout: "pipe",
    stderr: "pipe",
  });
}

export async function nexus(home: string, args: readonly string[], options: { readonly env?: Readonly<Record<string, string>>; readonly stdin?: string | Uint8Array } = {}): Promise<Answer> {
  const stdin = options.stdin === undefined ? "ignore" : typeof options.stdin === "string" ? new TextEncoder().encode(options.stdin) : options.stdin;
  const child = nexusProcess(home, args, options.env, stdin);
  const [out, err, code] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text(), child.exited]);
  return {
    code,
    out,
    err,
    json: <T>() => JSON.parse(out) as T,
    error: () => (JSON.parse(err) as { error: ReturnType<Answer["error"]> }).error,
  };
}
