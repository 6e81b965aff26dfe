import type { Clock } from "../core/clock.ts";
import { parseDuration } from "../core/duration.ts";
import type { NewEvent } from "../core/event.ts";
import type { Hook, Schedule } from "../core/hook.ts";
import { insertSlot, lastSlot } from "../store/slots.ts";
import type { Store } from "../store/open.ts";
import type { Jitter, SlotPlan } from "./schedule-plan.ts";
import { jitterOf, nextDue, planSlots } from "./schedule-plan.ts";
import type { CompiledSchedule } from "./schedule-slots.ts";
import { everySlots } from "./schedule-slots.ts";

/** The beat of `timer_tick` events. */
const TICK_MS = 60_000;
/** The beat's own row key in schedule_slots. */
export const TICK_ID = "tick";
/** Never asleep for longer: the clock may jump. */
const LONGEST_SLEEP_MS = 60_000;

interface Line {
  readonly id: string;
  readonly hook?: Hook;
  readonly compiled: CompiledSchedule;
  readonly catchUp: Schedule["catch_up"];
  readonly jitter: Jitter;
  /** The newest slot that has a row, or where the line begins. */
  after: number;
}

export interface TimekeeperParts {
  readonly store: Store;
  readonly clock: Clock;
  readonly cap: number;
  readonly lateAfterMs: number;
  /** Whether it wakes by itself; otherwise only `tick` moves it. */
  readonly timers: boolean;
  /** Inside a transaction: stores the events of slots that run. */
  readonly accept: (events: readonly NewEvent[]) => void;
  /** Runs work in the next commit. */
  readonly commit: (work: () => void) => Promise<void>;
  readonly missed: (id: string, hook: Hook | undefined, range: NonNullable<SlotPlan["missed"]>) => void;
  readonly compile: (schedule: Schedule, anchor: number) => Promise<CompiledSchedule>;
  /** Runs a callback in a later turn of the event loop. */
  readonly later: (callback: () => void) => void;
}

/** Writes due slots as rows, and the event of each slot that runs, in one transaction; once for each slot. */
export class Timekeeper {
  readonly #parts: TimekeeperParts;
  readonly #lines = new Map<string, Line>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #stopped = false;
  #planning = false;

  constructor(parts: TimekeeperParts) {
    this.#parts = parts;
  }

  /** Begins the beat at the present minute, or, after a stop, behind the last one that has a row. */
  start(): void {
    const { store, clock } = this.#parts;
    // The minute that is running counts as due: a fresh start ticks at once.
    const begin = Math.floor(clock.now() / TICK_MS) * TICK_MS - 1;
    const after = lastSlot(store, TICK_ID) ?? begin;
    this.#lines.set(TICK_ID, { id: TICK_ID, compiled: everySlots(TICK_MS, 0), catchUp: "last", jitter: () => 0, after });
    this.#plan();
  }

  get isStarted(): boolean {
    return this.#lines.has(TICK_ID);
  }

  /** Takes a hook's schedule, new or changed; or lets go of it. */
  async set(hook: Hook, active: boolean): Promise<void> {
    const { schedule } = hook.version.metadata;
    if (schedule === undefined || !active) {
      this.#lines.delete(hook.id);
      return;
    }
    const { store, compile } = this.#parts;
    const compiled = await compile(schedule, hook.created_at);
    const spread = schedule.jitter === undefined ? 0 : parseDuration(schedule.jitter, "schedule.jitter");
    const jitter = spread === 0 ? () => 0 : (slot: number) => jitterOf(hook.id, slot, spread);
    // Registered, enabled or changed then: what came due before was not its own.
    const after = Math.max(lastSlot(store, hook.id) ?? 0, hook.updated_at);
    this.#lines.set(hook.id, { id: hook.id, hook, compiled, catchUp: schedule.catch_up, jitter, after });
    if (this.isStarted) this.#planSoon();
  }

  forget(hookId: string): void {
    this.#lines.delete(hookId);
  }

  /** Writes everything that is due by now. Resolves after the commit. */
  async tick(): Promise<void> {
    const now = this.#parts.clock.now();
    const due = [...this.#lines.values()].filter((line) => (nextDue(line.compiled, line.after, line.jitter)?.due_at ?? Infinity) <= now);
    if (due.length === 0) return;
    const ends: (readonly [Line, number])[] = [];
    await this.#parts.commit(() => {
      for (const line of due) ends.push([line, this.#write(line, now)]);
    });
    // Only what is committed is behind us: a failed commit leaves the slots due.
    for (const [line, end] of ends) line.after = Math.max(line.after, end);
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  /** Writes one schedule's due slots and returns the newest of them. */
  #write(line: Line, now: number): number {
    const { cap, lateAfterMs, store } = this.#parts;
    const { compiled, after, catchUp, jitter } = line;
    const plan = planSlots({ compiled, after, now, catchUp, cap, lateAfterMs, jitter });
    let end = after;
    if (plan.missed !== undefined) {
      insertSlot(store, { schedule_id: line.id, ...plan.missed, status: "missed", reason: missedReason(catchUp), created_at: now });
      this.#parts.missed(line.id, line.hook, plan.missed);
      end = plan.missed.until_slot;
    }
    for (const { slot } of plan.run) {
      end = slot;
      const event = line.hook === undefined ? tickEvent(slot, now) : slotEvent(line.hook, slot, now);
      // Nobody settles the beat's own slots: they are done when they are given out.
      const status = line.hook === undefined ? "ran" : "due";
      const row = { schedule_id: line.id, slot, until_slot: slot, slot_count: 1, status, event_id: event.id, created_at: now } as const;
      // The row is the lock: a slot that has one was given out before.
      if (insertSlot(store, row)) this.#parts.accept([event]);
    }
    return end;
  }

  /** Many schedules are often set at once: one look at all of them is enough. */
  #planSoon(): void {
    if (this.#planning) return;
    this.#planning = true;
    this.#parts.later(() => {
      this.#planning = false;
      this.#plan();
    });
  }

  #plan(): void {
    if (this.#stopped || !this.#parts.timers) return;
    clearTimeout(this.#timer);
    const now = this.#parts.clock.now();
    let next = now + LONGEST_SLEEP_MS;
    for (const line of this.#lines.values()) next = Math.min(next, nextDue(line.compiled, line.after, line.jitter)?.due_at ?? next);
    this.#timer = setTimeout(() => {
      // What could not be committed has no row, so it is still due: the next look takes it up.
      void this.tick().catch(() => undefined).finally(() => this.#plan());
    }, Math.max(0, next - now));
  }
}

function missedReason(catchUp: Schedule["catch_up"]): string {
  return `came due while nexus was not running (catch_up: ${catchUp ?? "last"})`;
}

function tickEvent(slot: number, now: number): NewEvent {
  const minute = slot / TICK_MS;
  return timerEvent(`tick:${minute}`, "timer_tick", slot, now, { minute, slot });
}

function slotEvent(hook: Hook, slot: number, now: number): NewEvent {
  const event = timerEvent(`${hook.id}:${slot}`, "schedule", slot, now, { hook_id: hook.id, hook: hook.slug, slot });
  return { ...event, addressed_to: hook.id };
}

function timerEvent(sourceId: string, type: string, slot: number, now: number, metadata: Record<string, unknown>): NewEvent {
  return {
    id: `timer:${sourceId}`,
    timestamp: slot,
    received_at: now,
    type,
    channel: "timer",
    content_types: [],
    direction: "received",
    source_adapter: "timer",
    source_id: sourceId,
    metadata,
    depth: 0,
  };
}
