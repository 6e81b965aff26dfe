import { expect, test } from "bun:test";
import { utimesSync, writeFileSync, existsSync } from "node:fs";
import { join } from "node:path";
import { DAY_MS } from "../../../src/engine/core/retention.ts";
import { insertLogs } from "../../../src/engine/store/invocations.ts";
import { firstIdAt } from "../../../src/engine/core/ids.ts";
import { getMeta } from "../../../src/engine/store/meta.ts";
import { databaseSize, enableIncrementalVacuum } from "../../../src/engine/store/retention/database-size.ts";
import { foldedOutcomes } from "../../../src/engine/store/retention/invocation-walk.ts";
import { removedSince, retentionHorizon } from "../../../src/engine/store/retention/retention-log.ts";
import { danglingReferences, violations } from "../../../src/engine/store/invariants.ts";
import { insertSlot } from "../../../src/engine/store/slots.ts";
import { addStats, emptyDelta, hookStats } from "../../../src/engine/store/stats.ts";
import { insertEvents } from "../../../src/engine/store/events.ts";
import { message, rows, T0 } from "../../helpers/rows.ts";
import { housekeeperOf, RetentionDesk } from "../../helpers/retention-desk.ts";

// switch: mutant fold-boring-only
test("after a day what is boring becomes counts, and what says something stays", () => {
  using desk = new RetentionDesk();
  desk.evaluated(1);
  desk.evaluated(2, { outcome: "skipped_debounced", reason: "debounced" });
  desk.evaluated(3, { reason: "unknown field was ignored" });
  desk.evaluated(4, { outcome: "error", error: "boom" });
  desk.evaluated(5, { llm_calls: 1 });
  desk.evaluated(6, { result: { fire: false } });
  desk.evaluated(7);
  insertLogs(desk.store, "inv_7", [{ at: 0, level: "info", text: "hello" }], 0);
  desk.fired(8);
  desk.evaluated(9);
  expect(desk.housekeeper.sweep()).toBe(0);
  desk.days(1.5);
  desk.evaluated(100_000);
  desk.housekeeper.sweep();
  expect(desk.ids("hook_invocations")).toEqual(["inv_3", "inv_4", "inv_5", "inv_6", "inv_7", "inv_8", "inv_100000"]);
  expect(foldedOutcomes(desk.store, "hook_a", 0, Number.MAX_SAFE_INTEGER)).toEqual([{ outcome: "no_fire", rows: 2 }, { outcome: "skipped_debounced", rows: 1 }]);
  expect(removedSince(desk.store, 0)).toMatchObject([{ what: "invocations", why: "folded", rows: 3 }]);
  expect(desk.count("events")).toBe(10);
});

// switch: mutant remove-evaluated-only
test("what evaluation has not passed is never removed, however old it is and however full the database", () => {
  using desk = new RetentionDesk({ max_bytes: 1_048_576 });
  desk.evaluated(1);
  for (let n = 2; n < 3_000; n += 1) desk.unevaluated(n, { content: "x".repeat(500) });
  // One hook is through with it, another is not.
  desk.store.db.run("INSERT INTO hook_invocations(id, hook_id, event_id, started_at, finished_at, latency_ms, fired, version_id, outcome, latency_us) VALUES ('inv_2', 'hook_a', 'test:2', 1, 1, 1, 0, 'ver_a', 'no_fire', 1), ('inv_3', 'hook_a', 'test:3', 1, 1, 1, 0, 'ver_a', 'no_fire', 1)");
  desk.days(4_000);
  desk.housekeeper.sweep();
  expect(desk.ids("hook_invocations")).toEqual(["inv_2", "inv_3"]);
  expect(desk.count("events")).toBe(2_998);
  expect(desk.told.map(({ kind }) => kind)).toContain("retention_blocked");
});

