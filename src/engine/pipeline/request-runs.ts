import type { IdFactory } from "../core/ids.ts";
import { requestOf, REQUESTS_PROCESSOR } from "../core/ref-request.ts";
import type { Store } from "../store/open.ts";
import { countWaitingRuns, insertRun } from "../store/runs.ts";
import type { Accepted } from "./intake.ts";

interface RequestParts {
  readonly ids: IdFactory;
  /** Unix ms. */
  readonly now: number;
  /** The hook that asks. */
  readonly hookId: string;
  /** Setting `refs.max_waiting`. */
  readonly maxRuns: number;
}

/**
 * Inside the transaction that stored them: events by which a hook asks for a change of refs become runs, which do it
 * after the commit. Only what a hook emitted comes here, so nobody outside can ask. Returns why some were not accepted.
 */
export function requestRuns(store: Store, accepted: readonly Accepted[], { ids, now, hookId, maxRuns }: RequestParts): string | undefined {
  const asked = accepted.filter(({ event, duplicate }) => !duplicate && event.suppressed === undefined && event.channel === "ref" && requestOf(event) !== undefined);
  if (asked.length === 0) return undefined;
  const room = Math.max(0, maxRuns - countWaitingRuns(store));
  for (const { event } of asked.slice(0, room)) insertRun(store, { id: ids.make("run", now), processor_type: REQUESTS_PROCESSOR, input: {}, event_id: event.id, hook_id: hookId, created_at: now });
  return asked.length <= room ? undefined : `emit: ${asked.length - room} requests of refs were not accepted: as many runs wait as refs.max_waiting allows`;
}
