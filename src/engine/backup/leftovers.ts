import { randomBytes } from "node:crypto";
import { readdirSync } from "node:fs";
import { join } from "node:path";

/** Unfinished files of backups and restores: they never have a final name, and name the process that makes them. */
const NAME = /^\.nexus-(?:backup|restore)-(\d+)-[0-9a-f]{8}\.tmp(?:-journal|-wal|-shm)?$/;

export function unfinishedName(kind: "backup" | "restore"): string {
  return `.nexus-${kind}-${process.pid}-${randomBytes(4).toString("hex")}.tmp`;
}

/** Those in a folder whose process is gone: killed before it could remove them. */
export function leftovers(folder: string, except: readonly string[] = []): string[] {
  let names: string[];
  try {
    names = readdirSync(folder);
  } catch {
    return [];
  }
  return names.filter((name) => !except.includes(name) && isDead(Number(NAME.exec(name)?.[1] ?? "0"))).map((name) => join(folder, name));
}

/** False for 0, which is no process: not one of these names. */
function isDead(pid: number): boolean {
  if (pid === 0 || pid === process.pid) return false;
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return error instanceof Error && Reflect.get(error, "code") === "ESRCH";
  }
}
