import type { NewEvent } from "../core/event.ts";
import type { Passage, RefUpdate } from "../core/ref.ts";

export function refEventId(updateId: string): string {
  return `ref:${updateId}`;
}

/** The event that an update is, for ordinary hooks with `triggers.ref`. It does not carry the passage's content: `ctx.refs.passage` reads it. */
export function refEvent(update: RefUpdate, passage: Passage | undefined, cause: string | undefined): NewEvent {
  const { id, ref_name, passage_id, previous_passage_id, transaction_id, action, hooks, created_at: at, created_by } = update;
  return {
    id: refEventId(id),
    timestamp: at,
    received_at: at,
    type: "ref_updated",
    channel: "ref",
    content_types: [],
    direction: "received",
    source_adapter: "ref",
    source_id: id,
    metadata: {
      ref_name,
      update_id: id,
      transaction_id,
      action,
      hooks,
      ...(passage_id === undefined ? { deleted: true } : { passage_id }),
      ...(passage === undefined ? {} : { passage_type: passage.type }),
      ...(previous_passage_id === undefined ? {} : { previous_passage_id }),
      ...(created_by === undefined ? {} : { created_by }),
    },
    depth: 0,
    ...(cause === undefined ? {} : { cause_id: cause }),
  };
}
