import { NexusError } from "../core/errors.ts";
import type { Access, NewEvent, Standing, StoredEvent } from "../core/event.ts";
import { addToEpisodes } from "./episodes.ts";
import { eventById } from "./event-queries.ts";
import { known } from "./known.ts";
import type { Store } from "./open.ts";

interface InsertOptions {
  /** Chains of causes longer than this are stored and not evaluated. */
  readonly maxDepth: number;
  /** Events of one chain, whatever its shape: the one after them is stored and not evaluated, what follows is refused. */
  readonly maxChain: number;
  /** What identity and access make of an event; what is denied is stored and not evaluated. Without it, nothing is. */
  readonly standingOf?: (event: NewEvent) => Standing | undefined;
}

/**
 * Inside a transaction: stores events in order, without secrets. One that is there already is left as it is, and reported as duplicate.
 * Throws LOOP_STOPPED, before it changes anything, when one belongs to a chain that has used up its budget.
 */
export function insertEvents(store: Store, given: readonly NewEvent[], options: InsertOptions): { event: StoredEvent; duplicate: boolean }[] {
  const events = store.redactor.value(given);
  for (const event of events) if (event.cause_id !== undefined) refuseLoop(store, event, event.cause_id, options.maxChain);
  const seen = known(store);
  const inserted = events.map((event) => insertEvent(store, event, options, seen));
  // A copy is the same message again: the conversation has it once.
  addToEpisodes(store, inserted.flatMap(({ event, duplicate }) => (duplicate || event.type !== "message" || event.replay_of !== undefined ? [] : [event])));
  return inserted;
}

function insertEvent(store: Store, event: NewEvent, { maxDepth, maxChain, standingOf }: InsertOptions, seen: ReturnType<typeof known>): { event: StoredEvent; duplicate: boolean } {
  const { cause, depth, isLoop } = chainOf(store, event, { maxDepth, maxChain });
  const { denied = false, principal, access } = standingOf?.(event) ?? {};
  const suppressed = isLoop ? ("loop_guard" as const) : denied ? ("denied" as const) : event.unevaluated === true ? ("agent_to_agent" as const) : undefined;
  const { changes, lastInsertRowid } = store.db
    .query(
      `INSERT INTO events(id, timestamp, received_at, type, channel, content, content_types, direction, thread_id, reply_to, sender_id,
         source_adapter, source_id, metadata_json, cause_id, depth, addressed_to, suppressed, root_id, principal_json, access_policy, access_json, replay_of)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT(id) DO NOTHING`,
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
      cause?.root ?? null,
      principal === undefined ? null : JSON.stringify(principal),
      access?.policy ?? null,
      access === undefined ? null : accessJson(access),
      event.replay_of ?? null,
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
  if (event.replay_of !== undefined) copySurroundings(store, event.id, event.replay_of);
  const added = { ...event, seq, depth };
  if (suppressed === undefined && principal === undefined && access === undefined) return { event: added, duplicate: false };
  const marks = { ...(suppressed === undefined ? {} : { suppressed }), ...(principal === undefined ? {} : { principal }), ...(access === undefined ? {} : { access }) };
  return { event: { ...added, ...marks }, duplicate: false };
}

/** Where an event would stand in its chain of causes, and whether that is one too many: by its length, or by its budget. */
export function chainOf(store: Store, event: NewEvent, { maxDepth, maxChain }: Pick<InsertOptions, "maxDepth" | "maxChain">): { readonly cause: ReturnType<typeof causeOf>; readonly depth: number; readonly isLoop: boolean } {
  const cause = event.cause_id === undefined ? undefined : causeOf(store, event.cause_id);
  const depth = cause === undefined ? event.depth : Math.max(event.depth, cause.depth + 1);
  return { cause, depth, isLoop: depth > maxDepth || (cause !== undefined && chainLength(store, cause.root) >= maxChain) };
}

/** Who took part in the original, and its attachments, as far as they are still there. */
function copySurroundings(store: Store, id: string, originalId: string): void {
  store.db.query("INSERT OR IGNORE INTO event_participants(event_id, contact_id, role) SELECT ?, contact_id, role FROM event_participants WHERE event_id = ?").run(id, originalId);
  store.db
    .query("INSERT OR IGNORE INTO attachments(id, event_id, filename, mime_type, storage_uri) SELECT ?1 || '/' || id, ?1, filename, mime_type, storage_uri FROM attachments WHERE event_id = ?2")
    .run(id, originalId);
}

/** All of it but the policy's name, which has a column of its own. */
function accessJson({ policy: _policy, ...rest }: Access): string | null {
  return Object.keys(rest).length === 0 ? null : JSON.stringify(rest);
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

/** How deep the cause stands and where its chain began: an event, or the event of a dispatch or an invocation. Nobody's cause is none. */
function causeOf(store: Store, causeId: string): { readonly depth: number; readonly root: string } | undefined {
  const row = store.db
    .query<{ depth: number; root: string }, [string]>(
      `SELECT depth, ifnull(root_id, id) AS root FROM events WHERE id = ?1
       UNION ALL SELECT e.depth, ifnull(e.root_id, e.id) FROM dispatches d JOIN events e ON e.id = d.event_id WHERE d.id = ?1
       UNION ALL SELECT e.depth, ifnull(e.root_id, e.id) FROM hook_invocations i JOIN events e ON e.id = i.event_id WHERE i.id = ?1`,
    )
    .get(causeId);
  return row ?? undefined;
}

/** Events of the chain so far, without the one it began with. */
function chainLength(store: Store, root: string): number {
  return store.db.query<{ n: number }, [string]>("SELECT count(*) AS n FROM events WHERE root_id = ?").get(root)?.n ?? 0;
}

function isStored(store: Store, id: string): boolean {
  return store.db.query<{ seq: number }, [string]>("SELECT seq FROM events WHERE id = ?").get(id) !== null;
}

/** One event more than the budget is stored, as the row that says so; what comes after it is refused. */
function refuseLoop(store: Store, event: NewEvent, causeId: string, maxChain: number): void {
  const cause = causeOf(store, causeId);
  if (cause === undefined || chainLength(store, cause.root) <= maxChain || isStored(store, event.id)) return;
  throw new NexusError("LOOP_STOPPED", `${event.id} was not stored: the chain of causes that began with ${cause.root} has its ${maxChain} events`, {
    hint: `raise events.max_chain if that is no loop; nexus events show ${cause.root} shows where it began`,
  });
}

function stored(store: Store, id: string): StoredEvent {
  const event = eventById(store, id);
  if (event === undefined) throw new Error(`the event ${id} was neither stored nor there before`);
  return event;
}
