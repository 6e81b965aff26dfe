import type { CommandAgent } from "../../core/agent-settings.ts";
import type { Preset } from "./presets.ts";

/**
 * The settings of a program in a turn that an untrusted source is a cause of: what `reduced` says, and where that says
 * nothing no variables but those the program's model needs, and of a preset the arguments that only let it read.
 */
export function reducedSettings(settings: CommandAgent, preset: Preset | undefined): CommandAgent {
  const { reduced } = settings;
  return {
    ...settings,
    arguments: [...(reduced.arguments ?? preset?.reduced.arguments ?? settings.arguments)],
    pass_env: reduced.pass_env ?? settings.pass_env.filter((name) => preset?.reduced.pass_env.includes(name) === true),
    env: { ...preset?.reduced.env, ...reduced.env },
  };
}
