import type { HomeFacts } from "../store/home-facts.ts";

/** `down`: no daemon, or one that shows no sign of life. `failing`: it does not do its work. `degraded`: not all of it. */
export const GRADES = ["healthy", "degraded", "failing", "down"] as const;
export type Grade = (typeof GRADES)[number];

/** One side of the verdict, with the figures it rests on. */
export interface Finding {
  readonly side: "liveness" | "flow" | "execution" | "storage";
  readonly grade: Grade;
  readonly evidence: string;
}

export interface Health {
  readonly verdict: Grade;
  readonly findings: readonly Finding[];
}

const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;
const MB = 1_048_576;
/** An idle daemon commits its timer's beat once a minute; after two and a half it is silent. */
const SILENT_MS = 150 * SECOND_MS;
/** It looks for new events 40 times a second: one that waits for so long, with no commit since, waits for nobody. */
const UNHEARD_MS = 10 * SECOND_MS;
const BEHIND_MS = MINUTE_MS;
const FAR_BEHIND_MS = 10 * MINUTE_MS;
/** So many holds are named; `nexus sources list` has all. */
const HOLDS_NAMED = 5;
/** Below so many invocations an hour a share says nothing. */
const ENOUGH = 10;
const MANY_ERRORS = 0.05;
const MOSTLY_ERRORS = 0.5;
const LITTLE_DISK = 512 * MB;
const NO_DISK = 64 * MB;

/** Judges a home by its figures. */
export function judge(facts: HomeFacts): Health {
  const findings = [liveness(facts), flow(facts), execution(facts), storage(facts)];
  const verdict = GRADES[Math.max(...findings.map(({ grade }) => GRADES.indexOf(grade)))] ?? "healthy";
  return { verdict, findings };
}

function liveness({ now, daemon, backlog }: HomeFacts): Finding {
  const side = "liveness";
  if (daemon === undefined) return { side, grade: "down", evidence: "no daemon runs; `nexus serve` starts one" };
  const beat = daemon.heartbeat_at ?? daemon.started_at;
  const silent = now - beat;
  const who = `pid ${daemon.pid}`;
  if (daemon.stopped) return { side, grade: "down", evidence: `${who} is stopped (SIGSTOP), last commit ${span(silent)} ago` };
  const unheard = backlog.oldest_at !== undefined && backlog.oldest_at > beat && now - backlog.oldest_at > UNHEARD_MS;
  if (silent > SILENT_MS || unheard) return { side, grade: "down", evidence: `${who} does not answer: last commit ${span(silent)} ago` };
  return { side, grade: "healthy", evidence: `${who}, up ${span(now - daemon.started_at)}, last commit ${span(silent)} ago` };
}

/** A hold is somebody's will, and a duty left open: it shows until the source is released. */
function flow({ now, backlog, sources }: HomeFacts): Finding {
  const side = "flow";
  const holds = sources.map(({ source, held_at, reason, waiting }) => {
    if (held_at === undefined) return `${source} was released: ${count(waiting, "event")} on the way`;
    return `${source} is held for ${span(now - held_at)}${reason === undefined ? "" : ` (${reason.replaceAll(/\s+/g, " ")})`}: ${count(waiting, "event")} waiting`;
  });
  const some = [...holds.slice(0, HOLDS_NAMED), ...(holds.length > HOLDS_NAMED ? [`${holds.length - HOLDS_NAMED} more sources with a hold`] : [])];
  const held = sources.some(({ held_at }) => held_at !== undefined);
  const age = backlog.oldest_at === undefined ? 0 : now - backlog.oldest_at;
  const grade = age > FAR_BEHIND_MS ? "failing" : age > BEHIND_MS || held ? "degraded" : "healthy";
  const behind = backlog.oldest_at === undefined ? (holds.length === 0 ? ["every event is evaluated"] : []) : [`${count(backlog.events, "event")} not evaluated, the oldest for ${span(age)}`];
  return { side, grade, evidence: [...behind, ...some].join("; ") };
}

