import { loadConfig, type Config } from "../engine/config.ts";
import { NexusError } from "../engine/core/errors.ts";
import { nearest } from "../engine/core/nearest.ts";
import type { Call } from "./call.ts";
import { textOption } from "./call.ts";
import { callerFromEnv } from "./workspace.ts";

/** The agent that an option names, or the one that calls; it must be configured. */
export function agentOption(call: Call, option: string): { readonly name: string; readonly config: Config } {
  const config = loadConfig(call.home);
  const name = textOption(call, option) ?? callerFromEnv(process.env).agent;
  if (name === undefined) throw new NexusError("USAGE", `say which agent: --${option} NAME, or NEXUS_AGENT_ID`);
  if (config.agents[name] === undefined) {
    const names = Object.keys(config.agents);
    throw new NexusError("AGENT_UNKNOWN", `no agent "${name}" is configured${names.length === 0 ? "" : `; config.toml has ${names.join(", ")}`}`, { did_you_mean: nearest(name, names), hint: `add [agents.${name}] to config.toml` });
  }
  return { name, config };
}

/** A text that is given as an argument, or on standard input. */
export async function textArgument(given: string | undefined): Promise<string> {
  const text = given === undefined || given === "-" ? await Bun.stdin.text() : given;
  if (text.trim() === "") throw new NexusError("USAGE", "the text is empty");
  return text;
}
