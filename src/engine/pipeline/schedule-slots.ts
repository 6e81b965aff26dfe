/** What a schedule is to the planner: a strictly increasing line of slots (Unix ms), asked without side effects. */
export interface CompiledSchedule {
  /** The first slot after `after`; undefined when none will ever come. */
  next(after: number): number | undefined;
  /** How many slots have `after < slot <= until`. Exact. */
  count(after: number, until: number): number;
  /** The slots with `after < slot <= until`: the newest `max` of them, and what is older folded into one range. */
  slotsBetween(after: number, until: number, max: number): SlotSpan;
}

/** Consecutive slots as one row of `schedule_slots`. */
export interface SlotRange {
  readonly slot: number;
  readonly until_slot: number;
  readonly slot_count: number;
}

export interface SlotSpan {
  /** Ascending. */
  readonly slots: readonly number[];
  readonly older?: SlotRange;
}

type SlotLine = Pick<CompiledSchedule, "next" | "count">;

/** Stepping over this many slots too many is cheaper than narrowing the window further. */
const SURPLUS = 64;

/** `count` never steps through slots, so the cost follows `max` and not the length of the outage. */
export function compiled(line: SlotLine): CompiledSchedule {
  return { ...line, slotsBetween: (after, until, max) => slotsBetween(line, after, until, max) };
}

/** Slots of `every`: one interval after `anchor`, and every interval from there. */
export function everySlots(every: number, anchor: number): CompiledSchedule {
  const passed = (time: number): number => Math.max(0, Math.floor((time - anchor) / every));
  return compiled({
    next: (after) => anchor + (passed(after) + 1) * every,
    count: (after, until) => Math.max(0, passed(until) - passed(after)),
  });
}

/** The only slot of `at`. */
export function singleSlot(at: number): CompiledSchedule {
  return compiled({
    next: (after) => (after < at ? at : undefined),
    count: (after, until) => (after < at && at <= until ? 1 : 0),
  });
}

function slotsBetween(line: SlotLine, after: number, until: number, max: number): SlotSpan {
  const total = line.count(after, until);
  // One more than asked for: the one before the oldest kept slot is where the folded range ends.
  const tail = newest(line, after, until, Math.min(total, max + 1));
  if (total <= max) return { slots: tail };
  const [until_slot, ...slots] = tail;
  const slot = line.next(after);
  if (slot === undefined || until_slot === undefined) return { slots };
  return { slots, older: { slot, until_slot, slot_count: total - slots.length } };
}

/** The newest `wanted` slots up to `until`, ascending. There are at least as many after `after`. */
function newest(line: SlotLine, after: number, until: number, wanted: number): number[] {
  if (wanted === 0) return [];
  let from = after;
  for (let back = 1_000 * wanted; back < until - after; back *= 2) {
    if (line.count(until - back, until) < wanted) continue;
    from = until - back;
    break;
  }
  // A burst at the old end of the window (every second of January, seen from June) is halved away.
  let tooFew = until;
  while (tooFew - from > 1 && line.count(from, until) > wanted + SURPLUS) {
    const middle = Math.floor((from + tooFew) / 2);
    if (line.count(middle, until) < wanted) tooFew = middle;
    else from = middle;
  }
  const slots: number[] = [];
  for (let slot = line.next(from); slot !== undefined && slot <= until; slot = line.next(slot)) slots.push(slot);
  return slots.slice(-wanted);
}
