import type { Database } from "bun:sqlite";
import type { HookModel } from "./hook-model.ts";
import type { Model } from "./model.ts";

interface Given {
  readonly db: Database;
  readonly model: Model;
  readonly acknowledged: ReadonlySet<string>;
  readonly told: ReadonlySet<string>;
  readonly fail: (message: string) => void;
}

/** What must be true once everything has come to rest. */
export function checkRest(given: Given): void {
  const { db, model, acknowledged, told, fail } = given;
  const ids = (sql: string): Set<string> => new Set(db.query<{ id: string }, []>(sql).all().map(({ id }) => id));
  for (const id of acknowledged) if (!model.isStored(id)) fail(`${id} was acknowledged and is not stored`);
  const open = model.open();
  if (open.length > 0) fail(`${open.length} pairs have no outcome: ${open.slice(0, 5).join(", ")}`);
  const dispatched = ids("SELECT event_id || ' ' || hook_id AS id FROM dispatches");
  const fired = ids("SELECT event_id || ' ' || hook_id AS id FROM hook_invocations WHERE fired = 1");
  for (const pair of fired) if (!dispatched.has(pair)) fail(`${pair} fired and was not dispatched`);
  for (const pair of dispatched) if (!fired.has(pair)) fail(`${pair} was dispatched and did not fire`);
  const dispatches = ids("SELECT id FROM dispatches");
  for (const id of told) if (!dispatches.has(id)) fail(`${id} was told and is not stored`);
  if (ids("SELECT event_id AS id FROM evaluation_leases WHERE NOT EXISTS (SELECT 1 FROM hook_invocations i WHERE i.event_id = evaluation_leases.event_id AND i.hook_id = evaluation_leases.hook_id)").size > 0) fail("a lease without an outcome is left");
  for (const table of ["held_events", "held_sources"]) if (db.query(`SELECT 1 FROM ${table}`).get() !== null) fail(`${table} has rows of what was released`);
  for (const [id, hook] of model.hooks) checkHook(id, hook, given);
  checkStats(given);
  checkSlots(given);
}

function checkHook(id: string, model: HookModel, { db, model: all, fail }: Given): void {
  const row = db
    .query<{ circuit_state: string; consecutive_errors: number; trigger_count: number }, [string]>("SELECT circuit_state, consecutive_errors, trigger_count FROM hooks WHERE id = ?")
    .get(id);
  const state = row?.circuit_state === "half-open" ? "open" : row?.circuit_state;
  const expected = model.breaker.state === "half-open" ? "open" : model.breaker.state;
  if (state !== expected) fail(`${model.hook.slug}: the stored breaker is ${state}, by its rows it is ${expected}`);
  if (expected === "closed" && row?.consecutive_errors !== model.breaker.failures) fail(`${model.hook.slug}: ${row?.consecutive_errors} consecutive errors are stored, by its rows it is ${model.breaker.failures}`);
  if (row?.trigger_count !== model.fires) fail(`${model.hook.slug}: trigger_count is ${row?.trigger_count}, it fired ${model.fires} times`);
  const notices = (kind: string): number => db.query<{ n: number }, [string, string]>("SELECT count(*) AS n FROM notices WHERE hook_id = ? AND kind = ?").get(id, kind)?.n ?? 0;
  if (notices("breaker_opened") !== model.breaker.opened) fail(`${model.hook.slug}: ${notices("breaker_opened")} notices of ${model.breaker.opened} openings`);
  if (notices("breaker_closed") !== model.breaker.closedAgain) fail(`${model.hook.slug}: ${notices("breaker_closed")} notices of ${model.breaker.closedAgain} closings`);
  for (const version of model.versions.keys()) {
    const stored = Number(db.query<{ value_json: string }, [string]>("SELECT value_json FROM hook_state WHERE version_id = ? AND key = 'n'").get(version)?.value_json ?? 0);
    if (stored !== all.countOf(version)) fail(`${model.hook.slug}: its state counts ${stored}, its rows ${all.countOf(version)}`);
  }
}

/** The counters are the rows, counted. */
function checkStats({ db, fail }: Given): void {
  const skip = "(outcome LIKE 'skipped%' OR outcome = 'dead')";
  const counts = `sum(NOT ${skip}) AS invocations, sum(fired) AS fires, sum(outcome IN ('error', 'timeout', 'crashed')) AS errors, sum(${skip}) AS skips`;
  const counted = db.query(`SELECT hook_id, ${counts} FROM hook_invocations GROUP BY hook_id ORDER BY hook_id`).all();
  const total = db.query(`SELECT '*' AS hook_id, ${counts} FROM hook_invocations HAVING count(*) > 0`).all();
  const kept = db.query("SELECT hook_id, sum(invocations) AS invocations, sum(fires) AS fires, sum(errors) AS errors, sum(skips) AS skips FROM hook_stats GROUP BY hook_id ORDER BY hook_id").all();
  const [one, other] = [JSON.stringify([...total, ...counted]), JSON.stringify(kept)];
  if (one !== other) fail(`the statistics differ from the rows: ${other} instead of ${one}`);
}

interface SlotRow {
  readonly schedule_id: string;
  readonly slot: number;
  readonly until_slot: number;
  readonly slot_count: number;
  readonly status: string;
  readonly event_id: string | null;
}

/** Each slot stands in exactly one row, in its state for good; of a hook that was left alone none is missing. */
function checkSlots({ db, model, fail }: Given): void {
  const rows = db.query<SlotRow, []>("SELECT * FROM schedule_slots ORDER BY schedule_id, slot").all();
  for (const [id, slots] of Map.groupBy(rows, ({ schedule_id }) => schedule_id)) {
    const hook = model.hooks.get(id);
    const name = hook?.hook.slug ?? id;
    const every = id === "tick" ? 60_000 : undefined;
    const step = every ?? (hook?.untouched === true ? intervalOf(hook) : undefined);
    let before = hook === undefined ? undefined : hook.hook.created_at;
    let end = 0;
    for (const { slot, until_slot, slot_count, status, event_id } of slots) {
      if (slot <= end) fail(`${name}: the slot ${slot} stands in two rows`);
      end = until_slot;
      if (status === "due") fail(`${name}: the slot ${slot} was given out and has no end`);
      if (event_id !== null && !model.isStored(event_id)) fail(`${name}: the slot ${slot} was given out without its event`);
      if (step !== undefined) {
        if (before !== undefined && slot !== before + step) fail(`${name}: no row for the slots between ${before} and ${slot}`);
        if (until_slot !== slot + (slot_count - 1) * step) fail(`${name}: ${slot_count} slots do not fit between ${slot} and ${until_slot}`);
        before = until_slot;
      }
    }
  }
}

function intervalOf({ hook }: HookModel): number | undefined {
  const every = hook.version.metadata.schedule?.every;
  return every === undefined ? undefined : { "1m": 60_000, "5m": 300_000, "90s": 90_000, "1h": 3_600_000 }[every];
}
