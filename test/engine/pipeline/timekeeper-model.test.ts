import { expect, test } from "bun:test";
import type { Hook, Schedule } from "../../../src/engine/core/hook.ts";
import { NexusError } from "../../../src/engine/core/errors.ts";
import { compileSchedule } from "../../../src/engine/pipeline/schedule.ts";
import { Timekeeper } from "../../../src/engine/pipeline/timekeeper.ts";
import { insertEvents } from "../../../src/engine/store/events.ts";
import { slotsOf } from "../../../src/engine/store/slots.ts";
import type { Store } from "../../../src/engine/store/open.ts";
import { tempStore, T0 } from "../../helpers/rows.ts";
import { Random } from "../../simulation/random.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const LATE = MINUTE;

function hookWith(schedule: Schedule): Hook {
  const metadata: Hook["version"]["metadata"] = { name: "h", mode: "persistent", stage: "runAutomations", priority: 0, isolation: "warm", config: {}, limits: { timeout_ms: 1, concurrency: 1, memory_mb: 8, llm_calls: 0 }, schedule };
  const version = { id: "v", hook_id: "hook_h", version: 1, script_path: "", script_hash: "", source_path: "", source_hash: "", metadata, creator: {}, created_at: T0 };
  return { id: "hook_h", slug: "h", status: "active", version, creator: {}, created_at: T0, updated_at: T0, trigger_count: 0, consecutive_errors: 0, circuit_state: "closed", circuit_generation: 0 };
}

interface Desk {
  now: number;
  /** The next commits fail. */
  failing: boolean;
  /** The hook sees nothing any more; what looked for due slots does not know it yet. */
  ended?: boolean;
  readonly given: string[];
  /** Times that slots were told to be missed. */
  missed: number;
}

function keeperOf(store: Store, desk: Desk, cap: number): Timekeeper {
  return new Timekeeper({
    store,
    clock: { now: () => desk.now, monotonic: () => desk.now },
    cap,
    lateAfterMs: LATE,
    timers: false,
    accept: (events) => desk.given.push(...insertEvents(store, events, { maxDepth: 8, maxChain: 256 }).filter(({ duplicate }) => !duplicate).map(({ event }) => event.id)),
    commit: (work) =>
      Promise.resolve().then(() => {
        store.write(() => {
          work();
          if (desk.failing) throw new NexusError("DATABASE_IO", "the commit failed");
        });
      }),
    isActive: () => desk.ended !== true,
    missed: () => void (desk.missed += 1),
    compile: compileSchedule,
    later: (callback) => callback(),
  });
}

/** What a tick at `now` must leave of the slots behind `after`, found by walking through all of them. */
function naive(interval: number, after: number, now: number, catchUp: Schedule["catch_up"], cap: number): string[] {
  const slots: number[] = [];
  for (let slot = T0 + interval; slot <= now; slot += interval) if (slot > after) slots.push(slot);
  const newest = slots.at(-1);
  if (newest === undefined) return [];
  const most = catchUp === "all" ? cap : catchUp === "skip" && now - newest > LATE ? 0 : 1;
  const run = most === 0 ? [] : slots.slice(-most);
  const missed = slots.slice(0, slots.length - run.length);
  return [...(missed.length === 0 ? [] : [`missed ${missed[0]}-${missed.at(-1)} x${missed.length}`]), ...run.map((slot) => `due ${slot}-${slot} x1`)];
}

const rowsOf = (store: Store): string[] => slotsOf(store, "hook_h", 100_000).toReversed().map(({ status, slot, until_slot, slot_count }) => `${status} ${slot}-${until_slot} x${slot_count}`);

