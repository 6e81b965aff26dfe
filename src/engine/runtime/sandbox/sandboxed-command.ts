import { selfCommand } from "../self-command.ts";
import { bubblewrapCommand } from "./bubblewrap.ts";
import type { SandboxPolicy } from "./policy.ts";
import type { Mechanism } from "./probe-mechanism.ts";

/** The command that starts one of this program's hidden modes inside the sandbox. */
export function sandboxedCommand(mechanism: Mechanism | "none", policy: SandboxPolicy | undefined, args: readonly string[], env: Readonly<Record<string, string>>, cwd: string): string[] {
  const argv = [...selfCommand(), ...args];
  if (mechanism === "none" || policy === undefined) return argv;
  if (mechanism === "bubblewrap") return bubblewrapCommand(policy, argv, env, cwd);
  return [...selfCommand(), "__sandbox", JSON.stringify(policy), ...argv];
}
