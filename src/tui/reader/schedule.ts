import { asNexusError, NexusError } from "../../engine/core/errors.ts";
import { DAY_MS } from "../../engine/core/retention.ts";
import { listHooks } from "../../engine/store/hooks.ts";
import { slotsOfStatus, type Slot, type SlotStatus } from "../../engine/store/slots.ts";
import { standingById, standingOf, type HookStanding } from "./hook-standing.ts";
import type { ReaderHome } from "./reader-home.ts";
import { scheduleLine, type ScheduleLine } from "./schedule-line.ts";

export const SCHEDULE_TABS = ["next 24 hours", "missed", "past"] as const;

/** What is due: one slot, or, of a schedule that comes often, how many and the first. */
export interface Due {
  readonly hook_id: string;
  readonly hook: string;
  readonly status: string;
  readonly reason?: string;
  readonly standing: HookStanding;
  readonly at: number;
  readonly count: number;
  readonly every?: string;
  /** Its time has passed, and no daemon has given it out: `catch_up` says what the next one does. */
  readonly overdue?: true;
  /** Why nobody can say when: its schedule cannot be read on this machine. */
  readonly unknown?: string;
}

export interface ScheduleAnswer {
  readonly due?: readonly Due[];
  /** Slots of active hooks in each quarter of an hour from now on. */
  readonly density?: readonly number[];
  readonly slots?: readonly (Slot & { readonly hook: string; readonly standing?: HookStanding })[];
  readonly more: boolean;
}

/** Of one hook: from more on, they are one row. */
const MOST_SINGLE = 12;
const MOST = 500;
const QUARTERS = 96;
const QUARTER_MS = DAY_MS / QUARTERS;
const MISSED: readonly SlotStatus[] = ["missed", "skipped", "late"];
const MISSED_DAYS = 7;

export async function readSchedule(home: ReaderHome, { tab, now }: { readonly tab: string; readonly now: number }): Promise<ScheduleAnswer> {
  if (tab === "missed") return slotsOf(home, MISSED, now - MISSED_DAYS * DAY_MS);
  if (tab === "past") return slotsOf(home, ["ran", "late"], 0);
  const due: Due[] = [];
  const density = Array.from({ length: QUARTERS }, () => 0);
  for (const hook of listHooks(home.store)) {
    const named = { hook_id: hook.id, hook: hook.slug, status: hook.status, standing: standingOf(hook), ...(hook.disabled_reason === undefined ? {} : { reason: hook.disabled_reason }) };
    const line = await scheduleLine(home, hook).catch((error: unknown) => asNexusError(error, "its schedule cannot be read"));
    if (line === undefined) continue;
    if (line instanceof NexusError) {
      due.push({ ...named, at: now, count: 0, unknown: line.message });
      continue;
    }
    due.push(...dueOf(named, line, hook.version.metadata.schedule?.every, now));
    if (hook.status === "active") for (let at = 0; at < QUARTERS; at += 1) density[at]! += line.compiled.count(now + at * QUARTER_MS, now + (at + 1) * QUARTER_MS);
  }
  due.sort((one, other) => one.at - other.at);
  return { due: due.slice(0, MOST), density, more: due.length > MOST };
}

/** Those that no daemon has given out, then those that come. */
function dueOf(named: Pick<Due, "hook_id" | "hook" | "status" | "standing" | "reason">, { compiled, after, dueAt, next }: ScheduleLine, every: string | undefined, now: number): Due[] {
  const coming = next(now);
  // By its jitter a slot that has begun may still come; a jitter is shorter than the gap between two.
  const overdue = named.status === "active" ? compiled.count(after, now) - (coming !== undefined && coming <= now ? 1 : 0) : 0;
  const first = compiled.next(after);
  const late = first !== undefined && overdue > 0 ? [{ ...named, at: dueAt(first), count: overdue, overdue: true as const }] : [];
  const count = compiled.count(now, now + DAY_MS);
  const singles: number[] = [];
  const most = count > MOST_SINGLE ? 1 : MOST_SINGLE;
  for (let slot = coming; slot !== undefined && slot <= now + DAY_MS && singles.length < most; slot = compiled.next(slot)) singles.push(slot);
  return [...late, ...singles.map((slot): Due => ({ ...named, at: dueAt(slot), count: count > MOST_SINGLE ? count : 1, ...(every === undefined ? {} : { every }) }))];
}

function slotsOf({ store }: ReaderHome, statuses: readonly SlotStatus[], since: number): ScheduleAnswer {
  const slots = statuses.flatMap((one) => slotsOfStatus(store, one, since, MOST + 1)).sort((one, other) => other.slot - one.slot);
  const shown = slots.slice(0, MOST).map((slot) => {
    const standing = standingById(store, slot.schedule_id);
    return { ...slot, hook: standing?.slug ?? slot.schedule_id, ...(standing === undefined ? {} : { standing }) };
  });
  return { slots: shown, more: slots.length > MOST };
}
