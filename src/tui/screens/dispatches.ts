import { ageAt, short } from "../look/figures.ts";
import { line, span, type Line, type Span } from "../look/line.ts";
import { barLines } from "../look/pictures.ts";
import { safeText } from "../look/safe-text.ts";
import { DISPATCH_TABS, type DispatchFacts } from "../reader/dispatches.ts";
import { dispatchLines } from "./dispatch.ts";
import { defineScreen, type Canvas, type Row } from "./screen.ts";
import { rowLine, rowSentence, status, titleLine, type Column } from "./table.ts";

export interface DispatchRow extends Row {
  readonly dispatch: DispatchFacts;
}

export const DISPATCH_COLUMNS: readonly Column<DispatchRow>[] = [
  { title: "session", width: "rest", least: 24, keepsEnd: true, cell: ({ dispatch }) => dispatch.session },
  { title: "status", width: 11, cell: ({ dispatch }, canvas) => status(dispatch.status, canvas) },
  { title: "hook", width: 16, priority: 2, cell: ({ dispatch }) => dispatch.hook ?? "-" },
  { title: "agent", width: 12, priority: 1, cell: ({ dispatch }) => dispatch.agent ?? "-" },
  { title: "mode", width: 9, priority: 3, cell: ({ dispatch }) => dispatch.mode },
  { title: "tries", width: 5, right: true, cell: ({ dispatch }) => String(dispatch.attempts) },
  { title: "age", width: 5, right: true, cell: ({ dispatch }, { now }) => ageAt(dispatch.created_at, now) },
  { title: "why", width: "rest", least: 16, priority: 0, cell: (row, canvas) => whyCell(row, canvas) ?? "" },
];

/** Why it is as it is, and what holds it back. */
export function whyCell({ dispatch: { reason, not_before } }: DispatchRow, { now }: Pick<Canvas, "now">): Span | undefined {
  if (reason !== undefined) return span("warn", reason);
  return not_before > now ? span("dim", `not before ${ageAt(not_before, now)}`) : undefined;
}

export function dispatchRow(dispatch: DispatchFacts): DispatchRow {
  return { id: dispatch.id, dispatch, open: { screen: "dispatch", id: dispatch.id }, subject: { kind: "dispatch", id: dispatch.id, status: dispatch.status } };
}

export const dispatchesScreen = defineScreen<"dispatches", DispatchRow, "dispatch">({
  id: "dispatches",
  title: () => "Dispatches",
  tabs: DISPATCH_TABS,
  query: ({ tab = "open" }) => ({ of: "dispatches", tab }),
  rows: ({ dispatches }) => dispatches.map(dispatchRow),
  text: ({ dispatch }) => `${dispatch.session} ${dispatch.status} ${dispatch.hook ?? ""} ${dispatch.agent ?? ""} ${dispatch.mode} ${dispatch.reason ?? ""}`,
  orders: [
    { title: "session", by: ({ dispatch }) => dispatch.session },
    { title: "age", by: ({ dispatch }) => dispatch.created_at },
    { title: "tries", by: ({ dispatch }) => dispatch.attempts, descending: true },
  ],
  group: ({ dispatch }) => dispatch.session,
  head: ({ queues, more }, canvas) => [
    // Queue depth, where the list keeps most of the screen.
    ...(queues.length === 0 || canvas.height < 24 ? [] : [[span("dim", "waiting, by session")] as Line, ...barLines(queues.map(({ session, waiting }) => ({ label: safeText(session).slice(0, 40), value: waiting, tone: "warn" as const })), Math.min(100, canvas.width), canvas.look), [] as Line]),
    ...(more ? [[span("dim", "500 of them; there are more")] as Line] : []),
    titleLine(DISPATCH_COLUMNS, canvas),
  ],
  line: (row, canvas) => rowLine(DISPATCH_COLUMNS, row, canvas),
  sentence: (row, canvas) => rowSentence(DISPATCH_COLUMNS, row, canvas),
  empty: (_, { tab = "open" }) =>
    tab === "open" ? ["Nothing waits for an agent, and no turn runs.", "", "A hook that fires makes a dispatch; Tab shows those that failed, and all."] : tab === "failed" ? ["No dispatch has failed, was dropped, has expired or was cancelled."] : ["No hook has fired yet."],
  side: {
    title: "dispatch",
    query: ({ dispatch }) => ({ of: "dispatch", id: dispatch.id }),
    lines: ({ dispatch }, answer, canvas) => (answer?.dispatch === undefined ? [line(span("strong", dispatch.id), span("dim", `  ${short(dispatch.attempts)} tries`))] : dispatchLines(answer, canvas, 12)),
  },
});