function execution({ hooks, last_hour, dispatches, refs }: HomeFacts): Finding {
  const side = "execution";
  const broken = hooks.paused + hooks.errored;
  const { invocations, errors } = last_hour;
  const share = invocations < ENOUGH ? 0 : errors / invocations;
  const allBroken = broken > 0 && hooks.active === 0;
  const unanswered = dispatches.failed_last_hour + dispatches.lost_last_hour + dispatches.dead_last_hour + refs.webhooks_dead_last_hour + refs.runs_failed_last_hour;
  const grade = allBroken || share >= MOSTLY_ERRORS ? "failing" : broken > 0 || unanswered > 0 || share >= MANY_ERRORS ? "degraded" : "healthy";
  const parts = [
    `${count(hooks.active, "hook")} active`,
    ...(hooks.paused === 0 ? [] : [`${hooks.paused} paused`]),
    ...(hooks.errored === 0 ? [] : [`${hooks.errored} errored`]),
    `${errors} of ${invocations} failed in the last hour`,
    ...(dispatches.running === 0 ? [] : [`${count(dispatches.running, "turn")} running`]),
    ...(dispatches.pending === 0 ? [] : [`${dispatches.pending} to dispatch`]),
    ...(dispatches.failed_last_hour === 0 ? [] : [`${dispatches.failed_last_hour} of the dispatches of the last hour failed`]),
    ...(dispatches.lost_last_hour === 0 ? [] : [`${dispatches.lost_last_hour} of the last hour dropped or expired`]),
    ...(dispatches.dead_last_hour === 0 ? [] : [`${count(dispatches.dead_last_hour, "dead letter")} in the last hour`]),
    ...(refs.runs_running + refs.runs_pending === 0 ? [] : [`${count(refs.runs_running + refs.runs_pending, "run")} to be done`]),
    ...(refs.webhooks_pending === 0 ? [] : [`${count(refs.webhooks_pending, "webhook")} to be sent`]),
    ...(refs.runs_failed_last_hour === 0 ? [] : [`${refs.runs_failed_last_hour} of the runs of the last hour failed`]),
    ...(refs.webhooks_dead_last_hour === 0 ? [] : [`${refs.webhooks_dead_last_hour} of the webhooks of the last hour could not be sent`]),
  ];
  return { side, grade, evidence: parts.join(", ") };
}

function storage({ storage: { used_bytes, max_bytes, wal_bytes, wal_limit_bytes, disk_free_bytes }, daemon, now }: HomeFacts): Finding {
  const side = "storage";
  const over = used_bytes > max_bytes || wal_bytes > wal_limit_bytes;
  const free = disk_free_bytes ?? Number.POSITIVE_INFINITY;
  const grade = daemon?.trouble !== undefined || free < NO_DISK ? "failing" : over || free < LITTLE_DISK ? "degraded" : "healthy";
  const parts = [
    ...(daemon?.trouble === undefined ? [] : [`takes no events since ${span(now - daemon.trouble.since)}: ${daemon.trouble.message} [${daemon.trouble.code}]`]),
    `${bytes(used_bytes)} of ${bytes(max_bytes)}`,
    `log ${bytes(wal_bytes)} of ${bytes(wal_limit_bytes)}`,
    ...(disk_free_bytes === undefined ? [] : [`${bytes(disk_free_bytes)} free`]),
  ];
  return { side, grade, evidence: parts.join(", ") };
}

/** `12.3 MB`, in units of 1 024. */
export function bytes(value: number): string {
  const units = ["KB", "MB", "GB", "TB", "PB"];
  let amount = value / 1_024;
  let unit = 0;
  while (amount >= 1_000 && unit < units.length - 1) {
    amount /= 1_024;
    unit += 1;
  }
  return `${amount < 100 ? Number(amount.toFixed(1)) : Math.round(amount)} ${units[unit] ?? ""}`;
}

/** `4s`, `3m`, `2h 5m`, `12d`. */
export function span(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / SECOND_MS));
  if (seconds < 60) return `${seconds}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes}m`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours}h ${minutes % 60}m` : `${Math.floor(hours / 24)}d`;
}

function count(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? "" : "s"}`;
}
