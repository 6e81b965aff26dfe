import { afterEach } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Database, type DatabaseOptions } from "../../../../src/engine/runtime/child/better-sqlite3.ts";

type Db = InstanceType<typeof Database>;

/** Databases and a folder that end with the test. Call it once at the top of a test file. */
export function scratch() {
  const opened: Db[] = [];
  const folders: string[] = [];
  afterEach(() => {
    for (const db of opened.splice(0)) db.close();
    for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
  });
  const open = (filename?: string | Buffer, options?: DatabaseOptions): Db => {
    const db = new Database(filename, options);
    opened.push(db);
    return db;
  };
  const folder = (): string => {
    const path = mkdtempSync(join(tmpdir(), "nexus-better-sqlite3-"));
    folders.push(path);
    return path;
  };
  return { open, folder, memory: (sql = "", options?: DatabaseOptions) => open(":memory:", options).exec(sql) };
}

/** What a call throws, as `Name [CODE]: message`; `returned` when it does not throw. */
export function thrownBy(call: () => unknown): string {
  try {
    call();
  } catch (error) {
    if (!(error instanceof Error)) return `not an Error: ${String(error)}`;
    return `${error.name}${"code" in error ? ` ${String(error.code)}` : ""}: ${error.message}`;
  }
  return "returned";
}

/** Calls a method with arguments its types would refuse. */
export function callWith(target: object, method: string, args: unknown[]): unknown {
  return Reflect.apply(Reflect.get(target, method) as () => unknown, target, args);
}
