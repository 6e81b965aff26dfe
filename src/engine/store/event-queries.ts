import type { Access, Direction, Principal, StoredEvent } from "../core/event.ts";
import type { Store } from "./open.ts";

export interface EventRow {
  seq: number;
  id: string;
  timestamp: number;
  received_at: number;
  type: string;
  channel: string;
  content: string | null;
  content_types: string;
  direction: Direction;
  thread_id: string | null;
  reply_to: string | null;
  sender_id: string | null;
  source_adapter: string;
  source_id: string;
  metadata_json: string;
  cause_id: string | null;
  depth: number;
  addressed_to: string | null;
  suppressed: "loop_guard" | "denied" | null;
  principal_json: string | null;
  access_policy: string | null;
  access_json: string | null;
  replay_of: string | null;
}

export interface EventFilter {
  readonly limit: number;
  readonly type?: string | undefined;
  readonly channel?: string | undefined;
  readonly thread?: string | undefined;
  readonly sender?: string | undefined;
  /** Unix ms, inclusive. */
  readonly since?: number | undefined;
  readonly until?: number | undefined;
  /** Words that all occur in `content`. */
  readonly search?: string | undefined;
  /** Only what was stored before, or after, the event of that seq. */
  readonly before?: number | undefined;
  readonly after?: number | undefined;
  /** Without copies that were stored to be evaluated again. */
  readonly originals?: boolean;
}

export function eventById(store: Store, id: string): StoredEvent | undefined {
  const row = store.db.query<EventRow, [string]>("SELECT * FROM events WHERE id = ?").get(id);
  return row === null ? undefined : toEvent(row);
}

/** In the order of the ledger. */
export function eventsAfter(store: Store, seq: number, limit: number): StoredEvent[] {
  return store.db.query<EventRow, [number, number]>("SELECT * FROM events WHERE seq > ? ORDER BY seq LIMIT ?").all(seq, limit).map(toEvent);
}

/** The events that an event or a dispatch led to, oldest first. */
export function eventsCausedBy(store: Store, causeId: string, limit: number): StoredEvent[] {
  return store.db.query<EventRow, [string, number]>("SELECT * FROM events WHERE cause_id = ? ORDER BY seq LIMIT ?").all(causeId, limit).map(toEvent);
}

/** The seq of the newest event; 0 for an empty ledger. */
export function lastSeq(store: Store): number {
  return store.db.query<{ last: number | null }, []>("SELECT max(seq) AS last FROM events").get()?.last ?? 0;
}

/** The lowest seq of what happened since then: events come late, and clocks are set. Undefined for nothing. */
export function firstSeqSince(store: Store, timestamp: number): number | undefined {
  return store.db.query<{ first: number | null }, [number]>("SELECT min(seq) AS first FROM events WHERE timestamp >= ?").get(timestamp)?.first ?? undefined;
}

/** The seq of the newest event that came before the time. */
export function seqBefore(store: Store, receivedAt: number): number {
  const row = store.db.query<{ seq: number }, [number]>("SELECT seq FROM events WHERE received_at < ? ORDER BY seq DESC LIMIT 1").get(receivedAt);
  return row?.seq ?? 0;
}

/** Newest first. */
export function listEvents(store: Store, filter: EventFilter): StoredEvent[] {
  return select(store, filter, "DESC");
}

/** In the order of the ledger. */
export function eventsInOrder(store: Store, filter: EventFilter): StoredEvent[] {
  return select(store, filter, "ASC");
}

function select(store: Store, filter: EventFilter, order: "ASC" | "DESC"): StoredEvent[] {
  const conditions: string[] = [];
  const values: (string | number)[] = [];
  const equal = { type: filter.type, channel: filter.channel, thread_id: filter.thread, sender_id: filter.sender };
  for (const [column, value] of Object.entries(equal)) {
    if (value === undefined) continue;
    conditions.push(`${column} = ?`);
    values.push(value);
  }
  if (filter.since !== undefined) {
    conditions.push("timestamp >= ?");
    values.push(filter.since);
  }
  if (filter.until !== undefined) {
    conditions.push("timestamp <= ?");
    values.push(filter.until);
  }
  if (filter.before !== undefined) {
    conditions.push("seq < ?");
    values.push(filter.before);
  }
  if (filter.after !== undefined) {
    conditions.push("seq > ?");
    values.push(filter.after);
  }
  if (filter.originals === true) conditions.push("replay_of IS NULL");
  if (filter.search !== undefined) {
    conditions.push("seq IN (SELECT rowid FROM events_fts WHERE events_fts MATCH ?)");
    // As words, not as FTS5 syntax: whatever a user types is a text to find. Marks alone are nothing to find.
    const words = filter.search.split(/[\s\0]+/).filter((word) => /[\p{L}\p{N}]/u.test(word));
    values.push(words.length === 0 ? '""' : `content : (${words.map((word) => `"${word.replaceAll('"', '""')}"`).join(" AND ")})`);
  }
  const where = conditions.length === 0 ? "" : `WHERE ${conditions.join(" AND ")}`;
  return store.db.query<EventRow, (string | number)[]>(`SELECT * FROM events ${where} ORDER BY seq ${order} LIMIT ?`).all(...values, filter.limit).map(toEvent);
}

export function toEvent(row: EventRow): StoredEvent {
  return {
    seq: row.seq,
    id: row.id,
    timestamp: row.timestamp,
    received_at: row.received_at,
    type: row.type,
    channel: row.channel,
    // Both JSON texts are written by insertEvents.
    content_types: JSON.parse(row.content_types) as string[],
    direction: row.direction,
    source_adapter: row.source_adapter,
    source_id: row.source_id,
    metadata: JSON.parse(row.metadata_json) as StoredEvent["metadata"],
    depth: row.depth,
    ...(row.content === null ? {} : { content: row.content }),
    ...(row.thread_id === null ? {} : { thread_id: row.thread_id }),
    ...(row.reply_to === null ? {} : { reply_to: row.reply_to }),
    ...(row.sender_id === null ? {} : { sender_id: row.sender_id }),
    ...(row.cause_id === null ? {} : { cause_id: row.cause_id }),
    ...(row.addressed_to === null ? {} : { addressed_to: row.addressed_to }),
    ...(row.replay_of === null ? {} : { replay_of: row.replay_of }),
    ...(row.suppressed === null ? {} : { suppressed: row.suppressed }),
    ...(row.principal_json === null ? {} : { principal: JSON.parse(row.principal_json) as Principal }),
    ...(row.access_policy === null && row.access_json === null ? {} : { access: toAccess(row) }),
  };
}

function toAccess({ access_policy, access_json }: EventRow): Access {
  // Written by insertEvents.
  const rest = access_json === null ? {} : (JSON.parse(access_json) as Omit<Access, "policy">);
  return access_policy === null ? rest : { policy: access_policy, ...rest };
}
