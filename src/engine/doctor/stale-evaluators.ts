import { lstatSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";

/** An evaluator that is just starting has its folder for a moment without being in it. */
const STALE_MS = 60_000;

/**
 * Folders of evaluators whose daemon was killed. The folder may be another daemon's, of another home: it is stale only
 * when no socket in it is bound and no process stands in it, which only Linux tells; elsewhere nothing is said.
 */
export function staleEvaluators(temporary: string, now: number): string[] {
  const candidates = candidatesIn(temporary, now);
  if (candidates.length === 0) return [];
  const inUse = placesInUse();
  if (inUse === undefined) return [];
  return candidates.filter((path) => !inUse.some((place) => place === path || place.startsWith(`${path}/`) || place.startsWith(`${path} `)));
}

function candidatesIn(temporary: string, now: number): string[] {
  let names: string[];
  try {
    names = readdirSync(temporary).sort();
  } catch {
    return [];
  }
  return names
    .filter((name) => name.startsWith("nexus-ev-"))
    .map((name) => join(temporary, name))
    .filter((path) => {
      const found = lstatSync(path, { throwIfNoEntry: false });
      return found !== undefined && found.isDirectory() && found.uid === process.getuid?.() && now - found.mtimeMs > STALE_MS;
    });
}

/** Paths of bound sockets and of processes' working folders. */
function placesInUse(): string[] | undefined {
  let sockets: string;
  let pids: string[];
  try {
    sockets = readFileSync("/proc/net/unix", "utf8");
    pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  } catch {
    return undefined;
  }
  const folders = pids.flatMap((pid) => {
    try {
      return [readlinkSync(`/proc/${pid}/cwd`)];
    } catch {
      // It ended meanwhile, or is another user's, who cannot have made a folder of ours.
      return [];
    }
  });
  return [...sockets.split("\n").flatMap((line) => line.match(/ (\/.*)$/)?.[1] ?? []), ...folders];
}
