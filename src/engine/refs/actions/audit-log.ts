import { z } from "zod";
import { appendAudit } from "../../store/audit.ts";
import type { Action } from "./action.ts";
import { nameSchema } from "./name-schema.ts";

const schema = z.strictObject({
  /** The log it goes to: rows are listed by it, and all are links of one chain. */
  destination: nameSchema(128),
}, "expected a JSON object");

/** A row in the audit log that nobody can change unseen. */
export const auditLog: Action<z.output<typeof schema>> = {
  schema,
  check: () => undefined,
  run: ({ destination }, { store, update, passage, hook, at }) => {
    const { seq } = appendAudit(store, {
      destination, at, ref_name: update.ref_name, passage_id: passage.id, update_id: update.id, hook_id: hook.id,
      ...(update.created_by === undefined ? {} : { actor: update.created_by }),
      ...(update.previous_passage_id === undefined ? {} : { previous_passage_id: update.previous_passage_id }),
      data: { action: update.action, passage_type: passage.type, passage_hash: passage.hash, transaction_id: update.transaction_id },
    });
    return [`audit row ${seq} in ${destination}`];
  },
};
