import { z } from "zod";
import { NexusError } from "../../core/errors.ts";
import { shellWord } from "../../core/shell-word.ts";
import { handlerByName } from "../../store/ref-handlers.ts";
import { scriptOfHandler } from "../handler-script.ts";
import { runHandler } from "./run-handler.ts";
import type { Action } from "./action.ts";

const schema = z.record(z.string(), z.unknown(), "expected a JSON object");

/** A custom action type: its registered handler gets the hook, with whatever configuration, and the passage. */
export function customAction(name: string): Action<z.output<typeof schema>> {
  return {
    schema,
    check: () => undefined,
    run: (_config, call) => {
      const handler = handlerByName(call.store, "action", name);
      if (handler === undefined) throw new NexusError("ACTION_NOT_FOUND", `no action ${JSON.stringify(name)} is registered`, { next: [`nexus refs actions register ${shellWord(name)} SCRIPT`] });
      return runHandler(call, scriptOfHandler(handler), { passage: call.passage, hook: call.hook });
    },
  };
}
