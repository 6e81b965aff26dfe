import { NexusError } from "../core/errors.ts";
import type { Passage, Scope, ScopeDefinition } from "../core/ref.ts";
import { refGlob } from "../core/ref-glob.ts";
import type { Store } from "./open.ts";
import { passageOfRow, type PassageRow } from "./passages.ts";

interface ScopeRow {
  readonly name: string;
  readonly definition_json: string;
  readonly version: number;
  readonly refreshed_at: number | null;
  readonly created_at: number;
  readonly updated_at: number;
}

/** A passage of a scope, and the ref by which it came there, if by one. */
export interface ScopePassage {
  readonly passage: Passage;
  readonly ref_name?: string;
}

/** Inside a transaction. */
export function insertScope(store: Store, { name, definition, created_at }: Pick<Scope, "name" | "definition" | "created_at">): void {
  store.db.query("INSERT INTO scopes(name, definition_json, created_at, updated_at) VALUES (?1, ?2, ?3, ?3)").run(name, JSON.stringify(definition), created_at);
}

/** Inside a transaction. */
export function deleteScope(store: Store, name: string): void {
  store.db.query("DELETE FROM scope_passages WHERE scope_name = ?").run(name);
  store.db.query("DELETE FROM scopes WHERE name = ?").run(name);
}

export function scopeByName(store: Store, name: string): Scope | undefined {
  const row = store.db.query<ScopeRow, [string]>("SELECT * FROM scopes WHERE name = ?").get(name);
  return row === null ? undefined : toScope(row);
}

/** By name. */
export function listScopes(store: Store, limit: number): Scope[] {
  return store.db.query<ScopeRow, [number]>("SELECT * FROM scopes ORDER BY name LIMIT ?").all(limit).map(toScope);
}

/** What its present version resolved to, in its order. */
export function scopePassages(store: Store, name: string): ScopePassage[] {
  return store.db
    .query<PassageRow & { ref_name: string | null }, [string]>("SELECT p.*, s.ref_name FROM scope_passages s JOIN passages p ON p.id = s.passage_id WHERE s.scope_name = ? ORDER BY s.position")
    .all(name)
    .map(({ ref_name, ...row }) => ({ passage: passageOfRow(row), ...(ref_name === null ? {} : { ref_name }) }));
}

/** Inside a transaction: resolves it anew, and its version grows. Throws SCOPE_NOT_FOUND. */
export function refreshScope(store: Store, name: string, at: number): { readonly version: number; readonly passages: number } {
  const scope = scopeByName(store, name);
  if (scope === undefined) throw new NexusError("SCOPE_NOT_FOUND", `there is no scope ${JSON.stringify(name)}`, { next: ["nexus scopes list"] });
  const found = resolve(store, scope.definition);
  store.db.query("DELETE FROM scope_passages WHERE scope_name = ?").run(name);
  const insert = store.db.query("INSERT INTO scope_passages(scope_name, position, passage_id, ref_name) VALUES (?, ?, ?, ?)");
  for (const [position, { id, ref_name }] of found.entries()) insert.run(name, position, id, ref_name ?? null);
  const version = scope.version + 1;
  store.db.query("UPDATE scopes SET version = ?, refreshed_at = ?, updated_at = ? WHERE name = ?").run(version, at, at, name);
  return { version, passages: found.length };
}

interface Found {
  readonly id: string;
  readonly ref_name?: string;
}

const WANTED = `(?1 IS NULL OR p.type IN (SELECT value FROM json_each(?1)))
  AND NOT EXISTS (SELECT 1 FROM json_each(?2) t WHERE t.value NOT IN (SELECT value FROM json_each(p.metadata_json, '$.tags')))`;

function resolve(store: Store, { refs, types, tags = [], limit }: ScopeDefinition): Found[] {
  const wanted = [types === undefined ? null : JSON.stringify(types), JSON.stringify(tags)] as const;
  if (refs === undefined) {
    return store.db.query<{ id: string }, [string | null, string, number]>(`SELECT p.id FROM passages p WHERE ${WANTED} ORDER BY p.rowid DESC LIMIT ?3`).all(...wanted, limit);
  }
  const found = new Map<string, Found>();
  const named = store.db.query<{ id: string; ref_name: string }, [string | null, string, string]>(
    `SELECT p.id, r.name AS ref_name FROM refs r JOIN passages p ON p.id = r.passage_id WHERE r.name >= ?3 AND r.name < ?3 || char(1114111) AND ${WANTED} ORDER BY r.name`,
  );
  for (const { match, start } of refs.map(refGlob)) for (const row of named.iterate(...wanted, start)) if (match(row.ref_name)) found.set(row.ref_name, row);
  const seen = new Set<string>();
  const inOrder = [...found.values()].sort((a, b) => ((a.ref_name ?? "") < (b.ref_name ?? "") ? -1 : 1));
  return inOrder.filter(({ id }) => !seen.has(id) && seen.add(id)).slice(0, limit);
}

function toScope({ definition_json, refreshed_at, ...row }: ScopeRow): Scope {
  return { ...row, definition: JSON.parse(definition_json) as ScopeDefinition, ...(refreshed_at === null ? {} : { refreshed_at }) };
}
