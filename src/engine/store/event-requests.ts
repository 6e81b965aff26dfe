import type { StoredEvent } from "../core/event.ts";
import { eventById } from "./event-queries.ts";
import type { Store } from "./open.ts";

/** What stage hooks made of an event before its automations. */
export interface EventRequest {
  /** In place of the stored event's own. */
  readonly seen: Partial<Pick<StoredEvent, "content" | "metadata" | "principal" | "access">>;
  /** Why no automation sees it, in words. */
  readonly ended?: string;
  readonly code?: "REQUEST_SKIPPED" | "REQUEST_STOPPED";
}

/** Inside a transaction. */
export function saveEventRequest(store: Store, eventId: string, { seen, ended, code }: EventRequest, at: number): void {
  store.db
    .query("INSERT OR REPLACE INTO event_requests(event_id, seen_json, ended, code, decided_at) VALUES (?, ?, ?, ?, ?)")
    .run(eventId, JSON.stringify(store.redactor.value(seen)), ended === undefined ? null : store.redactor.text(ended), code ?? null, at);
}

export function eventRequest(store: Store, eventId: string): EventRequest | undefined {
  const row = store.db.query<{ seen_json: string; ended: string | null; code: NonNullable<EventRequest["code"]> | null }, [string]>("SELECT seen_json, ended, code FROM event_requests WHERE event_id = ?").get(eventId);
  if (row === null) return undefined;
  // Written above.
  return { seen: JSON.parse(row.seen_json) as EventRequest["seen"], ...(row.ended === null ? {} : { ended: row.ended }), ...(row.code === null ? {} : { code: row.code }) };
}

/** A stored event as the stages from `runAutomations` on see it. */
export function seenEvent(store: Store, event: StoredEvent): StoredEvent {
  const request = eventRequest(store, event.id);
  if (request === undefined) return event;
  return { ...event, ...request.seen, ...(request.ended === undefined ? {} : { suppressed: "stage_hook" as const }) };
}

/** As `eventById`, as `seenEvent`. */
export function seenEventById(store: Store, id: string): StoredEvent | undefined {
  const event = eventById(store, id);
  return event === undefined ? undefined : seenEvent(store, event);
}
