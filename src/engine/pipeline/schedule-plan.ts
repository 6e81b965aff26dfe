import type { CatchUp } from "../core/hook.ts";
import type { CompiledSchedule, SlotRange } from "./schedule-slots.ts";

/** Milliseconds by which a slot is put off; the same for the same slot. */
export type Jitter = (slot: number) => number;

export interface PlanInput {
  readonly compiled: CompiledSchedule;
  /** The last slot that has a row (`until_slot` of a folded one), or the hook's creation. Unix ms. */
  readonly after: number;
  readonly now: number;
  /** `schedule.catch_up`; default `last`. */
  readonly catchUp?: CatchUp | undefined;
  /** Most slots that `all` runs. */
  readonly cap: number;
  /** A slot that runs later than this after its due time is late. */
  readonly lateAfterMs: number;
  readonly jitter?: Jitter | undefined;
}

/** Rows to write, oldest first: `missed`, then `run`. Every slot that came due is in exactly one of the two. */
export interface SlotPlan {
  readonly missed?: SlotRange;
  readonly run: readonly PlannedSlot[];
}

export interface PlannedSlot {
  readonly slot: number;
  readonly late: boolean;
}

/**
 * What becomes of the slots that came due after `after`, up to `now`:
 *
 * - `skip`: the newest runs unless it is late; all others are missed;
 * - `last`: the newest runs, late or not; all others are missed;
 * - `all`: the newest `cap` run, in order; older ones are missed.
 *
 * A clock that went back (`now < after`) plans nothing, so no slot is ever planned twice as long as the caller writes
 * the rows before it plans again.
 */
export function planSlots({ compiled, after, now, catchUp = "last", cap, lateAfterMs, jitter = noJitter }: PlanInput): SlotPlan {
  const until = newestDue(compiled, after, now, jitter);
  if (until === undefined) return { run: [] };
  const isLate = (slot: number): boolean => now - (slot + jitter(slot)) > lateAfterMs;
  const max = catchUp === "all" ? cap : catchUp === "skip" && isLate(until) ? 0 : 1;
  const { slots, older } = compiled.slotsBetween(after, until, max);
  const run = slots.map((slot) => ({ slot, late: isLate(slot) }));
  return older === undefined ? { run } : { missed: older, run };
}

/** The next slot after `after` and when it is due (Unix ms): how long the caller may sleep. */
export function nextDue(compiled: CompiledSchedule, after: number, jitter: Jitter = noJitter): { readonly slot: number; readonly due_at: number } | undefined {
  const slot = compiled.next(after);
  return slot === undefined ? undefined : { slot, due_at: slot + jitter(slot) };
}

/** Milliseconds in `[0, jitterMs)`, from a hash of schedule and slot: a restart or another process gets the same. */
export function jitterOf(scheduleId: string, slot: number, jitterMs: number): number {
  // FNV-1a, then murmur's finish: FNV alone leaves neighbouring slots with neighbouring upper bits.
  let hash = 0x811c9dc5;
  for (const char of `${scheduleId}:${slot}`) hash = Math.imul(hash ^ (char.codePointAt(0) ?? 0), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return Math.floor((((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32) * jitterMs);
}

function noJitter(): number {
  return 0;
}

/** A jitter is shorter than the gap between slots, so this looks at one or two of them. */
function newestDue(compiled: CompiledSchedule, after: number, now: number, jitter: Jitter): number | undefined {
  for (let until = now; until > after; ) {
    const slot = compiled.slotsBetween(after, until, 1).slots[0];
    if (slot === undefined || slot + jitter(slot) <= now) return slot;
    until = slot - 1;
  }
  return undefined;
}
