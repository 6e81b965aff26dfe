import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import type { Readable } from "node:stream";
import { policyOf } from "../../runtime/sandbox/policy.ts";
import type { Mechanism } from "../../runtime/sandbox/probe-mechanism.ts";
import { sandboxedCommand } from "../../runtime/sandbox/sandboxed-command.ts";
import type { Inspection } from "./inspection.ts";
import { inspectionSchema } from "./inspection.ts";

/** Beyond the script's own time: the start of a process on a loaded machine. */
const START_MS = 10_000;

/** The metadata of a hook is small; more is a script that writes into our pipe. */
const MAX_ANSWER_BYTES = 4 * 1_048_576;

const PASSED_ON = ["PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR"];

export interface InspectOptions {
  /** Time the script may take to load. */
  readonly timeoutMs: number;
  /** What it is put into: with no file, no network and no program, whatever the hook will declare. */
  readonly mechanism: Mechanism | "none";
  /** The argv that starts an inspection; for tests. */
  readonly command?: readonly string[];
}

/**
 * Loads a bundle once, in a child process of its own with a scrubbed environment, and tells what it exports. Never
 * throws for what the script does; its process group is killed before the promise settles.
 */
export async function inspectBundle(bundle: string, options: InspectOptions): Promise<Inspection> {
  const env = Object.fromEntries(PASSED_ON.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])));
  const [program = "", ...args] = options.command ?? sandboxedCommand(options.mechanism, policyOf(undefined, {}), ["__inspect"], env, "/");
  const child = spawn(program, args, {
    // Not the caller's folder, whose bunfig.toml and .env Bun would read.
    cwd: "/",
    env,
    stdio: ["pipe", "ignore", "ignore", "pipe"],
    detached: true,
  });
  try {
    return await answerOf(child, JSON.stringify({ code: bundle, timeoutMs: options.timeoutMs }), options.timeoutMs);
  } finally {
    endGroup(child);
  }
}

function answerOf(child: ChildProcess, request: string, timeoutMs: number): Promise<Inspection> {
  return new Promise((resolve, reject) => {
    const timedOut = (): void => resolve({ ok: false, reason: "timeout", message: `it did not finish loading within ${timeoutMs} ms` });
    const timer = setTimeout(timedOut, timeoutMs + START_MS);
    let text = "";
    const answers = child.stdio[3] as Readable;
    answers.setEncoding("utf8");
    answers.on("data", (chunk: string) => {
      text += chunk;
      if (text.length > MAX_ANSWER_BYTES) resolve({ ok: false, reason: "threw", message: `its metadata is larger than ${MAX_ANSWER_BYTES} bytes` });
      else if (text.endsWith("\n")) resolve(parseAnswer(text));
    });
    answers.on("error", () => undefined);
    child.on("error", reject);
    child.on("close", (status, signal) => {
      clearTimeout(timer);
      const how = signal === null ? `with status ${status}` : `by ${signal}`;
      resolve({ ok: false, reason: "exited", message: `it ended its process ${how}` });
    });
    // A child that died before it read has closed its end.
    child.stdin?.on("error", () => undefined);
    child.stdin?.end(request);
  });
}

function parseAnswer(text: string): Inspection {
  // The answer is the last line: a script that writes to descriptor 3 can only have written before it.
  const line = text.trimEnd().split("\n").at(-1) ?? "";
  try {
    return inspectionSchema.parse(JSON.parse(line));
  } catch {
    return { ok: false, reason: "threw", message: "it changed what nexus reads its exports with (a global, or file descriptor 3)" };
  }
}

function endGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, "SIGKILL");
  } catch {
    // The whole group is gone already.
  }
}
