import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";

/** What a daemon, with the evaluators under it, holds at one moment. Memory and sizes in KiB. Linux. */
export interface ProcessSample {
  readonly ms: number;
  readonly daemon_rss: number;
  readonly daemon_fds: number;
  readonly daemon_threads: number;
  readonly children: number;
  readonly children_rss: number;
  readonly children_fds: number;
  readonly children_threads: number;
  readonly db: number;
  readonly wal: number;
}

/** Undefined when the daemon is gone. */
export function sampleOf(pid: number, home: string, ms: number): ProcessSample | undefined {
  const daemon = holding(pid);
  if (daemon === undefined) return undefined;
  const children = descendants(pid).flatMap((child) => holding(child) ?? []);
  const sum = (key: keyof Holding): number => children.reduce((total, child) => total + child[key], 0);
  return {
    ms: Math.round(ms),
    daemon_rss: daemon.rss,
    daemon_fds: daemon.fds,
    daemon_threads: daemon.threads,
    children: children.length,
    children_rss: sum("rss"),
    children_fds: sum("fds"),
    children_threads: sum("threads"),
    db: sizeOf(join(home, "state", "nexus.db")),
    wal: sizeOf(join(home, "state", "nexus.db-wal")),
  };
}

interface Holding {
  readonly rss: number;
  readonly threads: number;
  readonly fds: number;
}

function holding(pid: number): Holding | undefined {
  try {
    const status = readFileSync(`/proc/${pid}/status`, "utf8");
    const field = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(status)?.[1] ?? 0);
    return { rss: field("VmRSS"), threads: field("Threads"), fds: readdirSync(`/proc/${pid}/fd`).length };
  } catch {
    return undefined;
  }
}

function descendants(pid: number): number[] {
  const parents = new Map<number, number[]>();
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const parent = parentOf(Number(name));
    if (parent !== undefined) parents.set(parent, [...(parents.get(parent) ?? []), Number(name)]);
  }
  const found: number[] = [];
  for (const waiting = [...(parents.get(pid) ?? [])]; waiting.length > 0; ) {
    const child = waiting.pop() ?? 0;
    found.push(child);
    waiting.push(...(parents.get(child) ?? []));
  }
  return found;
}

function parentOf(pid: number): number | undefined {
  try {
    return Number(/\) \S (\d+)/.exec(readFileSync(`/proc/${pid}/stat`, "utf8"))?.[1]);
  } catch {
    return undefined;
  }
}

function sizeOf(path: string): number {
  try {
    return Math.round(statSync(path).size / 1_024);
  } catch {
    return 0;
  }
}
