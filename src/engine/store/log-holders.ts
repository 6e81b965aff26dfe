import { readFileSync, statSync } from "node:fs";

/** Bytes of the index of the write-ahead log that a reader of the log locks: read marks 1 to 4 (sqlite.org/walformat.html, 2.2.4). */
const FIRST_MARK = 124;
const LAST_MARK = 127;

/**
 * Pids of the other processes that read from the write-ahead log now, of this process's namespace and those inside it.
 * Undefined where the kernel does not tell (it has no `/proc/locks`).
 */
export function logHolders(database: string): readonly number[] | undefined {
  try {
    return parseHolders(readFileSync("/proc/locks", "latin1"), statSync(`${database}-shm`).ino).filter((pid) => pid !== process.pid);
  } catch {
    return undefined;
  }
}

/** Lines of proc_locks(5): `1: POSIX ADVISORY READ 1234 08:01:5678 124 124`, blocked ones with `->` behind the number. */
export function parseHolders(text: string, inode: number): readonly number[] {
  const pids = new Set<number>();
  for (const line of text.split("\n")) {
    const [, kind, , , pid, file, from, to] = line.split(/\s+/);
    if (kind !== "POSIX" || file === undefined || Number(file.slice(file.lastIndexOf(":") + 1)) !== inode) continue;
    if (Number(from) <= LAST_MARK && Number(to) >= FIRST_MARK && Number(pid) > 0) pids.add(Number(pid));
  }
  return [...pids];
}
