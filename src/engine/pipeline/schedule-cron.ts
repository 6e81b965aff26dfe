import type { CronExpression } from "cron-parser";
import { NexusError } from "../core/errors.ts";
import { compiled } from "./schedule-slots.ts";
import type { CompiledSchedule } from "./schedule-slots.ts";
import { zoneClock } from "./zone-clock.ts";
import type { Transition, ZoneClock } from "./zone-clock.ts";

const DAY_MS = 86_400_000;

const FIELDS_HINT = "five fields are minute hour day-of-month month day-of-week, six begin with the second; for example `0 9 * * 1-5`";

/**
 * Slots of a cron expression of five or six fields (or `@daily` and its kin) in an IANA zone.
 *
 * cron-parser says which wall-clock times match, in UTC, where every day has 24 hours; which instants those are is
 * decided here, by cron-parser's own rules for zones with whole-hour changes. Given the zone itself, 5.10.5 skips
 * Lord Howe's half-hour gap and finds no slot of `15 1 * * *` there, and it answers otherwise when it is started
 * inside a repeated hour. The rules:
 *
 * - an expression with all 24 hours follows the wall clock: nothing in a skipped hour, every time in a repeated one;
 * - otherwise a time that is skipped runs once, later by the length of the gap (02:30 → 03:30), and a time that
 *   comes twice runs the first time.
 *
 * Throws SCHEDULE_INVALID for what is not such an expression or zone.
 */
export async function cronSlots(expression: string, timezone: string): Promise<CompiledSchedule> {
  const zone = zoneClock(timezone);
  const walls = await wallTimes(expression);
  // A sleeping daemon asks the same question of every schedule at each wake-up.
  let answer: { readonly after: number; readonly slot: number | undefined } | undefined;
  return compiled({
    next(after) {
      if (answer === undefined || after < answer.after || after >= (answer.slot ?? Infinity)) answer = { after, slot: nextSlot(walls, zone, after) };
      return answer.slot;
    },
    count: (after, until) => countSlots(walls, zone, after, until),
  });
}

/** Wall-clock times, written as if they were UTC: ms. */
interface WallTimes {
  /** All 24 hours match. */
  readonly everyHour: boolean;
  next(after: number): number | undefined;
  /** How many have `after < wall <= until`; costs one check a day. */
  count(after: number, until: number): number;
}

function nextSlot(walls: WallTimes, zone: ZoneClock, after: number): number | undefined {
  for (let last = after; ; ) {
    const offset = zone.offsetAt(last + 1);
    const change = walls.everyHour ? undefined : zone.firstTransition(last + 1 - DAY_MS, last + 1);
    const regular = walls.next(afterRepeated(change, last + offset));
    if (regular === undefined) return undefined;
    const slot = Math.min(regular - offset, (change === undefined ? undefined : nextSkipped(walls, change, last)) ?? Infinity);
    const ahead = zone.firstTransition(last + 1, slot);
    if (ahead === undefined) return slot;
    last = ahead.at - 1;
  }
}

/** What the hour before a change of the clock already ran is not run again after it. */
function afterRepeated(change: Transition | undefined, wall: number): number {
  return change === undefined ? wall : Math.max(wall, change.at + change.before - 1);
}

/** The first slot after `last` of a wall-clock time that the clock skipped, if there is one. */
function nextSkipped(walls: WallTimes, change: Transition, last: number): number | undefined {
  const wall = walls.next(Math.max(last, change.at - 1) + change.before);
  return wall !== undefined && wall < change.at + change.after ? wall - change.before : undefined;
}

function countSlots(walls: WallTimes, zone: ZoneClock, after: number, until: number): number {
  let total = 0;
  let change = walls.everyHour ? undefined : zone.firstTransition(after + 1 - DAY_MS, after + 1);
  for (let last = after; last < until; ) {
    const offset = zone.offsetAt(last + 1);
    const ahead = zone.firstTransition(last + 1, until);
    const end = ahead === undefined ? until : ahead.at - 1;
    const from = afterRepeated(change, last + offset);
    if (end + offset > from) total += walls.count(from, end + offset);
    if (change !== undefined) total += countSkipped(walls, change, last, end);
    if (!walls.everyHour) change = ahead;
    last = end;
  }
  return total;
}

