import type { AgentSettings, InboxAgent } from "../../core/agent-settings.ts";
import type { Llm } from "../../clients/llm.ts";
import { NexusError } from "../../core/errors.ts";
import { commandRunner } from "./command-runner.ts";
import { httpRunner, type AgentFetch } from "./http-runner.ts";
import { llmRunner } from "./llm-runner.ts";
import type { Runner } from "./runner.ts";

export interface RunnerParts {
  /** Of nexus: agents have their working folders in `state/agents` of it. */
  readonly home: string;
  /** Where agents of the runner `http` are asked: it has to refuse what `allow_private` does not allow. */
  readonly fetch: AgentFetch;
  /** Whom agents of the runner `llm` ask. */
  readonly llm: Llm;
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
 * @throws {NexusError} CONFIG_INVALID where the name cannot be a folder's, or a header cannot be sent.
 */
export function createRunner(name: string, settings: Exclude<AgentSettings, InboxAgent>, parts: RunnerParts): Runner {
  if (!/^[\p{L}\p{N}_][\p{L}\p{N}_.-]*$/u.test(name)) throw new NexusError("CONFIG_INVALID", `[agents.${JSON.stringify(name)}]: the name of an agent is made of letters, digits, "_", "-" and ".", and begins with none of the last two`);
  switch (settings.runner) {
    case "command":
      return commandRunner(name, settings, { home: parts.home, daemonEnvironment: parts.environment ?? process.env }, { graceMs: parts.graceMs ?? 5_000, lingerMs: parts.lingerMs ?? 30_000 });
    case "http":
      return httpRunner(name, settings, parts.fetch);
    case "llm":
      return llmRunner(settings, parts.llm);
  }
}
