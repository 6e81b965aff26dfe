/**
 * What a hook gets when it imports `better-sqlite3`: the package's documented interface (docs/api.md of
 * WiseLibs/better-sqlite3) on the SQLite inside Bun, because the package's native addon cannot be loaded there (bun#4290).
 */
export { Database } from "./better-sqlite3/database.ts";
export type { DatabaseOptions } from "./better-sqlite3/open-options.ts";
export { SqliteError } from "./better-sqlite3/sqlite-error.ts";