/** Slots of skipped times in `(last, end]` that no regular time falls on. */
function countSkipped(walls: WallTimes, change: Transition, last: number, end: number): number {
  let total = 0;
  for (let slot = nextSkipped(walls, change, last); slot !== undefined && slot <= end; slot = nextSkipped(walls, change, slot)) {
    if (walls.next(slot + change.after - 1) !== slot + change.after) total += 1;
  }
  return total;
}

async function wallTimes(expression: string): Promise<WallTimes> {
  const cron = await parseCron(expression);
  const seconds = cron.fields.second.values.map(Number);
  const minutes = cron.fields.minute.values.map(Number);
  const hours = cron.fields.hour.values.map(Number);
  const perDay = hours.length * minutes.length * seconds.length;
  const first = ((hours[0] ?? 0) * 3_600 + (minutes[0] ?? 0) * 60 + (seconds[0] ?? 0)) * 1_000;
  const matches = (day: number): boolean => cron.includesDate(new Date(day * DAY_MS + first));

  /** How many of its day's times are at or before `wall`. */
  const passedToday = (wall: number): number => {
    const day = Math.floor(wall / DAY_MS);
    if (!matches(day)) return 0;
    const second = Math.floor((wall - day * DAY_MS) / 1_000);
    const [hour, minute] = [Math.floor(second / 3_600), Math.floor(second / 60) % 60];
    const inHour = hours.includes(hour) ? below(minutes, minute) * seconds.length + (minutes.includes(minute) ? below(seconds, (second % 60) + 1) : 0) : 0;
    return below(hours, hour) * minutes.length * seconds.length + inHour;
  };

  return {
    everyHour: hours.length === 24,
    next(after) {
      cron.reset(new Date(after));
      try {
        return cron.next().getTime();
      } catch {
        // Its bounded search ended: no such time within the next centuries.
        return undefined;
      }
    },
    count(after, until) {
      let total = passedToday(until) - passedToday(after);
      for (let day = Math.floor(after / DAY_MS); day < Math.floor(until / DAY_MS); day++) if (matches(day)) total += perDay;
      return total;
    },
  };
}

function below(values: readonly number[], limit: number): number {
  let count = 0;
  for (const value of values) if (value < limit) count += 1;
  return count;
}

async function parseCron(expression: string): Promise<CronExpression> {
  const written = expression.trim();
  const shown = JSON.stringify(written.length > 80 ? `${written.slice(0, 80)}…` : written);
  // cron-parser reads an empty string as `* * * * *`, and fills in fields that are missing.
  if (written === "") throw new NexusError("SCHEDULE_INVALID", "schedule.cron is empty; expected a cron expression", { hint: FIELDS_HINT });
  const fields = written.split(/\s+/).length;
  if (!written.startsWith("@") && fields !== 5 && fields !== 6) {
    throw new NexusError("SCHEDULE_INVALID", `schedule.cron ${shown} has ${fields} field${fields === 1 ? "" : "s"}; expected five or six`, { hint: FIELDS_HINT });
  }
  // An H is drawn anew in every process: the slots would move with each restart.
  if (/(?<![A-Za-z])H(?![A-Za-z])/.test(written)) {
    throw new NexusError("SCHEDULE_INVALID", `schedule.cron ${shown} uses H, which is not supported`, { hint: "spread the load with schedule.jitter" });
  }
  // luxon, which cron-parser stands on, costs 10 ms: only who has a cron schedule pays for it.
  const { CronExpressionParser } = await import("cron-parser");
  try {
    return CronExpressionParser.parse(written, { tz: "UTC" });
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new NexusError("SCHEDULE_INVALID", `schedule.cron ${shown} is not a possible cron expression: ${reason}`, { hint: FIELDS_HINT, cause });
  }
}
