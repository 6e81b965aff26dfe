import type { Limits, Schedule, Triggers } from "../engine/core/hook.ts";
import { oneLine } from "./output.ts";

/** What a hook's conditions and limits say, for people. */
export function describeLimits({ throttle, ...limits }: Limits): string {
  const numbers = Object.entries(limits).map(([name, value]) => `${name} ${value}`);
  return [...numbers, ...(throttle === undefined ? [] : [`throttle ${throttle.count} per ${throttle.per_ms} ms`])].join(", ");
}

/** `event.channels imessage or sms, principal.type known` */
export function describeTriggers(triggers: Triggers): string {
  return Object.entries(triggers)
    .flatMap(([subject, given]) => Object.entries(given as Record<string, unknown>).flatMap(([field, value]) => condition(`${subject}.${field}`, value)))
    .join(", ");
}

function condition(path: string, value: unknown): string[] {
  if (Array.isArray(value)) return [`${path} ${value.map(show).join(" or ")}`];
  if (typeof value === "object" && value !== null) return Object.entries(value).flatMap(([key, inner]) => condition(`${path}.${key}`, inner));
  return [`${path} ${show(value)}`];
}

export function describeSchedule({ cron, every, at, timezone, catch_up, jitter }: Schedule): string {
  const when = cron !== undefined ? `cron ${show(cron)}` : every !== undefined ? `every ${every}` : `at ${at ?? "?"}`;
  return [`${when}${timezone === undefined ? "" : ` in ${timezone}`}`, ...(catch_up === undefined ? [] : [`catch-up ${catch_up}`]), ...(jitter === undefined ? [] : [`jitter up to ${jitter}`])].join(", ");
}

/** A plain word as it is; everything else as JSON. */
function show(value: unknown): string {
  return typeof value === "string" && /^[\w.:/@*+-]+$/.test(value) ? value : oneLine(JSON.stringify(value) ?? "-");
}
