import type { Database } from "bun:sqlite";
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DEFAULT_STORE_OPTIONS, openStore } from "../src/engine/store/open.ts";
import { BUCKET_MS } from "../src/engine/store/stats.ts";
import { registerTrivialHooks } from "./trivial-hooks.ts";

export const EVENTS = 1_000_000;
export const INVOCATIONS_PER_EVENT = 5;
/** `match-0` sees every event, each of the others every fifth. */
const HOOKS = 21;
const DAYS = 30;
const DAY_MS = 86_400_000;
const FINE_DAYS = 7;
const CACHE_PREFIX = "nexus-bench-big-";

/**
 * A home with the whole load in it, made by SQL: 30 days of events that end now, five invocations of each, failures,
 * fires with their dispatches, statistics. Kept in the temporary folder for the day, as long as the schema is the same.
 */
export function bigHome(now: number): string {
  const home = join(tmpdir(), `${CACHE_PREFIX}${keyOf(now)}`);
  if (existsSync(home)) return home;
  for (const old of readdirSync(tmpdir())) if (old.startsWith(CACHE_PREFIX)) rmSync(join(tmpdir(), old), { recursive: true, force: true });
  const unfinished = `${home}.${process.pid}`;
  mkdirSync(unfinished);
  const store = openStore(unfinished, { ...DEFAULT_STORE_OPTIONS, durability: "normal", checkpoints: true });
  registerTrivialHooks(store, { matching: HOOKS });
  generate(store.db, now);
  store.close();
  renameSync(unfinished, home);
  // Paths of scripts are stored absolute.
  const moved = openStore(home, { ...DEFAULT_STORE_OPTIONS, checkpoints: true });
  for (const table of ["hooks", "hook_versions"]) moved.db.run(`UPDATE ${table} SET script_path = replace(script_path, ?, ?)`, [unfinished, home]);
  moved.close();
  return home;
}

function keyOf(now: number): string {
  const hasher = new Bun.CryptoHasher("sha256");
  const memory = openSchema();
  hasher.update(memory);
  hasher.update(`${EVENTS} ${INVOCATIONS_PER_EVENT} ${HOOKS} ${DAYS} ${SHAPE}`);
  return `${hasher.digest("hex").slice(0, 16)}-${Math.floor(now / DAY_MS)}`;
}

/** The schema as it is made from the migrations, whatever they are called. */
function openSchema(): string {
  const home = join(tmpdir(), `nexus-bench-schema-${process.pid}`);
  const store = openStore(home);
  const rows = store.db.query<{ sql: string | null }, []>("SELECT sql FROM sqlite_schema ORDER BY name").all();
  store.close();
  rmSync(home, { recursive: true, force: true });
  return rows.map(({ sql }) => sql ?? "").join("\n");
}

/** Indexes are made at the end: five times as fast as keeping them up to date row by row. */
function generate(db: Database, now: number): void {
  const indexes = db
    .query<{ name: string; sql: string }, []>("SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL AND tbl_name IN ('events', 'hook_invocations', 'dispatches')")
    .all();
  db.run("PRAGMA synchronous = OFF");
  db.run("PRAGMA cache_size = -262144");
  db.run("BEGIN");
  for (const { name } of indexes) db.run(`DROP INDEX ${name}`);
  db.run(SHAPE.replaceAll("$NOW", String(now)));
  for (const { sql } of indexes) db.run(sql);
  db.run("COMMIT");
}

const STEP_MS = (DAYS * DAY_MS) / EVENTS;

const SHAPE = `
CREATE TEMP TABLE bench_hooks AS SELECT row_number() OVER (ORDER BY created_at, id) - 1 AS k, id, version_id, slug FROM hooks;
CREATE TEMP TABLE numbers AS WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < ${EVENTS}) SELECT n FROM n;

INSERT INTO events(id, timestamp, received_at, type, channel, content, content_types, direction, thread_id, sender_id, source_adapter, source_id, metadata_json)
SELECT 'big:' || n, at, at, 'message', 'bench', 'message ' || n || ': could you look at the invoice from last week?', '[]', 'received',
  'thread-' || n % 1000, 'sender-' || n % 500, 'big', n, '{"n":' || n || '}'
FROM (SELECT n, CAST($NOW - (${EVENTS} - n) * ${STEP_MS} AS INTEGER) AS at FROM numbers);

-- Of each event: one of match-0, and one of each of four groups of five hooks.
INSERT INTO hook_invocations(id, hook_id, event_id, started_at, finished_at, latency_ms, fired, result_json, error, stack_trace, version_id, outcome, latency_us)
SELECT 'inv_' || printf('%026d', n * ${INVOCATIONS_PER_EVENT} + g), h.id, 'big:' || n, at, at, 0,
  g = 0 AND n % 100 = 0,
  CASE WHEN n % 1000 = 7 THEN NULL WHEN g = 0 AND n % 100 = 0 THEN '{"fire":true}' ELSE '{"fire":false}' END,
  CASE WHEN n % 1000 = 7 THEN 'Error: no such invoice' END,
  CASE WHEN n % 1000 = 7 THEN 'Error: no such invoice\n    at hook.ts:3:9' END,
  h.version_id,
  CASE WHEN n % 1000 = 7 THEN 'error' WHEN g = 0 AND n % 100 = 0 THEN 'fired' ELSE 'no_fire' END,
  40 + n % 300
FROM (SELECT n, CAST($NOW - (${EVENTS} - n) * ${STEP_MS} AS INTEGER) AS at FROM numbers)
CROSS JOIN (SELECT 0 AS g UNION ALL SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3 UNION ALL SELECT 4)
JOIN bench_hooks h ON h.k = CASE g WHEN 0 THEN 0 ELSE (g - 1) * 5 + n % 5 + 1 END;

INSERT INTO dispatches(id, hook_id, version_id, event_id, invocation_id, status, routing_json, session_key, context_json, created_at)
SELECT 'dsp_' || printf('%026d', rowid), hook_id, version_id, event_id, id, 'pending', '{}', 'agent:default:bench:thread:thread-0', '{}', finished_at
FROM hook_invocations WHERE fired = 1;

-- As retention leaves them: of five minutes, and of an hour after a week.
CREATE TEMP TABLE sums AS
SELECT hook_id, finished_at / ${BUCKET_MS} - iif(finished_at < $NOW - ${FINE_DAYS * DAY_MS}, finished_at / ${BUCKET_MS} % 12, 0) AS bucket, count(*) AS invocations, sum(fired) AS fires, sum(error IS NOT NULL) AS errors, sum(latency_us) AS us
FROM hook_invocations GROUP BY 1, 2;
INSERT INTO sums SELECT '*', bucket, sum(invocations), sum(fires), sum(errors), sum(us) FROM sums GROUP BY bucket;
INSERT INTO hook_stats
SELECT hook_id, bucket, invocations, fires, errors, 0, us, 339, '[0,0,0,0,0,' || invocations || ']', 0, 0, 0, 0 FROM sums ORDER BY hook_id, bucket;

UPDATE hooks SET (trigger_count, last_triggered) = (SELECT count(*), max(created_at) FROM dispatches d WHERE d.hook_id = hooks.id);
INSERT INTO meta(key, value) VALUES ('eval_cursor', ${EVENTS}) ON CONFLICT(key) DO UPDATE SET value = excluded.value;
DROP TABLE bench_hooks;
DROP TABLE numbers;
DROP TABLE sums;
`;
