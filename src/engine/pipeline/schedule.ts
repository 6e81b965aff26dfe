import { formatDuration, parseDuration } from "../core/duration.ts";
import { NexusError } from "../core/errors.ts";
import type { Schedule } from "../core/hook.ts";
import { cronSlots } from "./schedule-cron.ts";
import { everySlots, singleSlot } from "./schedule-slots.ts";
import type { CompiledSchedule } from "./schedule-slots.ts";

/** Below it a schedule is a busy loop, and a slot could not be told from its neighbour in the log. */
const MIN_EVERY_MS = 1_000;

/** Slots looked at for the shortest gap of a cron schedule: more than a week of one that runs every three hours. */
const GAP_SAMPLE = 64;

const ISO_TIME = /^(\d{4})-(\d{2})-(\d{2})T([01]\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d{1,9})?)?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/;

/**
 * Refuses a schedule that cannot be meant, at registration: SCHEDULE_INVALID names the value and what was expected.
 * Returns it compiled as if the hook were created `now` (for "next run at ...").
 */
export async function validateSchedule(schedule: Schedule, { now }: { readonly now: number }): Promise<CompiledSchedule> {
  const compiled = await compileSchedule(schedule, now);
  const first = compiled.next(now);
  if (first === undefined && schedule.at !== undefined) {
    throw invalid(`schedule.at ${JSON.stringify(schedule.at)} is in the past (it is ${new Date(now).toISOString()})`);
  }
  const second = first === undefined ? undefined : compiled.next(first);
  if (schedule.cron !== undefined && second === undefined) {
    throw invalid(`schedule.cron ${JSON.stringify(schedule.cron)} never comes: no date matches all of its fields`);
  }
  if (schedule.jitter !== undefined) checkJitter(schedule.jitter, schedule.at === undefined ? shortestGap(compiled, now) : undefined);
  return compiled;
}

/**
 * The slots of a schedule. `anchor` (Unix ms) is the hook's creation: slots of `every` are `anchor + k * every`, k >= 1.
 * Loads cron-parser only for a cron schedule. Throws SCHEDULE_INVALID.
 */
export async function compileSchedule(schedule: Schedule, anchor: number): Promise<CompiledSchedule> {
  const { cron, every, at, timezone } = schedule;
  const given = Object.entries({ cron, every, at }).flatMap(([name, value]) => (value === undefined ? [] : [name]));
  if (given.length !== 1) {
    throw invalid(`schedule has ${given.length === 0 ? "none" : given.join(" and ")} of cron, every and at; expected exactly one`);
  }
  if (cron !== undefined) return await cronSlots(cron, timezone ?? "UTC");
  if (timezone !== undefined) {
    throw invalid(`schedule.timezone ${JSON.stringify(timezone)} has no meaning with ${given[0]}; it belongs to cron`, "remove timezone, or use cron");
  }
  if (every === undefined) return singleSlot(parseTime(at ?? ""));
  const interval = parseDuration(every, "schedule.every", "SCHEDULE_INVALID");
  if (interval < MIN_EVERY_MS) throw invalid(`schedule.every ${JSON.stringify(every)} is shorter than the minimum of ${formatDuration(MIN_EVERY_MS)}`);
  return everySlots(interval, anchor);
}

/** Unix ms of an ISO 8601 time that says its offset: without one it would depend on the machine it is read on. */
function parseTime(text: string): number {
  const match = ISO_TIME.exec(text);
  const time = match === null ? Number.NaN : Date.parse(text);
  // Date.parse may read 30 February as 2 March.
  const realDay = match !== null && new Date(Date.UTC(Number(match[1]), Number(match[2]) - 1, Number(match[3]))).getUTCDate() === Number(match[3]);
  if (Number.isNaN(time) || !realDay || Number(match?.[2]) > 12) {
    throw invalid(
      `schedule.at ${JSON.stringify(text.slice(0, 60))} is not an ISO 8601 time with an offset; expected a form such as 2027-03-01T09:00:00Z or 2027-03-01T09:00:00+01:00`,
      /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d+)?)?$/.test(text) ? `add the offset: ${text}Z for UTC` : undefined,
    );
  }
  return time;
}

function shortestGap(compiled: CompiledSchedule, now: number): number {
  let shortest = Infinity;
  let last = compiled.next(now);
  for (let seen = 0; seen < GAP_SAMPLE && last !== undefined; seen++) {
    const slot = compiled.next(last);
    if (slot !== undefined) shortest = Math.min(shortest, slot - last);
    last = slot;
  }
  return shortest;
}

/** A jitter as long as the interval would let a slot run after its successor. */
function checkJitter(jitter: string, interval: number | undefined): void {
  const longest = parseDuration(jitter, "schedule.jitter", "SCHEDULE_INVALID");
  if (interval !== undefined && longest >= interval) {
    throw invalid(`schedule.jitter ${JSON.stringify(jitter)} must be shorter than the time between two slots, which is ${formatDuration(interval)}`);
  }
}

function invalid(message: string, hint?: string): NexusError {
  return new NexusError("SCHEDULE_INVALID", message, hint === undefined ? {} : { hint });
}
