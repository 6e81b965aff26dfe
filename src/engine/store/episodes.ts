import type { NewEvent } from "../core/event.ts";
import type { Store } from "./open.ts";

/** A silence longer than this ends an episode of a conversation. */
export const EPISODE_GAP_MS = 30 * 60_000;

interface Episode {
  id: string;
  start_time: number;
  end_time: number;
  event_count: number;
}

/** Inside a transaction: puts messages into the episodes of their threads (or of their senders), or begins new ones. */
export function addToEpisodes(store: Store, messages: readonly NewEvent[]): void {
  const groups = Map.groupBy(messages, ({ channel, thread_id, sender_id }) => {
    const thread = thread_id ?? sender_id;
    return thread === undefined ? undefined : `${channel}\n${thread}`;
  });
  for (const [key, group] of groups) if (key !== undefined) addToThread(store, group);
}

/** Messages of one thread: its episode is looked up once and written once, as long as they follow each other. */
function addToThread(store: Store, messages: readonly NewEvent[]): void {
  let episode: Episode | undefined;
  let last = Number.NEGATIVE_INFINITY;
  for (const message of messages) {
    const { timestamp } = message;
    // Going back in time another, older episode may be the right one.
    if (episode === undefined || timestamp < last || !belongs(episode, timestamp)) {
      if (episode !== undefined) save(store, episode);
      episode = find(store, message) ?? begin(store, message);
    }
    last = timestamp;
    store.db.query("INSERT INTO episode_events(episode_id, event_id, position) VALUES (?, ?, ?)").run(episode.id, message.id, episode.event_count);
    episode.start_time = Math.min(episode.start_time, timestamp);
    episode.end_time = Math.max(episode.end_time, timestamp);
    episode.event_count += 1;
  }
  if (episode !== undefined) save(store, episode);
}

/** The oldest that ends late enough; history may be imported long after what followed it. */
function find(store: Store, message: NewEvent): Episode | undefined {
  const found = store.db
    .query<Episode, [string, string, number]>(
      "SELECT id, start_time, end_time, event_count FROM episodes WHERE channel = ? AND thread_id = ? AND end_time >= ? ORDER BY end_time LIMIT 1",
    )
    .get(message.channel, threadOf(message), message.timestamp - EPISODE_GAP_MS);
  return found !== null && belongs(found, message.timestamp) ? found : undefined;
}

/** Its id is made of its first message: deterministic, and short, for it stands in the row of every event of it. */
function begin(store: Store, message: NewEvent): Episode {
  const id = `ep_${Bun.hash(message.id).toString(16).padStart(16, "0")}`;
  store.db
    .query("INSERT INTO episodes(id, definition_name, channel, thread_id, start_time, end_time, event_count) VALUES (?, 'conversation', ?, ?, ?, ?, 0)")
    .run(id, message.channel, threadOf(message), message.timestamp, message.timestamp);
  return { id, start_time: message.timestamp, end_time: message.timestamp, event_count: 0 };
}

function save(store: Store, { id, start_time, end_time, event_count }: Episode): void {
  store.db.query("UPDATE episodes SET start_time = ?, end_time = ?, event_count = ? WHERE id = ?").run(start_time, end_time, event_count, id);
}

function threadOf({ thread_id, sender_id }: NewEvent): string {
  return thread_id ?? sender_id ?? "";
}

/** Within the gap of either end: events may come out of order. */
function belongs(episode: Episode, timestamp: number): boolean {
  return timestamp <= episode.end_time + EPISODE_GAP_MS && timestamp >= episode.start_time - EPISODE_GAP_MS;
}