// switch: mutant keep-pending
test("a pending dispatch keeps its event and its invocation; a settled one goes with them", () => {
  using desk = new RetentionDesk({ max_bytes: 1_048_576 });
  desk.fired(1);
  desk.fired(2, "done");
  desk.evaluated(3);
  desk.days(200);
  for (let n = 4; n < 3_000; n += 1) desk.evaluated(n, {}, { content: "x".repeat(500), received_at: desk.clock.now() });
  desk.housekeeper.sweep();
  expect(desk.ids("dispatches")).toEqual(["dsp_1"]);
  expect(desk.ids("hook_invocations")[0]).toBe("inv_1");
  expect(desk.ids("events")[0]).toBe("test:1");
  expect(desk.ids("events")[1]).not.toBe("test:2");
  expect(violations(desk.store.db)).toEqual([]);
});

test("a settled dispatch and its fire go together, and no sooner than either may", () => {
  using desk = new RetentionDesk({ dispatches_days: 5, invocations_days: 10, events_days: 1 });
  desk.fired(1, "done");
  desk.fired(2);
  desk.days(7);
  desk.evaluated(700_000, {}, { received_at: desk.clock.now() });
  desk.housekeeper.sweep();
  expect(desk.ids("dispatches")).toEqual(["dsp_1", "dsp_2"]);
  desk.days(5);
  desk.housekeeper.sweep();
  expect(desk.ids("dispatches")).toEqual(["dsp_2"]);
  expect(desk.ids("hook_invocations")).toEqual(["inv_2", "inv_700000"]);
  expect(desk.ids("events")).toEqual(["test:2", "test:700000"]);
  expect(violations(desk.store.db)).toEqual([]);
});

// switch: mutant text-is-told
test("an event goes with everything that stands around it, and nothing else does", () => {
  using desk = new RetentionDesk({ events_days: 2 });
  const { db } = desk.store;
  desk.evaluated(1, {}, { content: "the quick fox", thread_id: "old", sender_id: "ann" });
  desk.evaluated(2, {}, { content: "the lazy dog", thread_id: "both", sender_id: "bob" });
  db.run("INSERT INTO event_state(event_id) VALUES ('test:1')");
  db.run("INSERT INTO event_tags(event_id, tag) VALUES ('test:1', 'x')");
  db.run("INSERT INTO attachments(id, event_id, storage_uri) VALUES ('a1', 'test:1', 'file:x')");
  db.run("INSERT INTO facets(id, episode_id, facet_type) SELECT 'f' || id, id, 'mood' FROM episodes");
  desk.days(3);
  const now = desk.clock.now();
  desk.evaluated(300_000, {}, { content: "the last fox", thread_id: "both", sender_id: "bob", timestamp: now, received_at: now });
  desk.housekeeper.sweep();
  expect(desk.ids("events")).toEqual(["test:300000"]);
  expect(["event_state", "event_tags", "attachments"].map((table) => desk.count(table))).toEqual([0, 0, 0]);
  expect(rows(desk.store, "SELECT event_id, contact_id FROM event_participants")).toEqual([{ event_id: "test:300000", contact_id: "test:bob" }]);
  expect(rows(desk.store, "SELECT id FROM contacts")).toEqual([{ id: "test:bob" }]);
  expect(rows(desk.store, "SELECT id FROM threads")).toEqual([{ id: "both" }]);
  expect([desk.count("episodes"), desk.count("episode_events"), desk.count("facets")]).toEqual([1, 1, 0]);
  expect(rows(desk.store, "SELECT rowid FROM events_fts WHERE events_fts MATCH 'fox'")).toEqual([{ rowid: 3 }]);
  db.run("INSERT INTO events_fts(events_fts, rank) VALUES ('integrity-check', 1)");
  expect(retentionHorizon(desk.store)).toEqual({ seq: 2, received_at: T0 + 2_000 });
  // What is gone is known to be gone: the next message of the thread and of the sender writes them again.
  desk.evaluated(300_001, {}, { thread_id: "old", sender_id: "ann" });
  expect([desk.count("threads"), desk.count("contacts")]).toEqual([2, 2]);
});

