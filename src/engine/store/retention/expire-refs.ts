import { DAY_MS, type RetentionRules } from "../../core/retention.ts";
import type { Store } from "../open.ts";
import type { RemovalRecord } from "./retention-log.ts";

/** Rows looked at in one transaction. */
const ROWS = 500;

/** Inside a transaction, from one `yield` to the next: what goes by age or number of what belongs to refs. */
export function* expireRefs(store: Store, rules: RetentionRules, now: number, record: RemovalRecord): Generator<void> {
  yield* expireExecutions(store, now - rules.invocations_days * DAY_MS, record);
  yield* expireWork(store, now - rules.dispatches_days * DAY_MS, record);
  yield* trimMoves(store, rules.ref_moves, record);
  yield* expirePassages(store, now - rules.events_days * DAY_MS, record);
}

function* expireExecutions(store: Store, before: number, record: RemovalRecord): Generator<void> {
  yield* inSteps(() => {
    const { changes } = store.db.query("DELETE FROM ref_hook_executions WHERE rowid IN (SELECT rowid FROM ref_hook_executions WHERE started_at < ? ORDER BY started_at LIMIT ?)").run(before, ROWS);
    record.add("executions", "age", changes, before);
    return changes;
  });
}

/** What still waits stays. */
function* expireWork(store: Store, before: number, record: RemovalRecord): Generator<void> {
  yield* inSteps(() => {
    const { changes } = store.db.query("DELETE FROM ref_outbox WHERE rowid IN (SELECT rowid FROM ref_outbox WHERE status <> 'pending' AND created_at < ? ORDER BY created_at LIMIT ?)").run(before, ROWS);
    record.add("webhooks", "age", changes, before);
    return changes;
  });
  yield* inSteps(() => {
    const { changes } = store.db.query("DELETE FROM runs WHERE rowid IN (SELECT rowid FROM runs WHERE status NOT IN ('pending', 'running') AND created_at < ? ORDER BY created_at LIMIT ?)").run(before, ROWS);
    record.add("runs", "age", changes, before);
    return changes;
  });
}

/** The newest so many moves of each ref stay. */
function* trimMoves(store: Store, kept: number, record: RemovalRecord): Generator<void> {
  const long = store.db.query<{ ref_name: string }, [number]>("SELECT ref_name FROM ref_history GROUP BY ref_name HAVING count(*) > ?").all(kept);
  yield;
  for (const { ref_name } of long) {
    const last = store.db.query<{ seq: number }, [string, number]>("SELECT seq FROM ref_history WHERE ref_name = ? ORDER BY seq DESC LIMIT 1 OFFSET ?").get(ref_name, kept)?.seq ?? 0;
    yield* inSteps(() => {
      const gone = store.db
        .query<{ created_at: number }, [string, number, number]>("DELETE FROM ref_history WHERE seq IN (SELECT seq FROM ref_history WHERE ref_name = ? AND seq <= ? ORDER BY seq LIMIT ?) RETURNING created_at")
        .all(ref_name, last, ROWS);
      for (const { created_at } of gone) record.add("moves", "age", 1, created_at);
      return gone.length;
    });
  }
}

/** No ref, no move that is kept, no scope, no audit row, and no run that is open. */
const UNNAMED = `NOT EXISTS (SELECT 1 FROM refs WHERE passage_id = p.id)
  AND NOT EXISTS (SELECT 1 FROM ref_history WHERE passage_id = p.id)
  AND NOT EXISTS (SELECT 1 FROM ref_history WHERE previous_passage_id = p.id)
  AND NOT EXISTS (SELECT 1 FROM scope_passages WHERE passage_id = p.id)
  AND NOT EXISTS (SELECT 1 FROM audit_log WHERE passage_id = p.id)
  AND NOT EXISTS (SELECT 1 FROM audit_log WHERE previous_passage_id = p.id)
  AND NOT EXISTS (SELECT 1 FROM runs WHERE status IN ('pending', 'running') AND instr(input_json, p.id) > 0)`;

function* expirePassages(store: Store, before: number, record: RemovalRecord): Generator<void> {
  const page = store.db.query<{ rowid: number; id: string; created_at: number; unnamed: number }, [number, number, number]>(
    `SELECT p.rowid, p.id, p.created_at, ${UNNAMED} AS unnamed FROM passages p WHERE p.rowid > ? AND p.created_at < ? ORDER BY p.rowid LIMIT ?`,
  );
  for (let rows = page.all(0, before, ROWS); rows.length > 0; rows = page.all(rows.at(-1)?.rowid ?? 0, before, ROWS)) {
    for (const { id, created_at } of rows.filter(({ unnamed }) => unnamed === 1)) {
      store.db.query("DELETE FROM passages WHERE id = ?").run(id);
      record.add("passages", "orphan", 1, created_at);
    }
    yield;
  }
}

function* inSteps(step: () => number): Generator<void> {
  while (step() >= ROWS) yield;
  yield;
}
