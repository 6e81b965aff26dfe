import { existsSync } from "node:fs";
import { selfCommand } from "../self-command.ts";
import { BUBBLEWRAP, bubblewrapCommand } from "./bubblewrap.ts";
import { policyOf } from "./policy.ts";

export const MECHANISMS = ["landlock", "bubblewrap"] as const;
export type Mechanism = (typeof MECHANISMS)[number];

export interface ProbeResult {
  readonly mechanism: Mechanism;
  readonly works: boolean;
  /** Of Landlock's interface; 0 where it says nothing. */
  readonly version: number;
  /** Its version, or why it does not work. */
  readonly detail: string;
}

/** A start on a loaded machine takes so long at most, ms; beyond it the mechanism is taken for broken. */
const PROBE_MS = 20_000;
const known = new Map<Mechanism, Promise<ProbeResult>>();

/**
 * Tries a mechanism as it will be used: a process of this program inside it that finds a door shut. That a kernel or a
 * package has it says little: a container may forbid user namespaces. A machine's answer is asked for once a process.
 */
export function probeMechanism(mechanism: Mechanism): Promise<ProbeResult> {
  const before = known.get(mechanism);
  if (before !== undefined) return before;
  const asked = probe(mechanism);
  known.set(mechanism, asked);
  return asked;
}

async function probe(mechanism: Mechanism): Promise<ProbeResult> {
  const failed = (detail: string): ProbeResult => ({ mechanism, works: false, version: 0, detail });
  if (process.platform !== "linux") return failed(`only on Linux; this is ${process.platform}`);
  if (mechanism === "bubblewrap" && !existsSync(BUBBLEWRAP)) return failed(`${BUBBLEWRAP} is not installed`);
  const policy = policyOf(undefined, {});
  const inside = [...selfCommand(), "__sandbox_probe"];
  const env = { LANG: "C" };
  const command = mechanism === "bubblewrap" ? bubblewrapCommand(policy, inside, env, "/") : [...selfCommand(), "__sandbox", JSON.stringify(policy), ...inside];
  try {
    const child = Bun.spawn(command, { cwd: "/", env, stdin: "ignore", stdout: "pipe", stderr: "pipe", timeout: PROBE_MS, killSignal: "SIGKILL" });
    const [out, err] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text(), child.exited]);
    const answer = out.trim();
    if (answer !== "shut") return failed(lastLine(answer === "" ? err : `${answer}; ${err}`) || `it ended with status ${child.exitCode}`);
    return { mechanism, works: true, ...(await versionOf(mechanism)) };
  } catch (error) {
    return failed(error instanceof Error ? error.message : String(error));
  }
}

async function versionOf(mechanism: Mechanism): Promise<Pick<ProbeResult, "version" | "detail">> {
  const command = mechanism === "bubblewrap" ? [BUBBLEWRAP, "--version"] : [...selfCommand(), "__sandbox_version"];
  const child = Bun.spawn(command, { cwd: "/", env: {}, stdin: "ignore", stdout: "pipe", stderr: "ignore", timeout: PROBE_MS, killSignal: "SIGKILL" });
  const text = (await new Response(child.stdout).text()).trim();
  await child.exited;
  return mechanism === "bubblewrap" ? { version: 0, detail: text } : { version: Number(text), detail: `landlock ${text}` };
}

function lastLine(text: string): string {
  return (text.trim().split("\n").at(-1) ?? "").slice(0, 300);
}