// switch: mutant bytes-limit
test("past max_bytes the oldest boring rows go first, then the oldest events, until it is below", () => {
  using desk = new RetentionDesk({ max_bytes: 3 * 1_048_576 });
  for (let n = 1; n < 9_000; n += 1) desk.evaluated(n, n % 10 === 0 ? { outcome: "error", error: "boom" } : {}, { content: "words ".repeat(20) });
  const before = databaseSize(desk.store).used_bytes;
  expect(before).toBeGreaterThan(3 * 1_048_576);
  desk.housekeeper.sweep();
  const { used_bytes, bytes } = databaseSize(desk.store);
  expect(used_bytes).toBeLessThan(3 * 1_048_576);
  expect(bytes).toBeLessThanOrEqual(3 * 1_048_576);
  const removed = new Map(removedSince(desk.store, 0).map(({ what, why, rows: n }) => [`${what} ${why}`, n]));
  // No event while a boring row is left, but for the newest.
  if ((removed.get("events bytes") ?? 0) > 0) expect(rows(desk.store, "SELECT id FROM hook_invocations WHERE outcome = 'no_fire'")).toEqual([{ id: "inv_8999" }]);
  expect(removed.get("invocations bytes")).toBeGreaterThan(1_000);
  expect(desk.ids("events").at(-1)).toBe("test:8999");
  expect(desk.told).toMatchObject([{ kind: "retention_removed", data: { why: "bytes", used_bytes_before: before } }]);
  expect(desk.housekeeper.sweep()).toBe(0);
}, 20_000);

test("five-minute counters become hourly ones, exactly, and old hours go", () => {
  using desk = new RetentionDesk({ stats_fine_days: 1, stats_days: 3 });
  desk.store.write(() => {
    for (let minute = 0; minute < 600; minute += 1) {
      const delta = { ...emptyDelta("hook_a", T0 + minute * 60_000), invocations: 2, fires: 1, latency_us_sum: 10, latency_us_max: minute, latency_histogram: [0, 2] };
      addStats(desk.store, [delta]);
    }
  });
  const before = hookStats(desk.store, "hook_a", T0 - DAY_MS);
  desk.days(2);
  desk.housekeeper.sweep();
  expect(hookStats(desk.store, "hook_a", T0 - DAY_MS)).toEqual(before);
  expect(desk.count("hook_stats")).toBe(22);
  desk.days(2);
  desk.housekeeper.sweep();
  expect(desk.count("hook_stats")).toBe(0);
});

test("logs, notices and slots go by their age; the newest slot of a schedule stays", () => {
  using desk = new RetentionDesk();
  const { store } = desk;
  const old = firstIdAt("inv", T0).padEnd(30, "0");
  const young = firstIdAt("inv", T0 + 100 * DAY_MS).padEnd(30, "0");
  store.write(() => {
    for (const id of [old, young]) insertLogs(store, id, [], 0);
    for (const at of [T0, T0 + 1, T0 + 100 * DAY_MS]) store.db.query("INSERT INTO notices(id, at, kind, data_json) VALUES ('n', ?, 'daemon_started', '{}')").run(at);
    for (const slot of [T0, T0 + 1_000, T0 + 2_000]) insertSlot(store, { schedule_id: "tick", slot, until_slot: slot, slot_count: 1, status: "ran", created_at: slot });
    insertSlot(store, { schedule_id: "rare", slot: T0, until_slot: T0, slot_count: 1, status: "missed", created_at: T0 });
  });
  desk.days(100);
  desk.housekeeper.sweep();
  expect(rows(store, "SELECT invocation_id FROM invocation_logs")).toEqual([{ invocation_id: young }]);
  expect(rows(store, "SELECT at FROM notices")).toEqual([{ at: T0 + 100 * DAY_MS }]);
  expect(rows(store, "SELECT schedule_id, slot FROM schedule_slots ORDER BY 1")).toEqual([{ schedule_id: "rare", slot: T0 }, { schedule_id: "tick", slot: T0 + 2_000 }]);
});

