import type { RefOverlay } from "../../core/ref.ts";
import type { Ledger } from "./ledger.ts";

type Fields = Readonly<Record<string, unknown>>;

/** Of one answer. */
const MOST_ROWS = 1_000;

/**
 * `ctx.refs`: what refs, their history and passages are, read from the database at the time of the call. Within an
 * update, what that update has done so far lies over it.
 */
export class Refs {
  readonly #ledger: Ledger;
  readonly #overlay: RefOverlay | undefined;

  constructor(ledger: Ledger, overlay?: RefOverlay) {
    this.#ledger = ledger;
    this.#overlay = overlay;
  }

  readonly get = (name: string): Fields | undefined => {
    const over = this.#overlay?.refs[name];
    if (over === null) return undefined;
    if (over !== undefined) return { name, ...over };
    return this.#rows("SELECT name, passage_id, metadata_json, update_id, created_at, updated_at FROM refs WHERE name = ?", name)[0];
  };

  readonly list = (prefix = "", limit = 100): Fields[] => {
    const most = count(limit);
    const rows = this.#rows("SELECT name, passage_id, metadata_json, update_id, created_at, updated_at FROM refs WHERE name >= ?1 AND name < ?1 || char(1114111) ORDER BY name LIMIT ?2", prefix, most + Object.keys(this.#overlay?.refs ?? {}).length);
    const over = Object.entries(this.#overlay?.refs ?? {}).filter(([name]) => name.startsWith(prefix));
    if (over.length === 0) return rows.slice(0, most);
    const names = new Set(over.map(([name]) => name));
    const written = over.flatMap(([name, ref]) => (ref === null ? [] : [{ name, ...ref }]));
    return [...rows.filter(({ name }) => !names.has(String(name))), ...written].sort((a, b) => (String(a["name"]) < String(b["name"]) ? -1 : 1)).slice(0, most);
  };

  readonly history = (name: string, limit = 20): Fields[] =>
    this.#rows("SELECT id, ref_name, passage_id, previous_passage_id, previous_id, transaction_id, depth, action, hooks, created_at, created_by FROM ref_history WHERE ref_name = ? ORDER BY seq DESC LIMIT ?", name, count(limit));

  readonly passage = (id: string): Fields | undefined =>
    (this.#overlay?.passages[id] as Fields | undefined) ?? this.#rows("SELECT id, content, type, metadata_json, hash, created_at, created_by FROM passages WHERE id = ?", id)[0];

  #rows(sql: string, ...values: readonly unknown[]): Fields[] {
    return (this.#ledger.query(sql, values) as Fields[]).map(({ metadata_json, ...row }) => ({
      ...Object.fromEntries(Object.entries(row).filter(([, value]) => value !== null)),
      ...(typeof metadata_json === "string" ? { metadata: JSON.parse(metadata_json) as unknown } : {}),
    }));
  }
}

function count(limit: number): number {
  return Math.min(MOST_ROWS, Math.max(1, Math.floor(limit) || 1));
}
