import type { WaitingRow } from "../store/dispatches.ts";
import type { Item } from "./queue-plan.ts";

/**
 * What waits for agents, by session and in order; of each dispatch no more than its queue needs to know. Holds no truth:
 * it is read from the database, and read again when another process has changed something.
 */
export class WaitingRoom {
  readonly #sessions = new Map<string, Item[]>();
  /** Rows up to here have been read. */
  #last = 0;
  #count = 0;

  get last(): number {
    return this.#last;
  }

  get count(): number {
    return this.#count;
  }

  get sessions(): Iterable<string> {
    return this.#sessions.keys();
  }

  of(session: string): readonly Item[] {
    return this.#sessions.get(session) ?? [];
  }

  /** Of a row that was read; without an item it is not to be kept. */
  add(row: WaitingRow, item: Item | undefined): void {
    this.#last = Math.max(this.#last, row.rowid);
    if (item !== undefined) this.putBack(row.session_key, item);
  }

  /** In its place: before everything that came after it. */
  putBack(session: string, item: Item): void {
    const items = this.#sessions.get(session) ?? [];
    if (items.some(({ id }) => id === item.id)) return;
    const behind = items.findIndex(({ order }) => order > item.order);
    this.#sessions.set(session, behind === -1 ? [...items, item] : items.toSpliced(behind, 0, item));
    this.#count += 1;
  }

  remove(session: string, gone: readonly Item[]): void {
    const before = this.#sessions.get(session) ?? [];
    const items = before.filter((item) => !gone.includes(item));
    this.#count -= before.length - items.length;
    if (items.length === 0) this.#sessions.delete(session);
    else this.#sessions.set(session, items);
  }

  /** A turn is under way: whatever waits for it does not run directly. */
  block(session: string): void {
    const items = this.#sessions.get(session);
    if (items?.some(({ blocked }) => !blocked) === true) this.#sessions.set(session, items.map((item) => (item.blocked ? item : { ...item, blocked: true })));
  }

  /** To be read anew. */
  clear(): void {
    this.#sessions.clear();
    this.#last = 0;
    this.#count = 0;
  }
}
