import { readFileSync, readdirSync, statfsSync, statSync } from "node:fs";
import { join } from "node:path";
import type { HookStatus } from "../core/hook.ts";
import { HOUR_MS } from "../core/retention.ts";
import { LOG_LIMIT_BYTES } from "./checkpointer.ts";
import { runningDaemon, type DaemonOwner } from "./daemon-lock.ts";
import { brokerFacts, type BrokerFacts } from "./broker-facts.ts";
import { eventsAfter, lastSeq } from "./event-queries.ts";
import { countHooks } from "./hooks.ts";
import { countWaitingOf } from "./held-events.ts";
import { getMeta } from "./meta.ts";
import type { Store } from "./open.ts";
import { refFacts, type RefFacts } from "./ref-facts.ts";
import { databaseSize, type DatabaseSize } from "./retention/database-size.ts";
import { sourceHolds, type SourceHold } from "./source-holds.ts";
import { hookStats } from "./stats.ts";

/** What a home's state is judged by. Times in Unix ms. */
export interface HomeFacts {
  readonly now: number;
  readonly daemon?: {
    readonly pid: number;
    readonly started_at: number;
    /** Why it takes no events. */
    readonly trouble?: DaemonOwner["trouble"];
    /** When it last committed anything, to a few seconds. */
    readonly heartbeat_at?: number;
    /** By a signal; known on Linux. */
    readonly stopped: boolean;
    /** Its children, as far as the system tells. */
    readonly child_pids: readonly number[];
  };
  readonly backlog: { readonly events: number; readonly oldest_at?: number };
  /** Sources with a hold, and those of which something that was held is still on its way. */
  readonly sources: readonly (SourceHold & { readonly waiting: number })[];
  readonly hooks: Readonly<Record<HookStatus, number>>;
  readonly last_hour: { readonly invocations: number; readonly errors: number };
  readonly dispatches: BrokerFacts;
  readonly refs: RefFacts;
  readonly storage: DatabaseSize & {
    readonly max_bytes: number;
    readonly wal_limit_bytes: number;
    readonly scripts_bytes: number;
    readonly scripts: number;
    readonly disk_free_bytes?: number;
  };
  /** Of the tables that grow; of events and invocations computed from what was ever stored and what was removed. */
  readonly rows: { readonly events: number; readonly invocations: number; readonly notices: number };
}

/** Reads no table from end to end but that of the hooks: a millisecond or two, however large the home is; ten with ten thousand hooks. */
export function homeFacts(store: Store, home: string, maxBytes: number, now: number): HomeFacts {
  const { invocations, errors } = hookStats(store, "*", now - HOUR_MS);
  return {
    now,
    ...daemonFacts(store, home),
    backlog: backlogOf(store),
    sources: sourceHolds(store).map((hold) => ({ ...hold, waiting: countWaitingOf(store, hold.source) })),
    hooks: countHooks(store),
    last_hour: { invocations, errors },
    dispatches: brokerFacts(store, now),
    refs: refFacts(store, now),
    storage: { ...databaseSize(store), max_bytes: maxBytes, wal_limit_bytes: LOG_LIMIT_BYTES, ...scriptsOf(store), ...diskFree(home) },
    rows: {
      events: Math.max(0, lastSeq(store) - (getMeta(store, "events_removed") ?? 0)),
      invocations: Math.max(0, span(store, "hook_invocations").last - (getMeta(store, "invocations_removed") ?? 0)),
      notices: span(store, "notices").rows,
    },
  };
}

function backlogOf(store: Store): HomeFacts["backlog"] {
  const cursor = getMeta(store, "eval_cursor") ?? 0;
  const [oldest] = eventsAfter(store, cursor, 1);
  return oldest === undefined ? { events: 0 } : { events: lastSeq(store) - cursor, oldest_at: oldest.received_at };
}

function daemonFacts(store: Store, home: string): Pick<HomeFacts, "daemon"> {
  const daemon = runningDaemon(home);
  if (daemon === undefined) return {};
  const heartbeat = getMeta(store, "heartbeat");
  // A beat from before its start is that of another daemon.
  const beat = heartbeat === undefined || heartbeat < daemon.started_at ? {} : { heartbeat_at: heartbeat };
  return { daemon: { ...daemon, ...beat, stopped: isStopped(daemon.pid), child_pids: childrenOf(daemon.pid) } };
}

/** The third field of /proc/PID/stat, behind the name in parentheses. */
function isStopped(pid: number): boolean {
  const text = readIfThere(`/proc/${pid}/stat`);
  return text.slice(text.lastIndexOf(")") + 2).startsWith("T");
}

function childrenOf(pid: number): number[] {
  return readIfThere(`/proc/${pid}/task/${pid}/children`).split(" ").map(Number).filter((child) => child > 0);
}

/** Rows of a table whose rows go from the oldest on. */
function span(store: Store, table: "hook_invocations" | "notices"): { readonly last: number; readonly rows: number } {
  const row = store.db.query<{ first: number | null; last: number | null }, []>(`SELECT (SELECT min(rowid) FROM ${table}) AS first, (SELECT max(rowid) FROM ${table}) AS last`).get();
  const last = row?.last ?? 0;
  return { last, rows: last === 0 ? 0 : last - (row?.first ?? 0) + 1 };
}

function scriptsOf(store: Store): { readonly scripts: number; readonly scripts_bytes: number } {
  const names = readdirSync(store.hooksFolder).filter((name) => name.endsWith(".mjs"));
  return { scripts: names.length, scripts_bytes: names.reduce((sum, name) => sum + (statSync(join(store.hooksFolder, name), { throwIfNoEntry: false })?.size ?? 0), 0) };
}

function diskFree(home: string): { readonly disk_free_bytes?: number } {
  try {
    const { bavail, bsize } = statfsSync(home);
    return { disk_free_bytes: bavail * bsize };
  } catch {
    // Not every file system tells.
    return {};
  }
}

function readIfThere(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
