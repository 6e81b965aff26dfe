import type { CommandAgent } from "../../core/agent-settings.ts";
import { planCommand, type CommandPlace } from "./command-plan.ts";
import { CommandTurn, type Patience } from "./command-turn.ts";
import type { Runner } from "./runner.ts";
import { endedTurn, failure } from "./turn-end.ts";

/** The system had no room for a process: it may have some later. */
const PASSING = ["EAGAIN", "ENOMEM", "EMFILE", "ENFILE", "ETXTBSY"];

/** Runs each turn as a program, in a process group of its own. */
export function commandRunner(name: string, settings: CommandAgent, place: CommandPlace, patience: Patience): Runner {
  return {
    start(input, events) {
      try {
        return new CommandTurn(planCommand(name, settings, input, place), settings, input, events, patience);
      } catch (error) {
        const { code, message } = error as NodeJS.ErrnoException;
        const retryable = PASSING.includes(code ?? "");
        return endedTurn(failure("AGENT_START_FAILED", `agent ${name} was not started: ${code === "E2BIG" ? `its arguments and its environment together are more than the system takes (ARG_MAX); ${message}` : message}`, { retryable }));
      }
    },
  };
}
