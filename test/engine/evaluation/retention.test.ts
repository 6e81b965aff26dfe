import { expect, test } from "bun:test";
import { statSync } from "node:fs";
import { join } from "node:path";
import { HOUR_MS } from "../../../src/engine/core/retention.ts";
import { whyEvent } from "../../../src/engine/pipeline/why.ts";
import { getMeta } from "../../../src/engine/store/meta.ts";
import { openStore, type Store } from "../../../src/engine/store/open.ts";
import { databaseSize } from "../../../src/engine/store/retention/database-size.ts";
import { removedSince } from "../../../src/engine/store/retention/retention-log.ts";
import { FakeClock } from "../../helpers/fake-clock.ts";
import { housekeeperOf, RetentionDesk } from "../../helpers/retention-desk.ts";
import { T0 } from "../../helpers/rows.ts";
import { tempHome } from "../../helpers/temp-home.ts";
import { TestEngine } from "../../helpers/test-engine.ts";

const DAYS = 30;
const HOURS_A_DAY = 8;
const EVENTS_A_STEP = 125;
const RULES = { fold_after_hours: 24, events_days: 3, invocations_days: 3, dispatches_days: 3, logs_days: 3, slots_days: 3, notices_days: 3, stats_fine_days: 1, stats_days: 6 };
const STEP_MS = 24 * HOUR_MS / HOURS_A_DAY;

function one(store: Store, sql: string): number {
  return store.db.query<{ n: number | null }, []>(sql).get()?.n ?? 0;
}

/** Every pair that was ever evaluated is a row, or was counted when its row went. */
function accounted(store: Store): { readonly rows: number; readonly folded: number; readonly removed: number } {
  const removed = removedSince(store, 0).filter(({ what, why }) => what === "invocations" && why === "age");
  return {
    rows: one(store, "SELECT count(*) AS n FROM hook_invocations"),
    folded: one(store, "SELECT sum(rows) AS n FROM folded_invocations"),
    removed: removed.reduce((sum, { rows }) => sum + rows, 0),
  };
}

function expectSound(store: Store): void {
  expect(store.db.query("PRAGMA quick_check").get()).toEqual({ quick_check: "ok" });
  store.db.run("INSERT INTO events_fts(events_fts, rank) VALUES ('integrity-check', 1)");
  for (const table of ["event_participants", "episode_events", "hook_invocations", "dispatches"]) {
    expect(one(store, `SELECT count(*) AS n FROM ${table} t WHERE NOT EXISTS (SELECT 1 FROM events e WHERE e.id = t.event_id)`)).toBe(0);
  }
}

