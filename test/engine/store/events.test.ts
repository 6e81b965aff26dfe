import { expect, test } from "bun:test";
import { eventById, eventsAfter, lastSeq } from "../../../src/engine/store/event-queries.ts";
import { insertEvents } from "../../../src/engine/store/events.ts";
import { insertDispatch } from "../../../src/engine/store/dispatches.ts";
import { insertInvocations } from "../../../src/engine/store/invocations.ts";
import { invocation, message, rows, T0, tempStore } from "../../helpers/rows.ts";

const LIMIT = { maxDepth: 3, maxChain: 256 };

test("an event comes back as it was stored, with its place in the ledger", () => {
  using temp = tempStore();
  const full = message(1, {
    content: "grüße 👋",
    content_types: ["text", "image"],
    direction: "sent",
    thread_id: "t",
    reply_to: "test:0",
    sender_id: "casey",
    metadata: { a: { b: [1, null, "x"] } },
    cause_id: "elsewhere:1",
    addressed_to: "hook_a",
  });
  const [first] = insertEvents(temp.store, [full], LIMIT);
  expect(first).toEqual({ event: { ...full, seq: 1 }, duplicate: false });
  expect(eventById(temp.store, "test:1")).toEqual({ ...full, seq: 1 });
});

test("what an event does not have is not there, instead of null", () => {
  using temp = tempStore();
  insertEvents(temp.store, [message(1)], LIMIT);
  expect(eventById(temp.store, "test:1")).toEqual({ ...message(1), seq: 1 });
});

test("a second event of the same id changes nothing and returns the first", () => {
  using temp = tempStore();
  insertEvents(temp.store, [message(1, { content: "first", sender_id: "a" })], LIMIT);
  const before = rows(temp.store, "SELECT * FROM event_participants");
  const again = insertEvents(temp.store, [message(1, { content: "second", sender_id: "b", thread_id: "t" }), message(2)], LIMIT);
  expect(again.map(({ duplicate }) => duplicate)).toEqual([true, false]);
  expect(again[0]?.event).toMatchObject({ content: "first", seq: 1 });
  expect(rows(temp.store, "SELECT * FROM event_participants")).toEqual(before);
  expect(rows(temp.store, "SELECT * FROM threads")).toEqual([]);
  expect(rows(temp.store, "SELECT event_count FROM episodes")).toEqual([{ event_count: 1 }]);
});

test("an id twice in one batch is stored once", () => {
  using temp = tempStore();
  expect(insertEvents(temp.store, [message(1), message(1)], LIMIT).map(({ duplicate }) => duplicate)).toEqual([false, true]);
  expect(rows(temp.store, "SELECT count(*) AS n FROM events")).toEqual([{ n: 1 }]);
});

test("seq grows in the order of the batch, and readers follow it", () => {
  using temp = tempStore();
  insertEvents(temp.store, [message(3), message(1), message(2)], LIMIT);
  const page = eventsAfter(temp.store, 0, 2);
  expect(page.map(({ id }) => id)).toEqual(["test:3", "test:1"]);
  expect(eventsAfter(temp.store, page.at(-1)?.seq ?? 0, 10).map(({ id }) => id)).toEqual(["test:2"]);
  expect(lastSeq(temp.store)).toBe(3);
});

test("a rolled back transaction leaves nothing behind", () => {
  using temp = tempStore();
  const before = (): unknown[] => ["events", "threads", "contacts", "event_participants", "episodes", "episode_events"].map((table) => rows(temp.store, `SELECT * FROM ${table}`));
  const empty = before();
  expect(() =>
    temp.store.write(() => {
      insertEvents(temp.store, [message(1, { content: "x", thread_id: "t", sender_id: "s" })], LIMIT);
      throw new Error("no");
    }),
  ).toThrow("no");
  expect(before()).toEqual(empty);
  expect(rows(temp.store, "SELECT rowid FROM events_fts WHERE events_fts MATCH 'x'")).toEqual([]);
});

test("sender, thread and text are kept beside the event, where hooks look for them", () => {
  using temp = tempStore();
  insertEvents(temp.store, [message(1, { content: "home safe", thread_id: "t", sender_id: "casey" }), message(2, { thread_id: "t", sender_id: "casey" })], LIMIT);
  expect(rows(temp.store, "SELECT * FROM contacts")).toEqual([{ id: "test:casey", contact_type: "test", value: "casey" }]);
  expect(rows(temp.store, "SELECT event_id, role FROM event_participants WHERE contact_id = 'test:casey'")).toEqual([
    { event_id: "test:1", role: "sender" },
    { event_id: "test:2", role: "sender" },
  ]);
  expect(rows(temp.store, "SELECT id, channel FROM threads")).toEqual([{ id: "t", channel: "test" }]);
  expect(rows(temp.store, "SELECT event_id FROM events_fts WHERE events_fts MATCH 'safe'")).toEqual([{ event_id: "test:1" }]);
  expect(rows(temp.store, "SELECT * FROM event_state")).toEqual([]);
});

test("a contact that a person entered under its own id is the sender", () => {
  using temp = tempStore();
  temp.store.db.run("INSERT INTO contacts(id, contact_type, value) VALUES ('casey-phone', 'test', 'casey')");
  insertEvents(temp.store, [message(1, { sender_id: "casey" })], LIMIT);
  expect(rows(temp.store, "SELECT contact_id FROM event_participants")).toEqual([{ contact_id: "casey-phone" }]);
});

test("an event is one deeper than its cause: an event, or the event of a dispatch or an invocation", () => {
  using temp = tempStore();
  const { store } = temp;
  insertEvents(store, [message(1, { depth: 1 })], LIMIT);
  insertInvocations(store, [invocation(1)]);
  insertDispatch(store, { id: "dsp_1", hook_id: "hook_a", version_id: "ver_a", event_id: "test:1", invocation_id: "inv_1", status: "pending", routing: {}, session_key: "s", context: { data: {}, include_thread: false }, created_at: T0, attempts: 0, not_before: 0 });
  const causes = ["test:1", "dsp_1", "inv_1", "nobody:knows"];
  const inserted = insertEvents(store, causes.map((cause_id, index) => message(index + 2, { cause_id })), LIMIT);
  expect(inserted.map(({ event }) => event.depth)).toEqual([2, 2, 2, 0]);
});

test("a chain that is too long is stored and marked, in one batch as well", () => {
  using temp = tempStore();
  const chain = Array.from({ length: 6 }, (_, n) => message(n, n === 0 ? {} : { cause_id: `test:${n - 1}` }));
  const inserted = insertEvents(temp.store, chain, LIMIT);
  expect(inserted.map(({ event }) => [event.depth, event.suppressed])).toEqual([
    [0, undefined],
    [1, undefined],
    [2, undefined],
    [3, undefined],
    [4, "loop_guard"],
    [5, "loop_guard"],
  ]);
  expect(eventById(temp.store, "test:5")?.suppressed).toBe("loop_guard");
});
