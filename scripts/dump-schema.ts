import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openStore } from "../src/engine/store/open.ts";

/** The schema as all migrations leave it, one statement a paragraph, in the order of names. */
export function dumpSchema(): string {
  const home = mkdtempSync(join(tmpdir(), "nexus-schema-"));
  const store = openStore(home);
  try {
    const rows = store.db.query<{ sql: string }, []>("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%' ORDER BY type DESC, name").all();
    return `${rows.map(({ sql }) => `${sql};`).join("\n\n")}\n`;
  } finally {
    store.close();
    rmSync(home, { recursive: true, force: true });
  }
}

export const SCHEMA_PATH = join(import.meta.dir, "..", "test", "schema.sql");

if (import.meta.main) await Bun.write(SCHEMA_PATH, dumpSchema());
