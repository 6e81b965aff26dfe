import type { NewEvent } from "../engine/core/event.ts";

/** What an agent emits during a turn was caused by that turn, unless it says otherwise: the loop guard counts on it. */
export function causedByTurn(event: NewEvent, env: Readonly<Record<string, string | undefined>>): NewEvent {
  const dispatch = env["NEXUS_DISPATCH_ID"] ?? "";
  return event.cause_id !== undefined || dispatch === "" ? event : { ...event, cause_id: dispatch };
}
