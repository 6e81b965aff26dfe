import type { NewEvent, StoredEvent } from "../core/event.ts";
import { addToEpisodes } from "./episodes.ts";
import { eventById } from "./event-queries.ts";
import { known } from "./known.ts";
import type { Store } from "./open.ts";

interface InsertOptions {
  /** Chains of causes longer than this are stored and not evaluated. */
  readonly maxDepth: number;
}

/** Inside a transaction: stores events in order. One that is there already is left as it is, and reported as duplicate. */
export function insertEvents(store: Store, events: readonly NewEvent[], { maxDepth }: InsertOptions): { event: StoredEvent; duplicate: boolean }[] {
  const seen = known(store);
  const inserted = events.map((event) => insertEvent(store, event, maxDepth, seen));
  addToEpisodes(store, inserted.flatMap(({ event, duplicate }) => (duplicate || event.type !== "message" ? [] : [event])));
  return inserted;
}

function insertEvent(store: Store, event: NewEvent, maxDepth: number, seen: ReturnType<typeof known>): { event: StoredEvent; duplicate: boolean } {
  const depth = event.cause_id === undefined ? event.depth : causeDepth(store, event.cause_id, event.depth);
  const suppressed = depth > maxDepth ? ("loop_guard" as const) : undefined;
  const { changes, lastInsertRowid } = store.db
    .query(
      `INSERT INTO events(id, timestamp, received_at, type, channel, content, content_types, direction, thread_id, reply_to, sender_id,
         source_adapter, source_id, metadata_json, cause_id, depth, addressed_to, suppressed)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT(id) DO NOTHING`,
    )
    .run(
      event.id,
      event.timestamp,
      event.received_at,
      event.type,
      event.channel,
      event.content ?? null,
      event.content_types.length === 0 ? "[]" : JSON.stringify(event.content_types),
      event.direction,
      event.thread_id ?? null,
      event.reply_to ?? null,
      event.sender_id ?? null,
      event.source_adapter,
      event.source_id,
      JSON.stringify(event.metadata),
      event.cause_id ?? null,
      depth,
      event.addressed_to ?? null,
      suppressed ?? null,
    );
  if (changes === 0) return { event: stored(store, event.id), duplicate: true };
  const seq = Number(lastInsertRowid);
  if (event.content !== undefined && event.content !== "") {
    store.db.query("INSERT INTO events_fts(rowid, event_id, content) VALUES (?, ?, ?)").run(seq, event.id, event.content);
  }
  if (event.thread_id !== undefined && !seen.threads.has(event.thread_id)) {
    store.db.query("INSERT INTO threads(id, channel) VALUES (?, ?) ON CONFLICT(id) DO NOTHING").run(event.thread_id, event.channel);
    seen.threads.add(event.thread_id);
  }
  if (event.sender_id !== undefined) {
    const contact = contactOf(store, event.channel, event.sender_id, seen.contacts);
    store.db.query("INSERT INTO event_participants(event_id, contact_id, role) VALUES (?, ?, 'sender')").run(event.id, contact);
  }
  const added = { ...event, seq, depth };
  return { event: suppressed === undefined ? added : { ...added, suppressed }, duplicate: false };
}

function contactOf(store: Store, channel: string, senderId: string, contacts: Map<string, string>): string {
  const key = `${channel}\n${senderId}`;
  const seen = contacts.get(key);
  if (seen !== undefined) return seen;
  // Asked for first: a person may have entered this contact under an id of its own.
  const row = store.db.query<{ id: string }, [string, string]>("SELECT id FROM contacts WHERE contact_type = ? AND value = ?").get(channel, senderId);
  const contact = row?.id ?? `${channel}:${senderId}`;
  if (row === null) store.db.query("INSERT INTO contacts(id, contact_type, value) VALUES (?, ?, ?) ON CONFLICT DO NOTHING").run(contact, channel, senderId);
  contacts.set(key, contact);
  return contact;
}

/** One more than its cause: an event, or the event of a dispatch or an invocation. A cause nobody knows leaves it as given. */
function causeDepth(store: Store, causeId: string, given: number): number {
  const row = store.db
    .query<{ depth: number }, [string]>(
      `SELECT depth FROM events WHERE id = ?1
       UNION ALL SELECT e.depth FROM dispatches d JOIN events e ON e.id = d.event_id WHERE d.id = ?1
       UNION ALL SELECT e.depth FROM hook_invocations i JOIN events e ON e.id = i.event_id WHERE i.id = ?1`,
    )
    .get(causeId);
  return row === null ? given : Math.max(given, row.depth + 1);
}

function stored(store: Store, id: string): StoredEvent {
  const event = eventById(store, id);
  if (event === undefined) throw new Error(`the event ${id} was neither stored nor there before`);
  return event;
}
