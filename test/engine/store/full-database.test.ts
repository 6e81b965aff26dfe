import { expect, test } from "bun:test";
import type { NexusError } from "../../../src/engine/core/errors.ts";
import { insertEvents } from "../../../src/engine/store/events.ts";
import { message, rows, tempStore } from "../../helpers/rows.ts";

const LIMITS = { maxDepth: 8, maxChain: 256 };

// switch: mutant full-without-its-code
test("a database at its limit: the whole transaction is undone, reads work, and with room again writes do", () => {
  using temp = tempStore();
  const { store } = temp;
  store.write(() => insertEvents(store, [message(1)], LIMITS));
  store.fold();
  const pages = store.db.query<{ page_count: number }, []>("PRAGMA page_count").get()?.page_count ?? 0;
  store.db.run(`PRAGMA max_page_count = ${pages + 2}`);
  let refused: unknown;
  try {
    store.write(() => {
      insertEvents(store, [message(2)], LIMITS);
      insertEvents(store, [message(3, { content: "x ".repeat(50_000) })], LIMITS);
    });
  } catch (error) {
    refused = error;
  }
  expect((refused as NexusError).toJSON()).toMatchObject({ code: "DATABASE_FULL", retryable: true });
  expect(store.db.inTransaction).toBe(false);
  expect(rows(store, "SELECT id FROM events")).toEqual([{ id: "test:1" }]);
  store.db.run("PRAGMA max_page_count = 1073741823");
  store.write(() => insertEvents(store, [message(2)], LIMITS));
  expect(rows(store, "SELECT id FROM events ORDER BY seq")).toEqual([{ id: "test:1" }, { id: "test:2" }]);
});
