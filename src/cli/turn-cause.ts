import type { NewEvent } from "../engine/core/event.ts";
import { ancestorEnvironments } from "../engine/runtime/kin.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * A variable (`NEXUS_TURN_ID`, `NEXUS_DISPATCH_ID`) of the agent's turn in which this command was called; undefined
 * outside of any. Where it was taken out of the environment on the way, the one of whoever still has it counts (Linux).
 */
export function turnVariable(name: "NEXUS_TURN_ID" | "NEXUS_DISPATCH_ID", env: Environment = process.env): string | undefined {
  const own = env[name] ?? "";
  if (own !== "") return own;
  for (const variables of ancestorEnvironments(process.pid)) {
    const found = variables.find((variable) => variable.startsWith(`${name}=`));
    if (found !== undefined) return found.slice(name.length + 1);
  }
  return undefined;
}

/** What an agent emits during a turn was caused by that turn, whatever it says: the loop guard counts on it. */
export function causedByTurn(event: NewEvent, dispatch: string | undefined): NewEvent {
  return dispatch === undefined ? event : { ...event, cause_id: dispatch };
}
