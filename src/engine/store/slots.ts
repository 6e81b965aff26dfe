import type { Store } from "./open.ts";

/** `due`: given out. `ran`, `late`: evaluated. `skipped`: its hook did not run for it. `missed`: never given out. */
export type SlotStatus = "due" | "ran" | "late" | "missed" | "skipped";

/** One slot of a schedule, or a folded range of missed ones. Times in Unix ms. */
export interface Slot {
  /** A hook's id, or `tick`. */
  readonly schedule_id: string;
  readonly slot: number;
  readonly until_slot: number;
  readonly slot_count: number;
  readonly status: SlotStatus;
  readonly event_id?: string;
  readonly reason?: string;
  readonly created_at: number;
  readonly settled_at?: number;
}

/** Inside a transaction. False when the slot has a row: it was given out, or missed, before. */
export function insertSlot(store: Store, slot: Slot): boolean {
  const { changes } = store.db
    .query(
      `INSERT INTO schedule_slots(schedule_id, slot, until_slot, slot_count, status, event_id, reason, created_at)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT(schedule_id, slot) DO NOTHING`,
    )
    .run(slot.schedule_id, slot.slot, slot.until_slot, slot.slot_count, slot.status, slot.event_id ?? null, slot.reason ?? null, slot.created_at);
  return changes === 1;
}

/** Inside a transaction. */
export function settleSlot(store: Store, scheduleId: string, slot: number, how: { status: SlotStatus; reason: string | undefined; at: number }): void {
  store.db
    .query("UPDATE schedule_slots SET status = ?, reason = ?, settled_at = ? WHERE schedule_id = ? AND slot = ?")
    .run(how.status, how.reason === undefined ? null : store.redactor.text(how.reason), how.at, scheduleId, slot);
}

/** The newest slot that has a row. */
export function lastSlot(store: Store, scheduleId: string): number | undefined {
  const row = store.db.query<{ last: number | null }, [string]>("SELECT max(until_slot) AS last FROM schedule_slots WHERE schedule_id = ?").get(scheduleId);
  return row?.last ?? undefined;
}

type SlotRow = Slot & { event_id: string | null; reason: string | null; settled_at: number | null };

/** Of all hooks' schedules, those of a status, newest first; without the timer's own beat, of which there are 1 440 a day. */
export function slotsOfStatus(store: Store, status: SlotStatus, since: number, limit: number): Slot[] {
  return store.db.query<SlotRow, [string, number, number]>("SELECT * FROM schedule_slots WHERE status = ? AND slot >= ? AND schedule_id <> 'tick' ORDER BY slot DESC LIMIT ?").all(status, since, limit).map(toSlot);
}

/** Newest first. */
export function slotsOf(store: Store, scheduleId: string, limit: number): Slot[] {
  return store.db.query<SlotRow, [string, number]>("SELECT * FROM schedule_slots WHERE schedule_id = ? ORDER BY slot DESC LIMIT ?").all(scheduleId, limit).map(toSlot);
}

function toSlot({ event_id, reason, settled_at, ...row }: SlotRow): Slot {
  return { ...row, ...(event_id === null ? {} : { event_id }), ...(reason === null ? {} : { reason }), ...(settled_at === null ? {} : { settled_at }) };
}
