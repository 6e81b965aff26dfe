import { loadsCode, type CommandAgent } from "../../core/agent-settings.ts";
import type { TurnInput } from "./runner.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** What is handed on of the daemon's environment without being asked for: nothing secret, nothing that loads code. */
const HANDED_ON = ["PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR"] as const;

/** Everything a program of a turn starts inherits it, so that it is found however it left its parent and its group. */
export const TURN_MARK = "NEXUS_TURN_ID";

/**
 * The whole environment of an agent: PATH, HOME, LANG, LC_ALL, TZ, TMPDIR and `pass_env` of the daemon, then `env` of
 * its settings, then what its turn brings (`NEXUS_*`) and `NEXUS_TURN_ID`.
 */
export function agentEnvironment(settings: Pick<CommandAgent, "env" | "pass_env">, input: Pick<TurnInput, "env" | "turn_id">, daemon: Environment): Record<string, string> {
  const env: Record<string, string> = {};
  for (const name of [...HANDED_ON, ...settings.pass_env]) {
    const value = daemon[name];
    if (value !== undefined && !loadsCode(name)) env[name] = value;
  }
  Object.assign(env, settings.env);
  for (const [name, value] of Object.entries(input.env)) if (!loadsCode(name)) env[name] = value;
  return { ...env, [TURN_MARK]: input.turn_id };
}
