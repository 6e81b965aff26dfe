import { statSync } from "node:fs";
import { setMeta } from "../meta.ts";
import type { Store } from "../open.ts";

export interface DatabaseSize {
  /** Of the file, its free pages included. */
  readonly bytes: number;
  /** What rows and indexes take. */
  readonly used_bytes: number;
  /** Pages that rows left, and that new ones will take. */
  readonly free_bytes: number;
  /** The file of the write-ahead log. */
  readonly wal_bytes: number;
  /** Whether free pages can be given back in small steps. A home from before that can be converted. */
  readonly incremental_vacuum: boolean;
}

const INCREMENTAL = 2;

export function databaseSize(store: Store): DatabaseSize {
  const page = pragma(store, "page_size");
  const pages = pragma(store, "page_count");
  const free = pragma(store, "freelist_count");
  return {
    bytes: pages * page,
    used_bytes: (pages - free) * page,
    free_bytes: free * page,
    wal_bytes: sizeOf(`${store.path}-wal`),
    incremental_vacuum: pragma(store, "auto_vacuum") === INCREMENTAL,
  };
}

/** Inside a transaction: moves pages from the end of the file into free ones and cuts it off. Returns how many bytes went. */
export function releaseBytes(store: Store, bytes: number): number {
  const page = pragma(store, "page_size");
  const before = pragma(store, "page_count");
  // Each step of the statement frees one page, so it must be run to its end.
  store.db.query(`PRAGMA incremental_vacuum(${Math.ceil(bytes / page)})`).all();
  return (before - pragma(store, "page_count")) * page;
}

/**
 * Converts a home that was made without it: rewrites the database, which takes as much space again and stops every
 * writer meanwhile, so only with no daemon running. Returns the sizes before and after.
 */
export function enableIncrementalVacuum(store: Store): { readonly before: DatabaseSize; readonly after: DatabaseSize } {
  const before = databaseSize(store);
  if (before.incremental_vacuum) return { before, after: before };
  store.db.run(`PRAGMA auto_vacuum = ${INCREMENTAL}`);
  store.db.run("VACUUM");
  // It may number the rows anew, and the count of invocations comes from their numbers.
  const row = store.db.query<{ last: number | null; n: number }, []>("SELECT max(rowid) AS last, count(*) AS n FROM hook_invocations").get();
  store.write(() => setMeta(store, "invocations_removed", (row?.last ?? 0) - (row?.n ?? 0)));
  return { before, after: databaseSize(store) };
}

type Pragma = "page_size" | "page_count" | "freelist_count" | "auto_vacuum";

function pragma(store: Store, name: Pragma): number {
  return store.db.query<Record<Pragma, number>, []>(`PRAGMA ${name}`).get()?.[name] ?? 0;
}

function sizeOf(path: string): number {
  try {
    return statSync(path).size;
  } catch {
    // No log: nothing was written since it was last removed.
    return 0;
  }
}
