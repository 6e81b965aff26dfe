import { parseDuration } from "../../engine/core/duration.ts";
import type { Hook } from "../../engine/core/hook.ts";
import { compileSchedule } from "../../engine/pipeline/schedule.ts";
import { jitterOf } from "../../engine/pipeline/schedule-plan.ts";
import type { CompiledSchedule } from "../../engine/pipeline/schedule-slots.ts";
import { lastSlot } from "../../engine/store/slots.ts";
import type { ReaderHome } from "./reader-home.ts";

/** Schedules whose slots are known. */
const MOST_COMPILED = 2_000;

/** A hook's schedule as the daemon's timer has it. All times Unix ms. */
export interface ScheduleLine {
  readonly compiled: CompiledSchedule;
  /** The slot from which on none was given out. */
  readonly after: number;
  /** When a slot comes due: its jitter is added. */
  readonly dueAt: (slot: number) => number;
  /** The first slot that comes due after a time. */
  readonly next: (time: number) => number | undefined;
}

/** Undefined for a hook without a schedule. Throws SCHEDULE_INVALID for one that this machine cannot read. */
export async function scheduleLine(home: ReaderHome, hook: Hook): Promise<ScheduleLine | undefined> {
  const { schedule } = hook.version.metadata;
  if (schedule === undefined) return undefined;
  const compiled = await compiledOf(home, hook);
  const spread = schedule.jitter === undefined ? 0 : parseDuration(schedule.jitter, "schedule.jitter");
  const after = Math.max(lastSlot(home.store, hook.id) ?? 0, hook.updated_at);
  const dueAt = (slot: number): number => (spread === 0 ? slot : slot + jitterOf(hook.id, slot, spread));
  const next = (time: number): number | undefined => {
    // By its jitter a slot of the past may still come.
    let slot = compiled.next(Math.max(after, time - spread));
    while (slot !== undefined && dueAt(slot) <= time) slot = compiled.next(slot);
    return slot;
  };
  return { compiled, after, dueAt, next };
}

/** When it comes next, Unix ms. One that cannot be read here is named on the screen of all schedules. */
export async function nextDueOf(home: ReaderHome, hook: Hook, now: number): Promise<number | undefined> {
  const line = await scheduleLine(home, hook).catch(() => undefined);
  const slot = line?.next(now);
  return slot === undefined ? undefined : line?.dueAt(slot);
}

/** A version's schedule does not change, and compiling a cron expression takes a millisecond. */
async function compiledOf({ schedules }: ReaderHome, { version, created_at }: Hook): Promise<CompiledSchedule> {
  const known = schedules.get(version.id);
  if (known !== undefined) return known;
  const compiled = await compileSchedule(version.metadata.schedule ?? {}, created_at);
  if (schedules.size >= MOST_COMPILED) schedules.clear();
  schedules.set(version.id, compiled);
  return compiled;
}
