import { ageAt } from "../look/figures.ts";
import { line, span } from "../look/line.ts";
import { safeText } from "../look/safe-text.ts";
import type { SessionFacts } from "../reader/sessions.ts";
import { defineScreen, type Row } from "./screen.ts";
import { rowLine, rowSentence, status, titleLine, type Column } from "./table.ts";

interface SessionRow extends Row {
  readonly session: SessionFacts;
}

const COLUMNS: readonly Column<SessionRow>[] = [
  { title: "session", width: "rest", least: 24, keepsEnd: true, cell: ({ session }) => session.key },
  { title: "persona", width: 14, priority: 1, cell: ({ session }) => session.persona },
  { title: "thread", width: 16, priority: 0, cell: ({ session }) => session.thread ?? "-" },
  { title: "running", width: 14, cell: ({ session }, { look }) => (session.running === undefined ? span("dim", "-") : span("good", `${look.glyphs.good} ${session.running}`)) },
  { title: "last turn", width: 13, priority: 2, cell: ({ session }, canvas) => (session.last === undefined ? span("dim", "-") : status(session.last.status, canvas)) },
  { title: "used", width: 5, right: true, cell: ({ session }, { now }) => (session.updated_at === 0 ? "-" : ageAt(session.updated_at, now)) },
  { title: "waiting", width: 7, right: true, cell: ({ session }) => (session.waiting === 0 ? span("dim", "-") : span("warn", String(session.waiting))) },
];

export const sessionsScreen = defineScreen<"sessions", SessionRow, "session">({
  id: "sessions",
  title: () => "Sessions",
  query: () => ({ of: "sessions" }),
  rows: ({ sessions }) => sessions.map((session): SessionRow => ({ id: session.key, session, open: { screen: "session", id: session.key }, subject: { kind: "session", id: session.key } })),
  text: ({ session }) => `${session.key} ${session.persona} ${session.thread ?? ""} ${session.running ?? ""} ${session.last?.status ?? ""}`,
  orders: [
    { title: "waiting", by: ({ session }) => session.waiting, descending: true },
    { title: "used", by: ({ session }) => session.updated_at, descending: true },
    { title: "session", by: ({ session }) => session.key },
  ],
  head: (_, canvas) => [titleLine(COLUMNS, canvas)],
  line: (row, canvas) => rowLine(COLUMNS, row, canvas),
  sentence: (row, canvas) => rowSentence(COLUMNS, row, canvas),
  empty: () => ["No session was begun.", "", "The first dispatch of a conversation begins one; nexus agents send AGENT TEXT does, too."],
  side: {
    title: "queue",
    query: ({ session }) => ({ of: "session", id: session.key, tab: "queue" }),
    lines: ({ session }, answer, canvas) => [
      [span("strong", safeText(session.key))],
      ...((answer?.waiting ?? []).length === 0 ? [[span("dim", "nothing waits")]] : (answer?.waiting ?? []).slice(0, canvas.height - 1).map(({ status: is, mode, created_at, prompt }) => line(status(is, canvas), span("dim", `  ${mode}  ${ageAt(created_at, canvas.now)}  `), safeText(prompt)))),
    ],
  },
});
