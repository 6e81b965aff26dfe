import type { CommandAgent } from "../../core/agent-settings.ts";
import { NexusError } from "../../core/errors.ts";
import { commandRunner } from "./command-runner.ts";
import type { Runner } from "./runner.ts";

export interface RunnerParts {
  /** Of nexus: agents have their working folders in `state/agents` of it. */
  readonly home: string;
  /** What is handed on of it is an allowlist. The daemon's own by default. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** From SIGTERM to SIGKILL (5 s). */
  readonly graceMs?: number;
  /** Silence after which a program that said that its turn is over, and does not end, is ended (30 s). */
  readonly lingerMs?: number;
}

/**
 * The runner of one configured agent. An agent of the inbox has none: it pulls.
 *
 * @throws {NexusError} CONFIG_INVALID where the name cannot be a folder's.
 */
export function createRunner(name: string, settings: CommandAgent, parts: RunnerParts): Runner {
  if (!/^[\p{L}\p{N}_][\p{L}\p{N}_.-]*$/u.test(name)) throw new NexusError("CONFIG_INVALID", `[agents.${JSON.stringify(name)}]: the name of an agent is made of letters, digits, "_", "-" and ".", and begins with none of the last two`);
  return commandRunner(name, settings, { home: parts.home, daemonEnvironment: parts.environment ?? process.env }, { graceMs: parts.graceMs ?? 5_000, lingerMs: parts.lingerMs ?? 30_000 });
}
