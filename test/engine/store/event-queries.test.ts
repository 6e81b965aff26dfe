import { expect, test } from "bun:test";
import { listEvents, seqBefore } from "../../../src/engine/store/event-queries.ts";
import type { EventFilter } from "../../../src/engine/store/event-queries.ts";
import { insertEvents } from "../../../src/engine/store/events.ts";
import { message, T0, tempStore } from "../../helpers/rows.ts";

const EVENTS = [
  message(1, { content: "home safe", thread_id: "t", sender_id: "casey" }),
  message(2, { content: "not home yet", thread_id: "u", sender_id: "casey" }),
  message(3, { content: 'she said "home"', channel: "email", sender_id: "robin" }),
  message(4, { type: "webhook", channel: "webhook" }),
];

test.each<[string, Partial<EventFilter>, number[]]>([
  ["all, newest first", {}, [4, 3, 2, 1]],
  ["a limit", { limit: 2 }, [4, 3]],
  ["a type", { type: "webhook" }, [4]],
  ["a channel", { channel: "test" }, [2, 1]],
  ["a thread", { thread: "t" }, [1]],
  ["a sender", { sender: "casey" }, [2, 1]],
  ["times, both inclusive", { since: T0 + 2_000, until: T0 + 3_000 }, [3, 2]],
  ["one word", { search: "home" }, [3, 2, 1]],
  ["words that must all be there", { search: "home not" }, [2]],
  ["what looks like the syntax of FTS5", { search: 'NOT home OR "x' }, []],
  ["a column name as a word", { search: "event_id:test" }, []],
  ["marks alone, which are nothing to find", { search: '" *' }, []],
  ["marks beside a word", { search: 'home "' }, [3, 2, 1]],
  ["a page before a seq", { before: 3 }, [2, 1]],
  ["what came after a seq", { after: 3 }, [4]],
  ["several at once", { sender: "casey", search: "home", since: T0 + 2_000 }, [2]],
])("events are found by %s", (_, filter, expected) => {
  using temp = tempStore();
  insertEvents(temp.store, EVENTS, { maxDepth: 8, maxChain: 256 });
  expect(listEvents(temp.store, { limit: 20, ...filter }).map(({ source_id }) => Number(source_id))).toEqual(expected);
});

test("following begins behind the newest event that came before a time", () => {
  using temp = tempStore();
  insertEvents(temp.store, EVENTS, { maxDepth: 8, maxChain: 256 });
  expect(seqBefore(temp.store, T0 + 2_500)).toBe(2);
  expect(seqBefore(temp.store, T0)).toBe(0);
});
