import { expect, test } from "bun:test";
import { DAY_MS, HOUR_MS } from "../../../src/engine/core/retention.ts";
import { beginEpoch } from "../../../src/engine/store/epoch.ts";
import { countHeldEvents, countWaitingOf, endHeldEvent, evaluatedUpTo, firstReleasedSeq, heldEvents, holdEvent } from "../../../src/engine/store/held-events.ts";
import { violations } from "../../../src/engine/store/invariants.ts";
import { listSources } from "../../../src/engine/store/list-sources.ts";
import { setMeta } from "../../../src/engine/store/meta.ts";
import { insertEvents } from "../../../src/engine/store/events.ts";
import type { Store } from "../../../src/engine/store/open.ts";
import { forgetSourceHold, saveSourceHold, sourceHold, sourcesGeneration } from "../../../src/engine/store/source-holds.ts";
import { message, rows, T0, tempStore } from "../../helpers/rows.ts";
import { RetentionDesk } from "../../helpers/retention-desk.ts";

const at = (seq: number, source = "test"): { source_adapter: string; seq: number } => ({ source_adapter: source, seq });
const store = (db: Store, ...events: readonly ReturnType<typeof message>[]): void => db.write(() => void insertEvents(db, events, { maxDepth: 8, maxChain: 256 }));

// switch: mutant held-events-go, held-outcomes-fold
test("retention removes no held event, and no outcome of one, however old and however full", () => {
  using desk = new RetentionDesk({ max_bytes: 1_048_576 });
  for (let n = 1; n < 2_000; n += 1) desk.evaluated(n, {}, { content: "x".repeat(900) });
  desk.store.write(() => {
    saveSourceHold(desk.store, { source: "test", held_at: T0 });
    for (const seq of [2, 7, 1_500]) holdEvent(desk.store, at(seq));
  });
  desk.days(4_000);
  desk.housekeeper.sweep();
  expect(desk.ids("events")).toEqual(["test:2", "test:7", "test:1500", "test:1999"]);
  expect(desk.ids("hook_invocations")).toEqual(["inv_2", "inv_7", "inv_1500", "inv_1999"]);
  expect(violations(desk.store.db)).toEqual([]);
});

// switch: mutant held-hooks-go
test("a deleted hook that a held event is still to reach is not purged", () => {
  using desk = new RetentionDesk();
  desk.store.db.run("INSERT INTO hook_versions(id, hook_id, version, script_path, script_hash, source_path, source_hash, metadata_json, created_at) VALUES ('ver_a', 'hook_a', 1, 'p', 'h', '', '', '{}', 1)");
  desk.store.db.run(`INSERT INTO hooks(id, name, mode, status, script_path, created_at, updated_at, deleted_at, slug, version_id) VALUES ('hook_a', 'a', 'persistent', 'active', 'p', 1, 1, ${T0}, 'a', 'ver_a')`);
  desk.store.db.run("INSERT INTO hook_activations(hook_id, version_id, from_seq, until_seq, ended_by) VALUES ('hook_a', 'ver_a', 0, 2, 'deleted')");
  for (const n of [1, 2, 3, 4]) desk.unevaluated(n);
  setMeta(desk.store, "eval_cursor", 4);
  desk.store.write(() => {
    saveSourceHold(desk.store, { source: "test", held_at: T0 });
    holdEvent(desk.store, at(2));
  });
  expect(evaluatedUpTo(desk.store)).toBe(1);
  desk.days(100);
  desk.housekeeper.sweep();
  expect(rows(desk.store, "SELECT script_hash FROM hook_versions")).toEqual([{ script_hash: "h" }]);
  desk.store.write(() => endHeldEvent(desk.store, at(2)));
  desk.days(2);
  desk.housekeeper.sweep();
  expect(rows(desk.store, "SELECT script_hash FROM hook_versions")).toEqual([]);
});

test("held events come in order and in pages; one that waits already is not counted twice", () => {
  using temp = tempStore();
  store(temp.store, ...[1, 2, 3, 4, 5].map((n) => message(n)));
  expect([holdEvent(temp.store, at(2)), holdEvent(temp.store, at(4)), holdEvent(temp.store, at(5)), holdEvent(temp.store, at(2))]).toEqual([true, true, true, false]);
  expect(heldEvents(temp.store, "test", { after: 0, until: 4, limit: 10 }).map(({ seq }) => seq)).toEqual([2, 4]);
  expect(heldEvents(temp.store, "test", { after: 2, until: 9, limit: 1 }).map(({ seq }) => seq)).toEqual([4]);
  expect([countHeldEvents(temp.store), countHeldEvents(temp.store, "test"), countHeldEvents(temp.store, "other")]).toEqual([3, 3, 0]);
  // With the cursor at 3, the events 4 and 5 wait twice over, and 1 and 3 do not.
  setMeta(temp.store, "eval_cursor", 3);
  expect(countWaitingOf(temp.store, "test")).toBe(3);
});

