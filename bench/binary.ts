import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { EXIT } from "../src/engine/core/errors.ts";

/** The repository. */
export const ROOT = new URL("..", import.meta.url).pathname;

const BUILD = join(ROOT, "scripts/build-binary.ts");
const BINARY = join(ROOT, "dist/nexus");

/** Builds `dist/nexus` from what is there now, and returns its path; undefined when it cannot be built. */
export async function buildNexus(): Promise<string | undefined> {
  if (!existsSync(BUILD)) return undefined;
  const child = Bun.spawn([process.execPath, BUILD], { cwd: ROOT, stdin: "ignore", stdout: "pipe", stderr: "pipe" });
  const [stderr, code] = await Promise.all([child.stderr.text(), child.exited]);
  if (code !== 0) process.stderr.write(`${BUILD} ended with ${code}: ${stderr}\n`);
  return code === 0 ? builtNexus() : undefined;
}

export function builtNexus(): string | undefined {
  return existsSync(BINARY) ? BINARY : undefined;
}

/** A program that prints one line, compiled as `scripts/build-binary.ts` compiles nexus: the floor of every command. */
export async function buildEmpty(folder: string): Promise<string> {
  const entry = join(folder, "empty.ts");
  const outfile = join(folder, "empty");
  await Bun.write(entry, 'console.log("empty");\nexport {};\n');
  const built = await Bun.build({
    entrypoints: [entry],
    compile: { outfile, autoloadDotenv: false, autoloadBunfig: false },
    minify: true,
    bytecode: true,
    format: "esm",
    sourcemap: "linked",
    define: { "process.env.NODE_ENV": '"production"' },
  });
  if (!built.success) throw new Error(`the empty program does not build: ${built.logs.join("\n")}`);
  return outfile;
}

/** What a command sees of the environment: a home, and nothing that would change what it prints. */
export function commandEnvironment(home: string): Record<string, string> {
  return { PATH: process.env["PATH"] ?? "", HOME: home, NEXUS_HOME: home };
}

/** `status` says by 7 that no daemon runs, which is so here. */
function hasWorked(exitCode: number): boolean {
  return exitCode === EXIT.done || exitCode === EXIT.unavailable;
}

/** Wall time of one run, spawn to exit, ms. Throws when it fails. */
export function wallOf(argv: readonly string[], home: string): number {
  const start = performance.now();
  const { exitCode, stderr } = Bun.spawnSync([...argv], { cwd: home, env: commandEnvironment(home), stdin: "ignore", stdout: "ignore", stderr: "pipe" });
  const ms = performance.now() - start;
  if (!hasWorked(exitCode)) throw new Error(`${argv.join(" ")} ended with ${exitCode}: ${stderr.toString()}`);
  return ms;
}

/** Whether a command works at all: a fitting exit code and something on stdout. Says why not on stderr. */
export function works(argv: readonly string[], home: string): boolean {
  const { exitCode, stdout, stderr } = Bun.spawnSync([...argv], { cwd: home, env: commandEnvironment(home), stdin: "ignore", stdout: "pipe", stderr: "pipe", timeout: 10_000 });
  if (hasWorked(exitCode) && stdout.length > 0) return true;
  process.stderr.write(`${argv.join(" ")} ended with ${exitCode}: ${stderr.toString().slice(0, 500)}\n`);
  return false;
}

/**
 * Peak resident memory of one run, MB. Not from rusage: Linux carries the peak of the process that spawned it over into
 * the child's (true(1) had 223 MB). The kernel's own high-water mark is read until there is nothing to read any more.
 */
export async function peakMemoryOf(argv: readonly string[], home: string): Promise<number> {
  const child = Bun.spawn([...argv], { cwd: home, env: commandEnvironment(home), stdin: "ignore", stdout: "ignore", stderr: "ignore" });
  let peak = 0;
  for (;;) {
    const kilobytes = /VmHWM:\s+(\d+)/.exec(statusOf(child.pid))?.[1];
    if (kilobytes === undefined) break;
    peak = Number(kilobytes) / 1_024;
  }
  await child.exited;
  return peak;
}

function statusOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/status`, "utf8");
  } catch {
    return "";
  }
}
