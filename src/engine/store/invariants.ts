import type { Database } from "bun:sqlite";

/** Something that can only be so when nexus, or somebody else, wrote what must not be written. */
export interface Violation {
  /** `I2`, `I3`, ...: the invariant's number in the design. */
  readonly invariant: string;
  readonly what: string;
  readonly count: number;
}

/** Each counts rows that must not be. Retention removes old invocations: what is older than all of them proves nothing. */
const QUERIES: readonly (readonly [invariant: string, what: string, sql: string])[] = [
  ["I2", "(event, hook) pairs with more than one outcome", "SELECT count(*) AS n FROM (SELECT 1 FROM hook_invocations WHERE stage = '' GROUP BY event_id, hook_id HAVING count(*) > 1)"],
  ["I3", "(event, hook) pairs with more than one dispatch", "SELECT count(*) AS n FROM (SELECT 1 FROM dispatches WHERE hook_id IS NOT NULL GROUP BY event_id, hook_id HAVING count(*) > 1)"],
  ["I3", "fires without a dispatch", "SELECT count(*) AS n FROM hook_invocations i WHERE i.fired = 1 AND NOT EXISTS (SELECT 1 FROM dispatches d WHERE d.event_id = i.event_id AND d.hook_id = i.hook_id)"],
  [
    "I3",
    "dispatches without a fire",
    `SELECT count(*) AS n FROM dispatches d WHERE d.hook_id IS NOT NULL AND d.created_at > (SELECT min(finished_at) FROM hook_invocations)
       AND NOT EXISTS (SELECT 1 FROM hook_invocations i WHERE i.event_id = d.event_id AND i.hook_id = d.hook_id AND i.fired = 1)`,
  ],
  ["I2", "evaluated events that the ledger never had", "SELECT count(*) AS n FROM meta WHERE key = 'eval_cursor' AND value > coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'events'), 0)"],
  ["I2", "held events that the ledger does not have", "SELECT count(*) AS n FROM held_events h WHERE NOT EXISTS (SELECT 1 FROM events e WHERE e.seq = h.seq AND e.source_adapter = h.source)"],
  ["I2", "held events whose source nobody holds or has released", "SELECT count(*) AS n FROM held_events h WHERE NOT EXISTS (SELECT 1 FROM held_sources s WHERE s.source = h.source)"],
  ["I2", "hooks whose current version is missing", "SELECT count(*) AS n FROM hooks h WHERE NOT EXISTS (SELECT 1 FROM hook_versions v WHERE v.id = h.version_id)"],
  ["I2", "refs that point to no passage", "SELECT count(*) AS n FROM refs r WHERE NOT EXISTS (SELECT 1 FROM passages p WHERE p.id = r.passage_id)"],
  ["I2", "refs that are not where their history says", "SELECT count(*) AS n FROM refs r WHERE NOT EXISTS (SELECT 1 FROM ref_history h WHERE h.id = r.update_id AND h.ref_name = r.name AND h.passage_id = r.passage_id)"],
  [
    "I2",
    "moves of refs that do not begin where the one before ended",
    `SELECT count(*) AS n FROM (SELECT previous_id, previous_passage_id, lag(id) OVER w AS before_id, lag(passage_id) OVER w AS before_passage FROM ref_history WINDOW w AS (PARTITION BY ref_name ORDER BY seq))
       WHERE before_id IS NOT NULL AND (previous_id IS NOT before_id OR previous_passage_id IS NOT before_passage)`,
  ],
  ["I2", "logs without their invocation", "SELECT count(*) AS n FROM invocation_logs l WHERE NOT EXISTS (SELECT 1 FROM hook_invocations i WHERE i.id = l.invocation_id)"],
];

export function violations(db: Database): Violation[] {
  return QUERIES.map(([invariant, what, sql]) => ({ invariant, what, count: db.query<{ n: number }, []>(sql).get()?.n ?? 0 })).filter(({ count }) => count > 0);
}

/** Rows that name rows which are not there, by table. */
export function danglingReferences(db: Database): { table: string; parent: string; count: number }[] {
  return db.query<{ table: string; parent: string; count: number }, []>(`SELECT "table", parent, count(*) AS count FROM pragma_foreign_key_check GROUP BY "table", parent`).all();
}

/** Events that a search cannot find, and entries of the index without an event. */
export function fullTextGaps(db: Database): number {
  const row = db
    .query<{ n: number }, []>(
      `SELECT (SELECT count(*) FROM events e WHERE e.content <> '' AND NOT EXISTS (SELECT 1 FROM events_fts_docsize d WHERE d.id = e.seq))
            + (SELECT count(*) FROM events_fts_docsize d WHERE NOT EXISTS (SELECT 1 FROM events e WHERE e.seq = d.id)) AS n`,
    )
    .get();
  return row?.n ?? 0;
}

/** Inside a transaction: the index is made anew from the events. */
export function rebuildFullText(db: Database): void {
  db.run("INSERT INTO events_fts(events_fts) VALUES ('rebuild')");
}

export interface ScriptRow {
  readonly hash: string;
  readonly source_path: string;
  readonly slug: string;
  readonly current: boolean;
}

/** Every script that some version, action or processor runs, with a name it runs under; current ones first. Of a purged hook there is none. */
export function registeredScripts(db: Database): ScriptRow[] {
  return db
    .query<{ hash: string; source_path: string; slug: string; current: number }, []>(
      `SELECT hash, source_path, slug, max(current) AS current FROM (
         SELECT v.script_hash AS hash, v.source_path, h.slug, h.version_id = v.id AND h.deleted_at IS NULL AS current FROM hook_versions v JOIN hooks h ON h.id = v.hook_id WHERE v.script_hash <> ''
         UNION ALL SELECT script_hash, source_path, kind || ' ' || name, 1 FROM ref_handlers
       ) GROUP BY hash ORDER BY current DESC, slug`,
    )
    .all()
    .map(({ current, ...row }) => ({ ...row, current: current === 1 }));
}

export interface Standing {
  readonly troubled: readonly { slug: string; status: string; circuit_state: string; last_error: string | null }[];
  readonly newest_event_at: number | undefined;
  readonly auto_vacuum: number;
}

export function standing(db: Database): Standing {
  return {
    troubled: db
      .query<{ slug: string; status: string; circuit_state: string; last_error: string | null }, []>(
        "SELECT slug, status, circuit_state, last_error FROM hooks WHERE deleted_at IS NULL AND (status IN ('errored', 'paused') OR circuit_state <> 'closed') ORDER BY slug",
      )
      .all(),
    newest_event_at: db.query<{ at: number | null }, []>("SELECT max(received_at) AS at FROM (SELECT received_at FROM events ORDER BY seq DESC LIMIT 1000)").get()?.at ?? undefined,
    auto_vacuum: db.query<{ auto_vacuum: number }, []>("PRAGMA auto_vacuum").get()?.auto_vacuum ?? 0,
  };
}

/** Makes every index anew from its table. */
export function reindex(db: Database): void {
  db.run("REINDEX");
}

/** Folds the log back and cuts it to nothing; false when a reader was in the way. */
export function foldLog(db: Database): boolean {
  return db.query<{ busy: number }, []>("PRAGMA wal_checkpoint(TRUNCATE)").get()?.busy === 0;
}
