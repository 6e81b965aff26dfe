import { expect, test } from "bun:test";
import fc from "fast-check";
import type { NewEvent } from "../../../src/engine/core/event.ts";
import { EPISODE_GAP_MS } from "../../../src/engine/store/episodes.ts";
import { insertEvents } from "../../../src/engine/store/events.ts";
import type { Store } from "../../../src/engine/store/open.ts";
import { message, rows, T0, tempStore } from "../../helpers/rows.ts";

const MINUTE = 60_000;

function at(minute: number, n: number, parts: Partial<NewEvent> = {}): NewEvent {
  return message(n, { timestamp: T0 + minute * MINUTE, thread_id: "t", ...parts });
}

/** The ids of the messages of each episode, oldest episode first. */
function episodes(store: Store): string[] {
  return rows(store, "SELECT group_concat(event_id, ' ' ORDER BY position) AS ids FROM episode_events JOIN episodes ON id = episode_id GROUP BY episode_id ORDER BY start_time").map((row) =>
    String(Reflect.get(row as object, "ids")),
  );
}

function insert(store: Store, events: readonly NewEvent[]): void {
  insertEvents(store, events, { maxDepth: 8, maxChain: 256 });
}

test("half an hour of quiet ends an episode, a minute less does not", () => {
  using temp = tempStore();
  insert(temp.store, [at(0, 1), at(30, 2), at(60.5, 3), at(61, 4)]);
  expect(episodes(temp.store)).toEqual(["test:1 test:2", "test:3 test:4"]);
  expect(rows(temp.store, "SELECT start_time, end_time, event_count FROM episodes ORDER BY start_time")).toEqual([
    { start_time: T0, end_time: T0 + 30 * MINUTE, event_count: 2 },
    { start_time: T0 + 60.5 * MINUTE, end_time: T0 + 61 * MINUTE, event_count: 2 },
  ]);
});

test("each thread of each channel has its own, and a sender without a thread too", () => {
  using temp = tempStore();
  const alone = message(5, { sender_id: "casey" });
  insert(temp.store, [at(0, 1), at(1, 2, { thread_id: "u" }), at(2, 3, { channel: "other" }), at(3, 4), alone, message(6), message(7, { type: "webhook", thread_id: "t" })]);
  expect(episodes(temp.store).toSorted()).toEqual(["test:1 test:4", "test:2", "test:3", "test:5"]);
});

test("history that is imported after what followed it forms the episodes it would have formed then", () => {
  using temp = tempStore();
  insert(temp.store, [at(10_000, 9)]);
  insert(temp.store, [at(0, 1), at(5, 2), at(10, 3), at(100, 4), at(110, 5)]);
  expect(episodes(temp.store)).toEqual(["test:1 test:2 test:3", "test:4 test:5", "test:9"]);
});

test("a message that comes late extends its episode backwards", () => {
  using temp = tempStore();
  insert(temp.store, [at(20, 1), at(0, 2)]);
  expect(rows(temp.store, "SELECT start_time, event_count FROM episodes")).toEqual([{ start_time: T0, event_count: 2 }]);
});

test("in order, they are what the gaps say, whatever the batches were", () => {
  const minutes = fc.array(fc.integer({ min: 0, max: 80 }), { minLength: 1, maxLength: 25 });
  fc.assert(
    fc.property(minutes, fc.integer({ min: 1, max: 7 }), (gaps, size) => {
      using temp = tempStore();
      let minute = 0;
      const events = gaps.map((gap, n) => at((minute += gap), n));
      for (let from = 0; from < events.length; from += size) insert(temp.store, events.slice(from, from + size));
      const expected: string[][] = [];
      for (const [n, gap] of gaps.entries()) {
        if (n === 0 || gap * MINUTE > EPISODE_GAP_MS) expected.push([]);
        expected.at(-1)?.push(`test:${n}`);
      }
      expect(episodes(temp.store)).toEqual(expected.map((ids) => ids.join(" ")));
    }),
    { numRuns: 30 },
  );
});
