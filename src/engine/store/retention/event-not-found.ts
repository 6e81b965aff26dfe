import { NexusError } from "../../core/errors.ts";
import type { Store } from "../open.ts";
import { retentionHorizon } from "./retention-log.ts";

/** An event that is not there was never stored, or has passed its retention: which of the two, nobody can say any more. */
export function eventNotFound(store: Store, id: string): NexusError {
  const horizon = retentionHorizon(store);
  const hint = horizon === undefined ? {} : { hint: `retention has removed events received up to ${new Date(horizon.received_at).toISOString()}; it may have been among them` };
  return new NexusError("EVENT_NOT_FOUND", `no stored event has the id ${JSON.stringify(id)}`, { ...hint, next: ["nexus events list"] });
}