test("a hold goes when it is released and nothing of it waits, and not before", () => {
  using temp = tempStore();
  store(temp.store, message(1));
  saveSourceHold(temp.store, { source: "test", held_at: T0, reason: "why" });
  holdEvent(temp.store, at(1));
  forgetSourceHold(temp.store, "test");
  saveSourceHold(temp.store, { source: "test", reason: "why" });
  forgetSourceHold(temp.store, "test");
  expect(sourceHold(temp.store, "test")).toEqual({ source: "test", reason: "why" });
  endHeldEvent(temp.store, at(1));
  forgetSourceHold(temp.store, "test");
  expect(sourceHold(temp.store, "test")).toBeUndefined();
  expect(sourcesGeneration(temp.store)).toBe(2);
});

test("a held event that is not in the ledger, or that nobody holds, is found by the doctor's questions", () => {
  using temp = tempStore();
  store(temp.store, message(1));
  holdEvent(temp.store, at(1));
  holdEvent(temp.store, at(9));
  expect(violations(temp.store.db).map(({ what, count }) => [what, count])).toEqual([["held events that the ledger does not have", 1], ["held events whose source nobody holds or has released", 2]]);
});

// switch: mutant released-place-unseen
test("a start that finds the same released event as the one before has come no further, wherever the cursor is", () => {
  using temp = tempStore();
  store(temp.store, ...[1, 2, 3].map((n) => message(n)));
  holdEvent(temp.store, at(1));
  saveSourceHold(temp.store, { source: "test", held_at: T0 });
  const starts: number[] = [];
  for (let cursor = 1; cursor <= 4; cursor += 1) {
    setMeta(temp.store, "eval_cursor", cursor);
    if (cursor === 2) saveSourceHold(temp.store, { source: "test" });
    starts.push(beginEpoch(temp.store).recoveries);
  }
  // Held it holds up nothing; from the release on it is the place.
  expect(starts).toEqual([0, 1, 2, 3]);
  expect(firstReleasedSeq(temp.store)).toBe(1);
  saveSourceHold(temp.store, { source: "test", held_at: T0, discard_until_seq: 1 });
  expect(firstReleasedSeq(temp.store)).toBe(1);
  saveSourceHold(temp.store, { source: "test", held_at: T0 });
  expect(firstReleasedSeq(temp.store)).toBeUndefined();
});

test("sources are listed with what they brought in an hour and a day, held ones first", () => {
  using temp = tempStore();
  const now = T0 + 10 * DAY_MS;
  const ages: readonly (readonly [source: string, age: number])[] = [["old", 3 * DAY_MS], ["busy", 2 * DAY_MS], ["busy", 20 * HOUR_MS], ["some", 3 * HOUR_MS], ["busy", 2 * HOUR_MS], ["busy", 0.5 * HOUR_MS], ["busy", 0]];
  store(temp.store, ...ages.map(([source, age], n) => message(n, { id: `${source}:${n}`, source_adapter: source, received_at: now - age })));
  saveSourceHold(temp.store, { source: "some", held_at: now, held_by: "casey" });
  saveSourceHold(temp.store, { source: "unheard", held_at: now });
  const { sources, more } = listSources(temp.store, now);
  expect(sources.map(({ source, last_hour, last_day, last_event_at, waiting }) => [source, last_hour, last_day, last_event_at === undefined ? "never" : now - last_event_at, waiting])).toEqual([
    ["some", 0, 1, 3 * HOUR_MS, 1],
    ["unheard", 0, 0, "never", 0],
    ["busy", 2, 4, 0, 0],
    ["old", 0, 0, 3 * DAY_MS, 0],
  ]);
  expect(more).toBe(false);
  expect(listSources(temp.store, now, { most: 1 })).toMatchObject({ more: true, sources: [{ source: "some" }, { source: "unheard" }, { source: "busy" }] });
  using none = tempStore();
  expect(listSources(none.store, now)).toEqual({ sources: [], more: false });
});
