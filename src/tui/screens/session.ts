import { moment, short } from "../look/figures.ts";
import { line, span, type Line } from "../look/line.ts";
import { safeText } from "../look/safe-text.ts";
import type { SessionDetail } from "../reader/sessions.ts";
import { dispatchRow, DISPATCH_COLUMNS, whyCell, type DispatchRow } from "./dispatches.ts";
import { defineScreen, type Canvas } from "./screen.ts";
import { fact, rowLine, status, titleLine, type Column } from "./table.ts";
import { lineText, paragraph, textRows, type TextPart, type TextRow } from "./text.ts";

const TABS = ["queue", "turns", "history"] as const;

/** Its own name says nothing here; what is asked for does. */
const QUEUE_COLUMNS: readonly Column<DispatchRow>[] = [...DISPATCH_COLUMNS.filter(({ title }) => title !== "session" && title !== "why"), { title: "prompt or why", width: "rest", least: 20, cell: (row, canvas) => whyCell(row, canvas) ?? row.dispatch.prompt }];

export const sessionScreen = defineScreen<"session", TextRow>({
  id: "session",
  title: ({ id = "" }) => id,
  tabs: TABS,
  query: ({ id = "", tab = "queue" }) => ({ of: "session", id, tab }),
  rows: (answer, canvas) => textRows([...queueRows(answer, canvas), ...(canvas.place.tab === "history" ? historyRows(answer, canvas) : turnRows(answer, canvas))]),
  text: lineText,
  head: ({ session, waiting }, canvas) => [
    ...(session === undefined ? [] : [line(span("dim", "persona "), safeText(session.persona), session.thread_id === undefined ? undefined : span("dim", `  thread ${safeText(session.thread_id)}`), session.forked_from === undefined ? undefined : span("dim", `  forked from ${safeText(session.forked_from)}`)), [] as Line]),
    ...(waiting === undefined || waiting.length === 0 ? [] : [titleLine(QUEUE_COLUMNS, canvas)]),
  ],
  line: ({ text }) => text,
  sentence: lineText,
  empty: ({ session }, { id = "", tab = "queue" }) => (tab === "queue" ? (session === undefined ? [`There is no session ${id}, and nothing waits in it.`] : ["Nothing waits in it, and no turn runs."]) : ["It has had no turn yet."]),
  subject: ({ id = "" }) => ({ kind: "session", id }),
});

function queueRows({ waiting = [] }: SessionDetail, canvas: Canvas): TextPart[] {
  return waiting.map((one): TextPart => {
    const row = dispatchRow(one);
    return { id: row.id, text: rowLine(QUEUE_COLUMNS, row, canvas), ...(row.open === undefined ? {} : { open: row.open }), subject: row.subject };
  });
}

function turnRows({ turns = [] }: SessionDetail, canvas: Canvas): TextPart[] {
  return turns.flatMap(({ id, agent, status: is, started_at, ended_at, usage, error, answer }): TextPart[] => [
    { id, text: line(span("dim", `${moment(started_at)} `), status(is, canvas), span("strong", `  ${safeText(agent)}`), span("dim", `  ${ended_at === undefined ? "runs" : `${((ended_at - started_at) / 1_000).toFixed(1)} s`}${usage?.tokens_out === undefined ? "" : `  ${short(usage.tokens_in ?? 0)} tokens in, ${short(usage.tokens_out)} out`}`)) },
    ...paragraph(error ?? answer ?? "", canvas.width - 2, 2, error === undefined ? "dim" : "bad"),
  ]);
}

/** The conversation, oldest first, as the agent has it. */
function historyRows({ turns = [] }: SessionDetail, canvas: Canvas): TextPart[] {
  return turns.flatMap(({ agent, started_at, prompt, answer, error, status: is }): TextPart[] => [
    fact(moment(started_at), { text: "asked", tone: "accent" }, 20),
    ...paragraph(prompt, canvas.width, 30),
    fact(agent, { text: is === "done" ? "answered" : is, tone: is === "done" ? "good" : "bad" }, 20),
    ...paragraph(answer ?? error ?? "", canvas.width, 60),
    [],
  ]);
}