test("a hook deleted long ago loses state, versions and script, and itself with its last invocation", () => {
  using desk = new RetentionDesk({ invocations_days: 60 });
  const { store } = desk;
  const hash = (letter: string): string => letter.repeat(64);
  const hook = (id: string, deletedAt: number | null, letters: string): void => {
    for (const [index, letter] of letters.split("").entries()) {
      store.db.query("INSERT INTO hook_versions(id, hook_id, version, script_path, script_hash, source_path, source_hash, metadata_json, created_at, previous_version_id) VALUES (?, ?, ?, '', ?, '', '', '{}', 1, ?)").run(`${id}_${letter}`, id, index, hash(letter), index === 0 ? null : `${id}_${letters[index - 1] ?? ""}`);
      store.db.query("INSERT INTO hook_state(version_id, key, value_json) VALUES (?, 'k', '1')").run(`${id}_${letter}`);
      const path = join(store.hooksFolder, `${hash(letter)}.mjs`);
      writeFileSync(path, "");
      utimesSync(path, T0 / 1_000, T0 / 1_000);
    }
    store.db.query("INSERT INTO hooks(id, name, mode, script_path, created_at, updated_at, slug, version_id, deleted_at) VALUES (?, ?, 'persistent', '', 1, 1, ?, ?, ?)").run(id, id, id, `${id}_${letters.at(-1) ?? ""}`, deletedAt);
    store.db.query("INSERT INTO hook_activations(hook_id, from_seq, until_seq, version_id) VALUES (?, 0, ?, 'v')").run(id, deletedAt === null ? null : 1);
  };
  desk.evaluated(1, { outcome: "error", error: "boom" });
  hook("hook_a", T0, "ab");
  hook("hook_b", T0 + 20 * DAY_MS, "bc");
  hook("hook_c", null, "d");
  desk.days(31);
  const there = (): string => ["a", "b", "c", "d"].filter((letter) => existsSync(join(store.hooksFolder, `${hash(letter)}.mjs`))).join("");
  desk.housekeeper.sweep();
  expect(rows(store, "SELECT id FROM hook_versions ORDER BY id")).toEqual([{ id: "hook_a_b" }, { id: "hook_b_b" }, { id: "hook_b_c" }, { id: "hook_c_d" }]);
  expect(there()).toBe("bcd");
  expect(danglingReferences(store.db)).toEqual([]);
  expect(desk.count("hook_state")).toBe(3);
  desk.days(60);
  desk.evaluated(9_000_000, { hook_id: "hook_c" });
  desk.housekeeper.sweep();
  expect(rows(store, "SELECT id FROM hooks")).toEqual([{ id: "hook_c" }]);
  expect(there()).toBe("d");
});

// switch: mutant full-walk-daily
test("what had to stay is met again the next day", () => {
  using desk = new RetentionDesk({ events_days: 1 });
  desk.fired(1);
  desk.evaluated(2);
  desk.days(2);
  desk.evaluated(200_000, {}, { received_at: desk.clock.now() });
  desk.housekeeper.sweep();
  expect(desk.ids("events")).toEqual(["test:1", "test:200000"]);
  desk.store.db.run("DELETE FROM dispatches");
  desk.store.db.run("DELETE FROM hook_invocations WHERE id = 'inv_1'");
  desk.clock.advance(DAY_MS / 2);
  desk.housekeeper.sweep();
  expect(desk.ids("events")).toEqual(["test:1", "test:200000"]);
  desk.clock.advance(DAY_MS / 2);
  desk.housekeeper.sweep();
  expect(desk.ids("events")).toEqual(["test:200000"]);
});

test("a clock that was ahead for a while holds up nothing that is old", () => {
  using desk = new RetentionDesk({ events_days: 1 });
  desk.evaluated(1, { started_at: T0 + 9_000 * DAY_MS }, { received_at: T0 + 9_000 * DAY_MS });
  desk.evaluated(2);
  desk.days(2);
  desk.evaluated(200_000, {}, { received_at: desk.clock.now() });
  desk.housekeeper.sweep();
  expect(desk.ids("events")).toEqual(["test:1", "test:200000"]);
});

