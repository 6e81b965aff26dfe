import { clock, moment, took } from "../look/figures.ts";
import { line, span, type Line } from "../look/line.ts";
import { safeText } from "../look/safe-text.ts";
import { MOST_EVENTS, type EventFacts } from "../reader/events.ts";
import { defineScreen, type Row } from "./screen.ts";
import { outcomeSpan } from "./live.ts";
import { fact, rowLine, rowSentence, status, titleLine, type Column } from "./table.ts";
import { jsonLines, paragraph } from "./text.ts";

interface EventRow extends Row {
  readonly event: EventFacts;
}

const DAY_MS = 86_400_000;

const COLUMNS: readonly Column<EventRow>[] = [
  { title: "received", width: 19, priority: 3, cell: ({ event }) => span("dim", moment(event.at)) },
  { title: "type", width: 13, cell: ({ event }) => event.type },
  { title: "channel", width: 10, cell: ({ event }) => span("accent", event.channel) },
  { title: "sender", width: 18, priority: 1, cell: ({ event }) => event.sender ?? "-" },
  { title: "", width: 11, priority: 0, cell: ({ event }, canvas) => (event.suppressed === undefined ? "" : span("warn", `${canvas.look.glyphs.warn} ${event.suppressed.replaceAll("_", " ")}`)) },
  { title: "content", width: "rest", least: 32, cell: ({ event }) => (event.content === "" ? span("dim", event.id) : event.content) },
];

export const eventsScreen = defineScreen<"events", EventRow, "eventGist">({
  id: "events",
  title: () => "Events",
  query: (_, { filter }) => ({ of: "events", search: filter }),
  searches: true,
  rows: ({ events }) => events.map((event): EventRow => ({ id: event.id, event, open: { screen: "event", id: event.id }, subject: { kind: "event", id: event.id, facts: { event: event.id } } })),
  text: ({ event }) => event.content,
  head: ({ more }, canvas) => [
    ...(more ? [[span("dim", canvas.list.filter === "" ? `the newest ${MOST_EVENTS}; / searches all of them: words, type: channel: sender: thread:, or an id` : `the newest ${MOST_EVENTS} that match`)] as Line] : []),
    titleLine(COLUMNS, canvas),
  ],
  line: (row, canvas) => rowLine(COLUMNS, row, canvas),
  sentence: (row, canvas) => rowSentence(COLUMNS, row, canvas),
  empty: () => ["No event is stored.", "", "nexus events emit --channel email --content hello   stores one (or press E here)"],
  side: {
    title: "event",
    query: ({ event }) => ({ of: "eventGist", id: event.id }),
    lines: ({ event }, gist, { width, now, look }) => [
      [span("strong", safeText(event.id))],
      fact("received", now - event.at < DAY_MS ? clock(event.at) : moment(event.at)),
      ...(event.content === "" ? [] : [[] as Line, ...paragraph(event.content, width, 8)]),
      ...(gist === undefined
        ? []
        : [
            [] as Line,
            [span("dim", gist.decisions.length === 0 ? "no hook has decided on it" : "decisions")] as Line,
            ...gist.decisions.slice(0, 16).map(({ hook, outcome, took_ms }) => line(outcomeSpan(outcome, { look }), `${safeText(hook)} `, span("dim", took(took_ms)))),
            ...gist.dispatches.map(({ session, status: is }) => line(status(is, { look }), `  ${safeText(session)}`)),
            [] as Line,
            [span("dim", "metadata")] as Line,
            ...jsonLines(gist.metadata, width, 20),
          ]),
    ],
  },
});
