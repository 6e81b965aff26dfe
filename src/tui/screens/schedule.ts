import { ageAt, moment, short } from "../look/figures.ts";
import { line, span, type Line, type Span } from "../look/line.ts";
import { rebin, sparkline } from "../look/pictures.ts";
import { SCHEDULE_TABS, type Due, type ScheduleAnswer } from "../reader/schedule.ts";
import { hookSubject } from "./hooks.ts";
import { defineScreen, type Canvas, type Row } from "./screen.ts";
import { rowLine, rowSentence, status, titleLine, type Column } from "./table.ts";

type SlotFacts = NonNullable<ScheduleAnswer["slots"]>[number];
type ScheduleRow = Row & ({ readonly due: Due } | { readonly slot: SlotFacts });

const DUE: readonly Column<ScheduleRow>[] = [
  { title: "due", width: 19, cell: (row) => ("due" in row ? (row.due.unknown === undefined ? moment(row.due.at) : span("bad", "nobody knows")) : "") },
  { title: "hook", width: "rest", least: 20, cell: (row) => ("due" in row ? row.due.hook : "") },
  { title: "how often", width: 18, cell: (row) => ("due" in row && row.due.count > 1 ? `${short(row.due.count)} times${row.due.every === undefined ? "" : ` (${row.due.every})`}` : "once") },
  { title: "status", width: 11, cell: (row, canvas) => ("due" in row ? status(row.due.status, canvas) : "") },
  { title: "why not", width: "rest", least: 16, priority: 0, cell: (row) => ("due" in row ? whyNot(row.due) : "") },
  { title: "in", width: 7, right: true, cell: (row, { now }) => ("due" in row ? ageAt(row.due.at, now) : "") },
];

const PAST: readonly Column<ScheduleRow>[] = [
  { title: "slot", width: 19, cell: (row) => ("slot" in row ? moment(row.slot.slot) : "") },
  { title: "hook", width: "rest", least: 20, cell: (row) => ("slot" in row ? row.slot.hook : "") },
  { title: "status", width: 10, cell: (row, canvas) => ("slot" in row ? status(row.slot.status, canvas) : "") },
  { title: "slots", width: 6, right: true, cell: (row) => ("slot" in row ? short(row.slot.slot_count) : "") },
  { title: "why", width: "rest", least: 20, cell: (row) => ("slot" in row ? (row.slot.reason ?? (row.slot.slot_count > 1 ? `until ${moment(row.slot.until_slot)}` : "")) : "") },
  { title: "age", width: 5, right: true, priority: 0, cell: (row, { now }) => ("slot" in row ? ageAt(row.slot.slot, now) : "") },
];

export const scheduleScreen = defineScreen<"schedule", ScheduleRow>({
  id: "schedule",
  title: () => "Schedule",
  tabs: SCHEDULE_TABS,
  query: ({ tab = "next 24 hours" }) => ({ of: "schedule", tab }),
  rows: ({ due = [], slots = [] }) => [...due.map(dueRow), ...slots.map(slotRow)],
  text: (row) => ("due" in row ? `${row.due.hook} ${row.due.status}` : `${row.slot.hook} ${row.slot.status} ${row.slot.reason ?? ""}`),
  head: (answer, canvas) => [...densityLines(answer, canvas), ...(answer.more ? [[span("dim", "500 of them; there are more")] as Line] : []), titleLine(columnsOf(canvas), canvas)],
  line: (row, canvas) => rowLine(columnsOf(canvas), row, canvas),
  sentence: (row, canvas) => rowSentence(columnsOf(canvas), row, canvas),
  empty: (_, { tab }) =>
    tab === "missed" ? ["In the last seven days no slot was missed, skipped or late."] : tab === "past" ? ["No slot has run yet."] : ["Nothing is due in the next 24 hours.", "", "A hook with a schedule (cron, every, at) has slots: they stand here before they run."],
});

/** A paused hook has its slots: one of them may be the trial that closes its breaker. */
function whyNot({ status: is, reason, unknown, overdue }: Due): string | Span {
  if (overdue === true) return span("bad", "overdue: no daemon has given it out");
  if (unknown !== undefined) return span("bad", unknown);
  if (is === "paused") return span("warn", "its breaker is open: skipped, or its trial");
  return is === "active" ? "" : span("warn", reason ?? `it will not run: the hook is ${is}`);
}

function columnsOf({ place }: Canvas): readonly Column<ScheduleRow>[] {
  return place.tab === "missed" || place.tab === "past" ? PAST : DUE;
}

/** The day that comes, on one line. */
function densityLines({ density }: ScheduleAnswer, { width, look }: Canvas): Line[] {
  if (density === undefined || density.every((count) => count === 0)) return [];
  const room = Math.min(96, width);
  return [line(span("accent", sparkline(rebin(density, room), look))), [span("dim", `now${" ".repeat(Math.max(1, room - 10))}in 24 h`)], []];
}

function dueRow(due: Due): ScheduleRow {
  return { id: `${due.hook_id} ${due.at}`, due, open: { screen: "hook", id: due.hook_id }, subject: hookSubject(due.standing) };
}

function slotRow(slot: SlotFacts): ScheduleRow {
  const { schedule_id, slot: at, event_id, standing } = slot;
  const open = event_id === undefined ? ({ screen: "hook", id: schedule_id } as const) : ({ screen: "event", id: event_id, tab: "why" } as const);
  return { id: `${schedule_id} ${at}`, slot, open, ...(standing === undefined ? {} : { subject: hookSubject(standing) }) };
}
