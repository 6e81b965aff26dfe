import { parseDuration } from "../../engine/core/duration.ts";
import type { Hook } from "../../engine/core/hook.ts";
import { asNexusError, NexusError } from "../../engine/core/errors.ts";
import { DAY_MS } from "../../engine/core/retention.ts";
import { compileSchedule } from "../../engine/pipeline/schedule.ts";
import { jitterOf } from "../../engine/pipeline/schedule-plan.ts";
import type { CompiledSchedule } from "../../engine/pipeline/schedule-slots.ts";
import { listHooks } from "../../engine/store/hooks.ts";
import { slotsOfStatus, type Slot, type SlotStatus } from "../../engine/store/slots.ts";
import { standingById, standingOf, type HookStanding } from "./hook-standing.ts";
import type { ReaderHome } from "./reader-home.ts";

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
const MOST_COMPILED = 2_000;

export async function readSchedule(home: ReaderHome, { tab, now }: { readonly tab: string; readonly now: number }): Promise<ScheduleAnswer> {
  if (tab === "missed") return slotsOf(home, MISSED, now - MISSED_DAYS * DAY_MS);
  if (tab === "past") return slotsOf(home, ["ran", "late"], 0);
  const due: Due[] = [];
  const density = Array.from({ length: QUARTERS }, () => 0);
  for (const hook of listHooks(home.store)) {
    const { schedule } = hook.version.metadata;
    if (schedule === undefined) continue;
    const compiled = await compiledOf(home, hook).catch((error: unknown) => asNexusError(error, "its schedule cannot be read"));
    if (compiled instanceof NexusError) {
      due.push({ hook_id: hook.id, hook: hook.slug, status: hook.status, standing: standingOf(hook), at: now, count: 0, unknown: compiled.message });
      continue;
    }
    const spread = schedule.jitter === undefined ? 0 : parseDuration(schedule.jitter, "schedule.jitter");
    const delay = (slot: number): number => (spread === 0 ? 0 : jitterOf(hook.id, slot, spread));
    const count = compiled.count(now, now + DAY_MS);
    const named = { hook_id: hook.id, hook: hook.slug, status: hook.status, standing: standingOf(hook), ...(hook.disabled_reason === undefined ? {} : { reason: hook.disabled_reason }) };
    const singles: number[] = [];
    for (let slot = compiled.next(now); slot !== undefined && slot <= now + DAY_MS && singles.length < (count > MOST_SINGLE ? 1 : MOST_SINGLE); slot = compiled.next(slot)) singles.push(slot);
    for (const slot of singles) due.push({ ...named, at: slot + delay(slot), count: count > MOST_SINGLE ? count : 1, ...(schedule.every === undefined ? {} : { every: schedule.every }) });
    if (hook.status === "active") for (let at = 0; at < QUARTERS; at += 1) density[at]! += compiled.count(now + at * QUARTER_MS, now + (at + 1) * QUARTER_MS);
  }
  due.sort((one, other) => one.at - other.at);
  return { due: due.slice(0, MOST), density, more: due.length > MOST };
}

/** The slots of a hook's schedule. A version's schedule does not change, and compiling a cron expression takes a millisecond. */
async function compiledOf({ schedules }: ReaderHome, { version, created_at }: Hook): Promise<CompiledSchedule> {
  const known = schedules.get(version.id);
  if (known !== undefined) return known;
  const compiled = await compileSchedule(version.metadata.schedule ?? {}, created_at);
  if (schedules.size >= MOST_COMPILED) schedules.clear();
  schedules.set(version.id, compiled);
  return compiled;
}

function slotsOf({ store }: ReaderHome, statuses: readonly SlotStatus[], since: number): ScheduleAnswer {
  const slots = statuses.flatMap((one) => slotsOfStatus(store, one, since, MOST + 1)).sort((one, other) => other.slot - one.slot);
  const shown = slots.slice(0, MOST).map((slot) => {
    const standing = standingById(store, slot.schedule_id);
    return { ...slot, hook: standing?.slug ?? slot.schedule_id, ...(standing === undefined ? {} : { standing }) };
  });
  return { slots: shown, more: slots.length > MOST };
}
