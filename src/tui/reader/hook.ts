import { readFileSync } from "node:fs";
import type { Hook, HookVersion } from "../../engine/core/hook.ts";
import type { Invocation, LogLine } from "../../engine/core/invocation.ts";
import type { LatencyHistogram } from "../../engine/core/latency.ts";
import { bound, mergeHistograms } from "../../engine/core/latency.ts";
import { DAY_MS } from "../../engine/core/retention.ts";
import { driftOf, type Drift } from "../../engine/registry/script-store.ts";
import { loadState } from "../../engine/store/hook-state.ts";
import { versionsOf } from "../../engine/store/hook-versions.ts";
import { hookById } from "../../engine/store/hooks.ts";
import { invocationsOf, logOf } from "../../engine/store/invocation-queries.ts";
import { hookStats, type HookStats } from "../../engine/store/stats.ts";
import { nextDueOf } from "./schedule-line.ts";
import { readHookDay, type HookDay } from "./hook-day.ts";
import type { ReaderHome } from "./reader-home.ts";

export const HOOK_TABS = ["summary", "invocations", "logs", "script", "versions", "state"] as const;

export interface Script {
  readonly text: string;
  /** `source`: the author's file, unchanged since. `bundle`: what runs, as nexus keeps it. */
  readonly of: "source" | "bundle" | "gone";
  readonly path: string;
  readonly drift: Drift;
}

export interface HookDetail {
  readonly hook?: Hook;
  readonly stats?: HookStats;
  /** When its schedule comes next, and when its open breaker lets one invocation through, Unix ms. */
  readonly next_at?: number;
  readonly trial_at?: number;
  readonly day?: HookDay;
  readonly histogram?: readonly { readonly below_ms: number; readonly count: number }[];
  readonly invocations?: readonly Pick<Invocation, "id" | "event_id" | "started_at" | "latency_us" | "outcome" | "reason" | "error" | "result">[];
  readonly logs?: readonly { readonly id: string; readonly event_id: string; readonly at: number; readonly outcome: string; readonly lines: readonly LogLine[]; readonly dropped_bytes: number; readonly error?: string }[];
  readonly script?: Script;
  readonly versions?: readonly (Pick<HookVersion, "id" | "version" | "script_hash" | "created_at" | "creator"> & { readonly script: Script })[];
  readonly state?: Readonly<Record<string, unknown>>;
}

const MOST_INVOCATIONS = 200;
const MOST_LOGS = 50;
const MOST_VERSIONS = 30;
const MOST_SCRIPT_BYTES = 200_000;

export async function readHook(home: ReaderHome, { id, tab, now }: { readonly id: string; readonly tab: string; readonly now: number }): Promise<HookDetail> {
  const { store } = home;
  const hook = hookById(store, id);
  if (hook === undefined) return {};
  switch (tab) {
    case "invocations":
      return { hook, invocations: invocationsOf(store, id, { limit: MOST_INVOCATIONS }).map(({ id: invocation, event_id, started_at, latency_us, outcome, reason, error, result }) => ({ id: invocation, event_id, started_at, latency_us, outcome, ...(reason === undefined ? {} : { reason }), ...(error === undefined ? {} : { error }), ...(result === undefined ? {} : { result }) })) };
    case "logs":
      return { hook, logs: home.seldom(`logs ${id}`, now, () => logsOf(home, id)) };
    case "script":
      return { hook, script: home.seldom(`script ${hook.version.id}`, now, () => scriptOf(hook.version)) };
    case "versions":
      return { hook, versions: home.seldom(`versions ${hook.version.id}`, now, () => scriptedVersions(versionsOf(store, id).toSorted((one, other) => other.version - one.version).slice(0, MOST_VERSIONS))) };
    case "state":
      return { hook, state: loadState(store, hook.version.id) };
    default:
      return { hook, ...home.seldom(`stats ${id}`, now, () => ({ stats: { ...hookStats(store, id, now - DAY_MS), since: 0 }, histogram: histogramOf(home, id, now) })), day: readHookDay(home, { id, now }), ...(await timesOf(home, hook, now)) };
  }
}

async function timesOf(home: ReaderHome, hook: Hook, now: number): Promise<Pick<HookDetail, "next_at" | "trial_at">> {
  const next = hook.status === "active" || hook.status === "paused" ? await nextDueOf(home, hook, now) : undefined;
  const opened = hook.circuit_state === "open" ? hook.circuit_opened_at : undefined;
  return { ...(next === undefined ? {} : { next_at: next }), ...(opened === undefined ? {} : { trial_at: opened + home.config.breaker.cooldown_ms }) };
}

function histogramOf({ stats }: ReaderHome, id: string, now: number): NonNullable<HookDetail["histogram"]> {
  const sum: LatencyHistogram = [];
  for (const { latency_histogram } of stats.buckets(id, now)) mergeHistograms(sum, latency_histogram);
  return sum.map((count, at) => ({ below_ms: bound(at) / 1_000, count }));
}

function logsOf({ store }: ReaderHome, id: string): NonNullable<HookDetail["logs"]> {
  return invocationsOf(store, id, { limit: MOST_INVOCATIONS })
    .flatMap(({ id: invocation, event_id, started_at, outcome, error, stack_trace }) => {
      const log = logOf(store, invocation);
      const why = stack_trace ?? error;
      return log === undefined && why === undefined ? [] : [{ id: invocation, event_id, at: started_at, outcome, lines: log?.lines ?? [], dropped_bytes: log?.dropped_bytes ?? 0, ...(why === undefined ? {} : { error: why }) }];
    })
    .slice(0, MOST_LOGS);
}

/** Each with what can be compared with that of the others: who updates a hook changes its file, so that the file of the version before is gone. */
function scriptedVersions(versions: readonly HookVersion[]): NonNullable<HookDetail["versions"]> {
  const isSource = versions.every((version) => driftOf(version) === "unchanged");
  return versions.map((version) => {
    const { id, version: number, script_hash, created_at, creator } = version;
    return { id, version: number, script_hash, created_at, creator, script: isSource ? scriptOf(version) : bundleOf(version) };
  });
}

/** A bundle is one long line: broken up where statements and blocks begin and end, so that a difference says more than that there is one. */
function bundleOf(version: HookVersion): Script {
  const script = readScript(version.script_path, "bundle", driftOf(version));
  return { ...script, text: script.text.replaceAll(/^\/\/.*$/gm, "").trim().replaceAll(/[{;]|\},?/g, "$&\n") };
}

/** The author's file where it is still what was registered, since it is what they wrote; else the stored bundle, which is what runs. */
function scriptOf(version: HookVersion): Script {
  const drift = driftOf(version);
  return drift === "unchanged" ? readScript(version.source_path, "source", drift) : readScript(version.script_path, "bundle", drift);
}

function readScript(path: string, of: "source" | "bundle", drift: Drift): Script {
  try {
    return { text: readFileSync(path, "utf8").slice(0, MOST_SCRIPT_BYTES), of, path, drift };
  } catch {
    return { text: "", of: "gone", path, drift };
  }
}
