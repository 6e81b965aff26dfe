import type { Database } from "bun:sqlite";
import type { Store } from "./open.ts";

export interface NewAudit {
  readonly destination: string;
  /** Unix ms. */
  readonly at: number;
  readonly actor?: string;
  readonly ref_name: string;
  readonly passage_id?: string;
  readonly previous_passage_id?: string;
  readonly update_id: string;
  readonly hook_id?: string;
  readonly data: Readonly<Record<string, unknown>>;
}

export interface AuditEntry extends NewAudit {
  /** From 1, without gaps. */
  readonly seq: number;
  /** Of the row before; of the first, 64 zeros. */
  readonly previous_hash: string;
  /** SHA-256 of previous_hash and this row. */
  readonly hash: string;
}

interface AuditRow {
  readonly seq: number;
  readonly destination: string;
  readonly at: number;
  readonly actor: string | null;
  readonly ref_name: string;
  readonly passage_id: string | null;
  readonly previous_passage_id: string | null;
  readonly update_id: string;
  readonly hook_id: string | null;
  readonly data_json: string;
  readonly previous_hash: string;
  readonly hash: string;
}

const START = "0".repeat(64);
/** Rows read at a time when the chain is verified. */
const PAGE = 1_000;

/** Inside a transaction: the next link of the chain, without secrets. */
export function appendAudit(store: Store, entry: NewAudit): { readonly seq: number; readonly hash: string } {
  const last = store.db.query<{ seq: number; hash: string }, []>("SELECT seq, hash FROM audit_log ORDER BY seq DESC LIMIT 1").get();
  const row: Omit<AuditRow, "hash"> = {
    seq: (last?.seq ?? 0) + 1,
    destination: entry.destination,
    at: entry.at,
    actor: entry.actor ?? null,
    ref_name: entry.ref_name,
    passage_id: entry.passage_id ?? null,
    previous_passage_id: entry.previous_passage_id ?? null,
    update_id: entry.update_id,
    hook_id: entry.hook_id ?? null,
    data_json: JSON.stringify(store.redactor.value(entry.data)),
    previous_hash: last?.hash ?? START,
  };
  const hash = hashOf(row);
  store.db
    .query("INSERT INTO audit_log(seq, destination, at, actor, ref_name, passage_id, previous_passage_id, update_id, hook_id, data_json, previous_hash, hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
    .run(row.seq, row.destination, row.at, row.actor, row.ref_name, row.passage_id, row.previous_passage_id, row.update_id, row.hook_id, row.data_json, row.previous_hash, hash);
  store.db.query("INSERT INTO audit_head(id, seq, hash) VALUES (1, ?, ?) ON CONFLICT(id) DO UPDATE SET seq = excluded.seq, hash = excluded.hash").run(row.seq, hash);
  return { seq: row.seq, hash };
}

export interface AuditFilter {
  readonly destination?: string | undefined;
  readonly ref_name?: string | undefined;
  readonly limit: number;
}

/** Newest first. */
export function listAudit(store: Store, { destination, ref_name, limit }: AuditFilter): AuditEntry[] {
  return store.db
    .query<AuditRow, [string | null, string | null, number]>("SELECT * FROM audit_log WHERE (?1 IS NULL OR destination = ?1) AND (?2 IS NULL OR ref_name = ?2) ORDER BY seq DESC LIMIT ?3")
    .all(destination ?? null, ref_name ?? null, limit)
    .map(toEntry);
}

export interface AuditVerdict {
  readonly rows: number;
  /** Of the newest row: noted elsewhere, it proves later that nothing up to it was changed. */
  readonly head?: string;
  /** The first thing that does not fit. */
  readonly broken?: { readonly seq: number; readonly why: string };
}

/** Follows the chain from its first row. What was cut off at its end shows by the head that each append notes beside it. */
export function verifyAudit(db: Database): AuditVerdict {
  const page = db.query<AuditRow, [number, number]>("SELECT * FROM audit_log WHERE seq > ? ORDER BY seq LIMIT ?");
  let [seq, hash] = [0, START];
  for (let rows = page.all(seq, PAGE); rows.length > 0; rows = page.all(seq, PAGE)) {
    for (const row of rows) {
      const why = problemOf(row, seq, hash);
      if (why !== undefined) return { rows: seq, broken: { seq: row.seq, why } };
      [seq, hash] = [row.seq, row.hash];
    }
  }
  const head = db.query<{ seq: number; hash: string }, []>("SELECT seq, hash FROM audit_head").get();
  if (head !== null && head.seq !== seq) return { rows: seq, broken: { seq: seq + 1, why: `the rows from ${seq + 1} to ${head.seq} are missing` } };
  if ((head?.hash ?? START) !== hash) return { rows: seq, broken: { seq, why: "it is not the row that was appended last" } };
  return { rows: seq, ...(seq === 0 ? {} : { head: hash }) };
}

function problemOf({ hash, ...row }: AuditRow, before: number, previous: string): string | undefined {
  if (row.seq !== before + 1) return row.seq === before + 2 ? `row ${before + 1} is missing before it` : `the rows from ${before + 1} to ${row.seq - 1} are missing before it`;
  if (row.previous_hash !== previous) return "it does not follow the row before it";
  return hashOf(row) === hash ? undefined : "it was changed after it was written";
}

function hashOf(row: Omit<AuditRow, "hash">): string {
  const { previous_hash, seq, destination, at, actor, ref_name, passage_id, previous_passage_id, update_id, hook_id, data_json } = row;
  return new Bun.CryptoHasher("sha256").update(JSON.stringify([previous_hash, seq, destination, at, actor, ref_name, passage_id, previous_passage_id, update_id, hook_id, data_json])).digest("hex");
}

function toEntry({ data_json, ...row }: AuditRow): AuditEntry {
  const given = Object.fromEntries(Object.entries(row).filter(([, value]) => value !== null));
  // Every column of AuditEntry that may be missing is NULL then.
  return { ...(given as unknown as Omit<AuditEntry, "data">), data: JSON.parse(data_json) as Record<string, unknown> };
}