async function run(seed: number, store: Store): Promise<void> {
  const random = new Random(seed);
  const [every, interval] = random.pick([["1m", MINUTE], ["90s", 90_000], ["7m", 7 * MINUTE], ["1h", HOUR]] as const);
  const catch_up = random.pick(["skip", "last", "all"] as const);
  const cap = random.between(1, 6);
  const hook = hookWith({ every, catch_up });
  const desk: Desk = { now: T0, failing: false, given: [], missed: 0 };
  const expected: string[] = [];
  let keeper = keeperOf(store, desk, cap);
  await keeper.set(hook, true);
  let after = T0;
  for (let step = 0; step < 30; step += 1) {
    desk.now += random.pick([1_000, 30_000, MINUTE, 10 * MINUTE, 5 * HOUR, -MINUTE, -3 * HOUR, DAY, -DAY]);
    desk.failing = random.chance(0.2);
    if (random.chance(0.3)) {
      // A stop, or a crash, and another start.
      keeper.stop();
      keeper = keeperOf(store, desk, cap);
      await keeper.set(hook, true);
    }
    // Two looks at once, as a timer and a slow start bring about.
    const first = keeper.tick();
    if (random.chance(0.3)) {
      desk.now += random.pick([1_000, 3 * MINUTE, HOUR]);
      await Promise.allSettled([first, keeper.tick()]);
    } else await Promise.allSettled([first]);
    if (!desk.failing) expected.push(...naive(interval, after, desk.now, catch_up, cap));
    if (rowsOf(store).join("\n") !== expected.join("\n")) throw new Error(`seed ${seed}, step ${step}: ${JSON.stringify(rowsOf(store).slice(-4))} instead of ${JSON.stringify(expected.slice(-4))}`);
    after = Math.max(after, Number(/-(\d+) /.exec(expected.at(-1) ?? "")?.[1] ?? 0));
  }
  keeper.stop();
  const given = desk.given.length;
  expect(new Set(desk.given).size).toBeLessThanOrEqual(given);
}

// switch: mutants slots-behind-a-failed-commit, two-looks-lose-slots
test("over jumps both ways, restarts, failed commits and looks at once, the rows are those of one who walks through all slots", async () => {
  using held = tempStore();
  const { store } = held;
  for (let seed = 1; seed <= 300; seed += 1) {
    store.db.run("DELETE FROM schedule_slots");
    store.db.run("DELETE FROM events");
    await run(seed, store);
  }
}, 60_000);

// switch: mutant slots-planned-again
test("a catch-up that takes the process with it again and again runs no more than its cap, and the rest is missed", async () => {
  using held = tempStore();
  const { store } = held;
  const desk: Desk = { now: T0, failing: false, given: [], missed: 0 };
  const hook = hookWith({ every: "1m", catch_up: "all" });
  // A stop of a month; then each start writes what is due and dies before anything of it was evaluated.
  desk.now += 30 * DAY;
  for (let start = 0; start < 10; start += 1) {
    const keeper = keeperOf(store, desk, 100);
    await keeper.set(hook, true);
    await keeper.tick();
    keeper.stop();
    desk.now += 1_000;
  }
  expect([desk.given.length, desk.missed]).toEqual([100, 1]);
  const rows = slotsOf(store, "hook_h", 1_000);
  expect(rows.filter(({ status }) => status === "due").length).toBe(100);
  expect(rows.filter(({ status }) => status === "missed").map(({ slot_count }) => slot_count)).toEqual([30 * 24 * 60 - 100]);
});

// switch: mutant stale-schedule-compiled
test("a schedule that is changed again while it is compiled is the one of the last change", async () => {
  using held = tempStore();
  const { store } = held;
  const desk: Desk = { now: T0, failing: false, given: [], missed: 0 };
  const keeper = keeperOf(store, desk, 10);
  const first = keeper.set(hookWith({ cron: "* * * * *" }), true);
  const second = keeper.set(hookWith({ every: "1h" }), true);
  await Promise.all([first, second]);
  desk.now += HOUR;
  await keeper.tick();
  expect(rowsOf(store)).toEqual([`due ${T0 + HOUR}-${T0 + HOUR} x1`]);
  const third = keeper.set(hookWith({ cron: "* * * * *" }), true);
  await keeper.set(hookWith({ every: "1h" }), false);
  await third;
  desk.now += HOUR;
  await keeper.tick();
  expect(rowsOf(store)).toHaveLength(1);
});

// switch: mutant slot-of-an-ended-hook
test("a hook that ends in the very commit that would write its slot gets none", async () => {
  using held = tempStore();
  const { store } = held;
  const desk: Desk = { now: T0, failing: false, given: [], missed: 0 };
  const keeper = keeperOf(store, desk, 10);
  await keeper.set(hookWith({ every: "1h" }), true);
  desk.now += HOUR;
  const looking = keeper.tick();
  desk.ended = true;
  await looking;
  expect([rowsOf(store), desk.given]).toEqual([[], []]);
});