// switch: mutant free-pages-go-back
test("a slice is short and a pass of many gives the same as one: free pages go back in small steps", () => {
  using desk = new RetentionDesk({ events_days: 1 });
  for (let n = 1; n < 20_000; n += 100) desk.store.write(() => { for (let m = n; m < n + 100; m += 1) desk.evaluated(m, {}, { content: "y".repeat(900) }); });
  const before = databaseSize(desk.store);
  expect(before.incremental_vacuum).toBe(true);
  desk.days(5);
  const lengths: number[] = [];
  for (let done = false; !done; ) {
    const begun = performance.now();
    done = desk.housekeeper.slice().done;
    lengths.push(performance.now() - begun);
  }
  lengths.sort((a, b) => a - b);
  expect(lengths.length).toBeGreaterThan(5);
  expect(lengths[Math.floor(lengths.length / 2)]).toBeLessThan(50);
  expect(desk.count("events")).toBe(1);
  expect(databaseSize(desk.store).bytes).toBeLessThan(before.bytes / 2);
  expect(rows(desk.store, "PRAGMA quick_check")).toEqual([{ quick_check: "ok" }]);
}, 30_000);

// switch: mutant failed-pass-begins-anew
test("a slice that could not be committed is begun again, and counts nothing twice", () => {
  using desk = new RetentionDesk();
  for (let n = 1; n < 500; n += 1) desk.evaluated(n);
  desk.days(2);
  desk.store.db.run("CREATE TRIGGER full BEFORE INSERT ON retention_log BEGIN SELECT raise(ABORT, 'no room'); END");
  expect(() => desk.housekeeper.sweep()).toThrow("no room");
  expect(desk.count("hook_invocations")).toBe(499);
  desk.store.db.run("DROP TRIGGER full");
  desk.housekeeper.sweep();
  expect(desk.count("hook_invocations")).toBe(1);
  expect(foldedOutcomes(desk.store, "hook_a", 0, Number.MAX_SAFE_INTEGER)).toEqual([{ outcome: "no_fire", rows: 498 }]);
  expect(getMeta(desk.store, "invocations_removed")).toBe(498);
});

test("a home from before incremental vacuum is converted, and keeps its rows and counts", () => {
  using desk = new RetentionDesk({ events_days: 1 });
  desk.store.db.run("PRAGMA auto_vacuum = NONE");
  desk.store.db.run("VACUUM");
  for (let n = 1; n < 300; n += 1) desk.evaluated(n, n % 2 === 0 ? {} : { error: "boom", outcome: "error" }, { content: "fox" });
  desk.days(2);
  desk.housekeeper.sweep();
  expect(enableIncrementalVacuum(desk.store)).toMatchObject({ before: { incremental_vacuum: false }, after: { incremental_vacuum: true } });
  const { last } = desk.store.db.query<{ last: number }, []>("SELECT max(rowid) AS last FROM hook_invocations").get() ?? { last: 0 };
  expect(last - (getMeta(desk.store, "invocations_removed") ?? 0)).toBe(desk.count("hook_invocations"));
  desk.store.write(() => insertEvents(desk.store, [message(999, { content: "fox" })], { maxDepth: 8, maxChain: 1_000 }));
  desk.store.db.run("INSERT INTO events_fts(events_fts, rank) VALUES ('integrity-check', 1)");
});

test("an idle home is not written to by looking", () => {
  using desk = new RetentionDesk();
  desk.evaluated(1);
  desk.housekeeper.sweep();
  const changes = (): unknown => rows(desk.store, "SELECT total_changes() AS n");
  const before = changes();
  desk.clock.advance(60_000);
  desk.housekeeper.sweep();
  housekeeperOf(desk.store, desk.clock, {}).sweep();
  expect(changes()).toEqual(before);
});
