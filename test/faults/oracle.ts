import type { Store } from "../../src/engine/store/open.ts";

interface Expectation {
  /** Everything that was stored has been evaluated; otherwise only what stands before the cursor. */
  readonly complete: boolean;
}

/** Pairs of an event and a hook that was active, and whose trigger matched, when the event was stored. Knows the load's triggers. */
const MATCHED = `
  SELECT e.id AS event_id, h.id AS hook_id, h.slug AS slug, e.seq AS seq FROM events e JOIN hooks h
  WHERE e.channel = 'load' AND h.slug IN ('quick', 'slow', 'counter', 'failing', 'once') AND e.suppressed IS NULL AND (h.slug <> 'slow' OR e.type = 'slow')
    AND EXISTS (SELECT 1 FROM hook_activations a WHERE a.hook_id = h.id AND e.seq > a.from_seq AND (a.until_seq IS NULL OR e.seq <= a.until_seq))`;

/** Each finds rows that must not be. `@cursor`: how far evaluation is; see design/faults.md for I1 to I8. */
const FORBIDDEN: Readonly<Record<string, string>> = {
  "I2: a pair before the cursor has no outcome": `SELECT m.slug, m.event_id FROM (${MATCHED}) m LEFT JOIN hook_invocations i USING (event_id, hook_id) WHERE i.id IS NULL AND m.seq <= @cursor`,
  "I2: a pair has two outcomes": "SELECT event_id, hook_id, count(*) AS n FROM hook_invocations GROUP BY 1, 2 HAVING n > 1",
  "I2: an outcome of a pair that never was": `SELECT i.event_id, i.hook_id FROM hook_invocations i LEFT JOIN (${MATCHED}) m USING (event_id, hook_id) WHERE m.event_id IS NULL`,
  "I3: a fire without its dispatch": "SELECT i.event_id FROM hook_invocations i LEFT JOIN dispatches d ON d.invocation_id = i.id WHERE i.fired = 1 AND d.id IS NULL",
  "I3: a dispatch without its fire": "SELECT d.event_id FROM dispatches d LEFT JOIN hook_invocations i ON i.id = d.invocation_id WHERE i.fired IS NOT 1",
  "I3: two dispatches of one pair": "SELECT event_id, hook_id, count(*) AS n FROM dispatches GROUP BY 1, 2 HAVING n > 1",
  "a one-shot fired and is not disabled, or twice": `SELECT h.slug, count(i.id) AS n FROM hooks h LEFT JOIN hook_invocations i ON i.hook_id = h.id AND i.fired = 1
     WHERE h.mode = 'one-shot' GROUP BY h.id HAVING n > 1 OR (n = 1) <> (h.status = 'disabled')`,
  "state does not count what was recorded": `SELECT h.slug, s.value_json AS kept, (SELECT count(*) FROM hook_invocations i WHERE i.hook_id = h.id AND i.outcome IN ('no_fire', 'fired')) AS recorded
     FROM hooks h LEFT JOIN hook_state s ON s.version_id = h.version_id AND s.key = 'n' WHERE h.slug = 'counter' AND ifnull(s.value_json, '0') <> CAST(recorded AS TEXT)`,
  "a hook's trigger_count is not its fires": "SELECT h.slug, h.trigger_count AS n, (SELECT count(*) FROM dispatches d WHERE d.hook_id = h.id) AS fires FROM hooks h WHERE n <> fires",
  "the counters do not count the rows": `SELECT h.slug, ifnull((SELECT sum(invocations + skips) FROM hook_stats s WHERE s.hook_id = h.id), 0) AS counted, (SELECT count(*) FROM hook_invocations i WHERE i.hook_id = h.id) AS rows
     FROM hooks h WHERE counted <> rows`,
  "an event is not in the full text": "SELECT e.id FROM events e WHERE e.content IS NOT NULL AND NOT EXISTS (SELECT 1 FROM events_fts f WHERE f.rowid = e.seq)",
};

/** What does not hold in a home's database; nothing when all is well. */
export function violations(store: Store, acked: ReadonlyMap<string, number>, { complete }: Expectation): string[] {
  const found: string[] = [];
  const [check] = store.db.query<Record<string, string>, []>(complete ? "PRAGMA integrity_check(1)" : "PRAGMA quick_check(1)").all();
  if (Object.values(check ?? {})[0] !== "ok") found.push(`the database is damaged: ${JSON.stringify(check)}`);
  const stored = new Map(store.db.query<{ id: string; seq: number }, []>("SELECT id, seq FROM events").all().map(({ id, seq }) => [id, seq]));
  const lost = [...acked].filter(([id, seq]) => stored.get(id) !== seq);
  if (lost.length > 0) found.push(`I1: ${lost.length} of ${acked.size} acknowledged events are not there: ${lost.slice(0, 3).map(([id, seq]) => `${id} (seq ${seq})`).join(", ")}`);
  const cursor = complete ? Number.MAX_SAFE_INTEGER : (store.db.query<{ value: number }, []>("SELECT value FROM meta WHERE key = 'eval_cursor'").get()?.value ?? 0);
  for (const [meaning, sql] of Object.entries(FORBIDDEN)) {
    const rows = sql.includes("@cursor") ? store.db.query<object, [number]>(sql.replace("@cursor", "?")).all(cursor) : store.db.query<object, []>(sql).all();
    if (rows.length > 0) found.push(`${meaning}: ${rows.length}, ${JSON.stringify(rows[0])}`);
  }
  return found;
}
