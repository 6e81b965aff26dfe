import { known } from "../known.ts";
import type { Store } from "../open.ts";
import type { RemovalRecord } from "./retention-log.ts";

export interface GoingEvent {
  readonly seq: number;
  readonly id: string;
  readonly received_at: number;
  readonly content: string | null;
  readonly thread_id: string | null;
}

/** Inside a transaction: removes an event with all that stands around it and that nothing else names. */
export function clearEvent(store: Store, event: GoingEvent, why: "age" | "bytes", record: RemovalRecord): void {
  const { db } = store;
  // The index holds no text of its own: it must be told the old one, while the row is still there.
  if (event.content !== null && event.content !== "") {
    db.query("INSERT INTO events_fts(events_fts, rowid, event_id, content) VALUES ('delete', ?, ?, ?)").run(event.seq, event.id, event.content);
  }
  db.query("DELETE FROM events WHERE seq = ?").run(event.seq);
  db.query("DELETE FROM event_state WHERE event_id = ?").run(event.id);
  db.query("DELETE FROM event_requests WHERE event_id = ?").run(event.id);
  db.query("DELETE FROM event_tags WHERE event_id = ?").run(event.id);
  db.query("DELETE FROM attachments WHERE event_id = ?").run(event.id);
  clearParticipants(store, event, record);
  clearEpisodes(store, event, record);
  if (event.thread_id !== null) clearThread(store, event.thread_id, event.received_at, record);
  record.add("events", why, 1, event.received_at);
}

/**
 * Inside a transaction: writes so many pages of a merge of the full text's segments, after which what was removed is
 * really gone. A negative number begins a merge of all of them; false when nothing is left to be merged.
 */
export function mergeText(store: Store, pages: number): boolean {
  const changes = (): number => store.db.query<{ n: number }, []>("SELECT total_changes() AS n").get()?.n ?? 0;
  const before = changes();
  store.db.query("INSERT INTO events_fts(events_fts, rank) VALUES ('merge', ?)").run(pages);
  // One change is the command itself.
  return changes() - before >= 2;
}

/** A contact that only this event knew goes with it: one that nexus made itself, and that is nobody's. */
function clearParticipants(store: Store, event: GoingEvent, record: RemovalRecord): void {
  const { db } = store;
  const contacts = db.query<{ contact_id: string }, [string]>("DELETE FROM event_participants WHERE event_id = ? RETURNING contact_id").all(event.id);
  for (const { contact_id } of contacts) {
    const gone = db
      .query<{ contact_type: string; value: string }, [string]>(
        `DELETE FROM contacts WHERE id = ?1 AND id = contact_type || ':' || value
           AND NOT EXISTS (SELECT 1 FROM event_participants WHERE contact_id = ?1)
           AND NOT EXISTS (SELECT 1 FROM person_contact_links WHERE contact_id = ?1)
         RETURNING contact_type, value`,
      )
      .get(contact_id);
    if (gone === null) continue;
    known(store).contacts.delete(`${gone.contact_type}\n${gone.value}`);
    record.add("contacts", "orphan", 1, event.received_at);
  }
}

/** An episode keeps its count of what it had, which is the next position in it; with its last event it goes, and its facets. */
function clearEpisodes(store: Store, event: GoingEvent, record: RemovalRecord): void {
  const { db } = store;
  const episodes = db.query<{ episode_id: string }, [string]>("DELETE FROM episode_events WHERE event_id = ? RETURNING episode_id").all(event.id);
  for (const { episode_id } of episodes) {
    if (db.query("SELECT 1 FROM episode_events WHERE episode_id = ? LIMIT 1").get(episode_id) !== null) continue;
    db.query("DELETE FROM facets WHERE episode_id = ?").run(episode_id);
    record.add("episodes", "orphan", db.query("DELETE FROM episodes WHERE id = ?").run(episode_id).changes, event.received_at);
  }
}

function clearThread(store: Store, threadId: string, at: number, record: RemovalRecord): void {
  const { changes } = store.db
    .query(
      `DELETE FROM threads WHERE id = ?1 AND NOT EXISTS (SELECT 1 FROM events WHERE thread_id = ?1)
         AND NOT EXISTS (SELECT 1 FROM threads WHERE parent_thread_id = ?1)`,
    )
    .run(threadId);
  if (changes === 0) return;
  // The next message of the thread has to write it again.
  known(store).threads.delete(threadId);
  record.add("threads", "orphan", changes, at);
}
