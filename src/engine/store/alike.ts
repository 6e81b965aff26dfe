import type { StoredEvent } from "../core/event.ts";
import { eventById } from "./event-queries.ts";
import type { Store } from "./open.ts";

/** Words that are looked for; more make a question slow and no better. */
const MOST_WORDS = 12;
const SHORTEST_WORD = 4;

/**
 * Earlier events whose text is most like this one's, best first, by full text (BM25). Never one that an access policy
 * denied. Empty for a text without words.
 */
export function eventsAlike(store: Store, event: Pick<StoredEvent, "seq" | "content">, limit: number): StoredEvent[] {
  const words = [...new Set((event.content ?? "").toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [])].filter((word) => word.length >= SHORTEST_WORD).slice(0, MOST_WORDS);
  if (limit === 0 || words.length === 0) return [];
  // Quoted, so that no word is taken for an operator.
  const question = words.map((word) => `"${word}"`).join(" OR ");
  return store.db
    .query<{ id: string }, [string, number, number]>(
      `SELECT e.id FROM events_fts f JOIN events e ON e.seq = f.rowid
       WHERE events_fts MATCH ? AND e.seq < ? AND e.suppressed IS NOT 'denied' ORDER BY f.rank LIMIT ?`,
    )
    .all(question, event.seq, limit)
    .flatMap(({ id }) => eventById(store, id) ?? []);
}
