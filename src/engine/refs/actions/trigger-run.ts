import { z } from "zod";
import { NexusError } from "../../core/errors.ts";
import { shellWord } from "../../core/shell-word.ts";
import { handlerByName } from "../../store/ref-handlers.ts";
import { countWaitingRuns, insertRun } from "../../store/runs.ts";
import type { Store } from "../../store/open.ts";
import type { Action } from "./action.ts";
import { nameSchema } from "./name-schema.ts";

const schema = z.strictObject({
  processor_type: nameSchema(128),
  /** Goes along to the processor, as `input.config`. */
  input: z.record(z.string(), z.unknown(), "expected a JSON object").optional(),
}, "expected a JSON object");

/** A durable run of a registered processor, which begins after the commit. */
export const triggerRun: Action<z.output<typeof schema>> = {
  schema,
  check: (store, { processor_type: name }) => requireProcessor(store, name),
  run: ({ processor_type, input }, { store, update, passage, hook, at, limits, makeId, promise }) => {
    requireProcessor(store, processor_type);
    const waiting = countWaitingRuns(store);
    if (waiting >= limits.max_waiting) throw new NexusError("REF_QUEUE_FULL", `${waiting} runs wait, as many as refs.max_waiting allows`);
    const id = makeId("run");
    insertRun(store, {
      id, processor_type, update_id: update.id, hook_id: hook.id, created_at: at,
      input: { ref_name: update.ref_name, passage_id: passage.id, ...(update.previous_passage_id === undefined ? {} : { previous_passage_id: update.previous_passage_id }), update_id: update.id, ...(input === undefined ? {} : { config: input }) },
    });
    promise("run");
    return [`run ${id} of ${processor_type}, after the commit`];
  },
};

function requireProcessor(store: Store, name: string): void {
  if (handlerByName(store, "processor", name) === undefined) throw new NexusError("PROCESSOR_NOT_FOUND", `config.processor_type: no processor ${JSON.stringify(name)} is registered`, { next: [`nexus runs processors register ${shellWord(name)} SCRIPT`] });
}
