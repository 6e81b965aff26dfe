import { expect, test } from "bun:test";
import { insertEvents } from "../../../src/engine/store/events.ts";
import { normaliseEvent } from "../../../src/engine/ingest/normalise.ts";
import { openStore } from "../../../src/engine/store/open.ts";
import type { Store } from "../../../src/engine/store/open.ts";
import { tempHome } from "../../helpers/temp-home.ts";

let n = 0;

function message(store: Store, thread: string, sender: string): void {
  n += 1;
  insertEvents(store, [normaliseEvent({ id: `known:${n}`, channel: "sms", thread_id: thread, sender_id: sender }, { now: 1, maxBytes: 10_000 })], { maxDepth: 8, maxChain: 256 });
}

function rows(store: Store): string[] {
  return store.db.query<{ line: string }, []>("SELECT 'thread ' || id AS line FROM threads UNION ALL SELECT 'contact ' || id FROM contacts ORDER BY 1").all().map(({ line }) => line);
}

test("what a transaction that was undone had learnt is learnt again", () => {
  using home = tempHome();
  const store = openStore(home.path);
  expect(() =>
    store.write(() => {
      message(store, "t", "casey");
      throw new Error("undone");
    }),
  ).toThrow("undone");
  store.write(() => message(store, "t", "casey"));
  expect(rows(store)).toEqual(["contact sms:casey", "thread t"]);
  store.close();
});

test("what another process changed is seen: a contact it entered under an id of its own is the sender", () => {
  using home = tempHome();
  const store = openStore(home.path);
  const other = openStore(home.path);
  store.write(() => message(store, "t", "casey"));
  other.write(() => other.db.run("UPDATE contacts SET id = 'person-casey'"));
  store.write(() => message(store, "t", "casey"));
  const senders = store.db.query<{ contact_id: string }, []>("SELECT contact_id FROM event_participants ORDER BY event_id").all().map(({ contact_id }) => contact_id);
  expect(senders).toEqual(["sms:casey", "person-casey"]);
  other.close();
  store.close();
});
