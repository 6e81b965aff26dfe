import type { NewEvent } from "../core/event.ts";
import type { Store } from "./open.ts";

/** A silence longer than this ends an episode of a conversation. */
export const EPISODE_GAP_MS = 30 * 60_000;

interface EpisodeRow {
  id: string;
  start_time: number;
  end_time: number;
  event_count: number;
}

/** Inside a transaction: puts a message into the episode of its thread (or of its sender), or begins a new one. */
export function addToEpisode(store: Store, event: NewEvent): void {
  const thread = event.thread_id ?? event.sender_id;
  if (thread === undefined) return;
  // The oldest that ends late enough; history may be imported long after what followed it.
  const found = store.db
    .query<EpisodeRow, [string, string, number]>(
      "SELECT id, start_time, end_time, event_count FROM episodes WHERE channel = ? AND thread_id = ? AND end_time >= ? ORDER BY end_time LIMIT 1",
    )
    .get(event.channel, thread, event.timestamp - EPISODE_GAP_MS);
  if (found === null || !belongs(found, event.timestamp)) {
    // The event's id keeps two episodes apart that begin in the same millisecond.
    const id = `ep:${event.channel}:${thread}:${event.timestamp}:${event.id}`;
    store.db
      .query("INSERT INTO episodes(id, definition_name, channel, thread_id, start_time, end_time, event_count) VALUES (?, 'conversation', ?, ?, ?, ?, 1)")
      .run(id, event.channel, thread, event.timestamp, event.timestamp);
    store.db.query("INSERT INTO episode_events(episode_id, event_id, position) VALUES (?, ?, 0)").run(id, event.id);
    return;
  }
  store.db
    .query("UPDATE episodes SET start_time = min(start_time, ?1), end_time = max(end_time, ?1), event_count = event_count + 1 WHERE id = ?2")
    .run(event.timestamp, found.id);
  store.db.query("INSERT INTO episode_events(episode_id, event_id, position) VALUES (?, ?, ?)").run(found.id, event.id, found.event_count);
}

/** Within the gap of either end: events may come out of order. */
function belongs(episode: { readonly start_time: number; readonly end_time: number }, timestamp: number): boolean {
  return timestamp <= episode.end_time + EPISODE_GAP_MS && timestamp >= episode.start_time - EPISODE_GAP_MS;
}