// C29. switch: mutant events-go-by-age, and switch: mutant text-is-tidied
test("thirty days at three days' retention: size, log and rows stay flat, the interesting stays, every pair is accounted for", async () => {
  const clock = new FakeClock(T0);
  await using t = await TestEngine.start({ clock });
  const housekeeper = housekeeperOf(t.store, clock, RULES);
  t.register("boring", `() => undefined`);
  // One in fifty fails or logs; never five failures in a row.
  t.register("odd", `(ctx) => { const n = Number(ctx.event.metadata.n); if (n % 50 === 0) throw new Error("boom"); if (n % 50 === 25) ctx.log.info("look"); return { fire: n === 777 }; }`);
  const days: { used: number; file: number; wal: number; events: number; invocations: number; total: number }[] = [];
  let n = 0;
  for (let day = 0; day < DAYS; day += 1) {
    for (let step = 0; step < HOURS_A_DAY; step += 1) {
      clock.advance(STEP_MS);
      const burst = Array.from({ length: EVENTS_A_STEP }, () => {
        n += 1;
        return { id: `test:${n}`, content: `message ${n} of day ${day} says ${"something ".repeat(5)}`, channel: "test", thread_id: `t${day}-${n % 20}`, sender_id: `s${n % 40}`, metadata: { n } };
      });
      await Promise.all(burst.map((event) => t.engine.emitInput(event)));
      await t.drain();
      housekeeper.sweep();
    }
    const { used_bytes, bytes, wal_bytes } = databaseSize(t.store);
    const tables = one(t.store, "SELECT (SELECT count(*) FROM events) + (SELECT count(*) FROM hook_invocations) + (SELECT count(*) FROM event_participants) + (SELECT count(*) FROM episode_events) + (SELECT count(*) FROM episodes) + (SELECT count(*) FROM threads) + (SELECT count(*) FROM invocation_logs) AS n");
    days.push({ used: used_bytes, file: bytes, wal: wal_bytes, events: one(t.store, "SELECT count(*) AS n FROM events"), invocations: one(t.store, "SELECT count(*) AS n FROM hook_invocations"), total: tables });
  }
  const later = days.slice(7);
  for (const key of ["used", "file", "events", "invocations", "total"] as const) {
    const values = later.map((day) => day[key]);
    const spread = Math.max(...values) / Math.min(...values);
    expect(spread <= 1.1 ? "flat" : `${key}: ${values.join(" ")}`).toBe("flat");
  }
  expect(Math.max(...days.map(({ wal }) => wal))).toBeLessThan(64 * 1_048_576);
  const evaluated = DAYS * HOURS_A_DAY * EVENTS_A_STEP * 2;
  const { rows, folded, removed } = accounted(t.store);
  // Hourly counts older than stats_days are gone too, so the removal record is what is exact over all time.
  const away = removedSince(t.store, 0).filter(({ what }) => what === "invocations").reduce((sum, entry) => sum + entry.rows, 0);
  const daysOfRecord = RULES.stats_days + 1;
  expect(folded).toBeLessThanOrEqual(evaluated / DAYS * (daysOfRecord + 1));
  expect(rows + (getMeta(t.store, "invocations_removed") ?? 0)).toBe(evaluated);
  expect(away).toBeLessThanOrEqual(evaluated);
  expect(removed).toBeGreaterThan(0);
  // Of the last three days every interesting one is there, and the fire of the first day, whose dispatch is pending.
  const kept = new Set(t.invocations("odd").filter(({ outcome }) => outcome === "error").map(({ event_id }) => event_id));
  for (let back = 0; back < HOURS_A_DAY * 2 * EVENTS_A_STEP; back += 1) if ((n - back) % 50 === 0) expect(kept.has(`test:${n - back}`)).toBe(true);
  expect(t.outcomes("odd")).toContain("fired");
  expect(t.dispatches()).toHaveLength(1);
  expectSound(t.store);
  // What was folded is said to be, and what is gone is said to be able to be.
  const foldedId = `test:${n - Math.floor(1.5 * HOURS_A_DAY) * EVENTS_A_STEP + 1}`;
  expect(whyEvent(t.store, foldedId, t.hook("boring")).hooks).toMatchObject([{ verdict: "folded", because: expect.stringContaining("evaluated, did not fire; the row was folded into hourly counters (retention)") }]);
  expect(() => whyEvent(t.store, "test:1")).toThrow(expect.objectContaining({ code: "EVENT_NOT_FOUND", details: expect.objectContaining({ hint: expect.stringContaining("retention has removed events received up to") }) }));
}, 120_000);

test("counters, folded counts and rows agree exactly", async () => {
  const clock = new FakeClock(T0);
  await using t = await TestEngine.start({ clock });
  const housekeeper = housekeeperOf(t.store, clock, { stats_fine_days: 1 });
  t.register("one", `() => undefined`);
  t.register("two", `(ctx) => { if (ctx.event.content.endsWith("7")) throw new Error("boom"); }`);
  for (let day = 0; day < 4; day += 1) {
    await t.burst(500);
    await t.drain();
    clock.advance(24 * HOUR_MS);
    housekeeper.sweep();
    const { rows, folded, removed } = accounted(t.store);
    const counted = one(t.store, "SELECT sum(invocations + skips) AS n FROM hook_stats WHERE hook_id = '*'");
    const byHook = one(t.store, "SELECT sum(invocations + skips) AS n FROM hook_stats WHERE hook_id <> '*'");
    expect({ counted, byHook, sum: rows + folded + removed }).toEqual({ counted: 1_000 * (day + 1), byHook: 1_000 * (day + 1), sum: 1_000 * (day + 1) });
  }
}, 30_000);

// switch: mutant fold-evaluated-only
test("behind a pair that is not terminal nothing is folded, so a restart evaluates nothing twice", async () => {
  using home = tempHome();
  const clock = new FakeClock(T0);
  const before = await TestEngine.start({ home: home.path, clock });
  before.register("quick", `() => undefined`);
  before.register("waits", `() => new Promise(() => {})`, { limits: { timeout_ms: 60_000 } });
  await before.messages(20);
  await before.until(() => before.outcomes("quick").length === 20);
  clock.advance(48 * HOUR_MS);
  housekeeperOf(before.store, clock, {}).sweep();
  expect(before.outcomes("quick")).toHaveLength(20);
  await before.stop();

  const after = await TestEngine.start({ home: home.path, clock });
  after.update("waits", `() => undefined`);
  await after.drain();
  expect(one(after.store, `SELECT sum(invocations) AS n FROM hook_stats WHERE hook_id = '${after.hook("quick").id}'`)).toBe(20);
  clock.advance(48 * HOUR_MS);
  housekeeperOf(after.store, clock, {}).sweep();
  expect(accounted(after.store)).toEqual({ rows: 1, folded: 39, removed: 0 });
  await after.stop();
}, 20_000);

test("an engine that is killed between slices, and started again, has lost and doubled nothing", async () => {
  using home = tempHome();
  const clock = new FakeClock(T0);
  let t = await TestEngine.start({ home: home.path, clock });
  t.register("one", `() => undefined`);
  for (let round = 1; round <= 5; round += 1) {
    await Promise.all(Array.from({ length: 400 }, (_, n) => t.engine.emitInput({ id: `round-${round}:${n}`, content: `message ${n}`, channel: "test", sender_id: `s${n % 9}` })));
    await t.drain();
    clock.advance(30 * HOUR_MS);
    const housekeeper = housekeeperOf(t.store, clock, { events_days: 2 });
    for (let slices = 0; slices < round; slices += 1) housekeeper.slice();
    await t.stop();
    t = await TestEngine.start({ home: home.path, clock });
    await t.drain();
    const { rows, folded, removed } = accounted(t.store);
    expect(rows + folded + removed).toBe(400 * round);
    expect(one(t.store, "SELECT sum(invocations) AS n FROM hook_stats WHERE hook_id = '*'")).toBe(400 * round);
    expectSound(t.store);
  }
  await t.stop();
}, 60_000);

test("kill -9 while rows go: what is left is sound, and what went was counted", async () => {
  using desk = new RetentionDesk();
  for (let n = 1; n <= 6_000; n += 200) desk.store.write(() => { for (let m = n; m < n + 200; m += 1) desk.evaluated(m, {}, { content: `message ${m}`, sender_id: `s${m % 7}`, thread_id: `t${m}` }); });
  desk.store.db.run("PRAGMA wal_checkpoint(TRUNCATE)");
  for (let kill = 1; kill <= 4; kill += 1) {
    const child = Bun.spawn([process.execPath, join(import.meta.dir, "sweeping-process.ts"), desk.home], { stdout: "pipe", stderr: "inherit" });
    let slices = 0;
    for await (const chunk of child.stdout) {
      slices += new TextDecoder().decode(chunk).split("\n").length - 1;
      if (slices >= kill * 3) break;
    }
    child.kill("SIGKILL");
    await child.exited;
    const store = openStore(desk.home);
    const { rows, folded, removed } = accounted(store);
    expect(rows + folded + removed).toBe(6_000);
    expect(one(store, "SELECT count(*) AS n FROM events") + (getMeta(store, "events_removed") ?? 0)).toBe(6_000);
    expectSound(store);
    store.close();
  }
  desk.days(10);
  housekeeperOf(desk.store, desk.clock, { events_days: 2 }).sweep();
  expect(desk.count("events")).toBe(1);
  expect(statSync(desk.store.path).size).toBeGreaterThan(0);
}, 60_000);
