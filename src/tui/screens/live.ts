import { clock, took } from "../look/figures.ts";
import { line, span, type Line, type Span } from "../look/line.ts";
import { pad } from "../look/fit.ts";
import { safeText } from "../look/safe-text.ts";
import { LIVE_TABS, type LiveInvocation, type LiveNotice } from "../reader/live.ts";
import { hookSubject } from "./hooks.ts";
import { noticeText, noticeTone } from "./notice-text.ts";
import { defineScreen, type Canvas, type Row } from "./screen.ts";
import { status } from "./table.ts";

/** Columns of a line below which every one of them is needed for what went wrong. */
const NARROW = 100;

type LiveRow = Row & ({ readonly invocation: LiveInvocation } | { readonly notice: LiveNotice });

/** Newest first, so that what is new is where the eye is; a row under the cursor keeps its place under it. */
export const liveScreen = defineScreen<"live", LiveRow>({
  id: "live",
  title: () => "Live",
  tabs: LIVE_TABS,
  query: ({ tab = "all" }) => ({ of: "live", tab }),
  rows: ({ invocations, notices }) => [...invocations.map(invocationRow), ...notices.map(noticeRow)].sort((one, other) => atOf(other) - atOf(one)),
  text: (row) => ("invocation" in row ? `${row.invocation.hook} ${row.invocation.outcome} ${row.invocation.what} ${row.invocation.error ?? ""}` : noticeText(row.notice)),
  head: () => [],
  line: (row, canvas) => line(span("dim", `${clock(atOf(row))} `), ...("invocation" in row ? invocationSpans(row.invocation, canvas) : [span(noticeTone(row.notice.kind), safeText(noticeText(row.notice)))])),
  sentence: (row) => ("invocation" in row ? `${clock(atOf(row))} ${row.invocation.hook}, ${row.invocation.outcome}, ${took(row.invocation.took_ms)}, ${row.invocation.what}` : `${clock(atOf(row))} ${noticeText(row.notice)}`),
  empty: (_, { tab }) => (tab === "errors" ? ["No invocation has failed."] : ["Nothing has happened yet.", "", "nexus serve         evaluates events", "nexus events emit   stores one (or press E here)"]),
});

function invocationSpans({ hook, outcome, took_ms, what, error }: LiveInvocation, canvas: Canvas): Line {
  const slug = Math.max(12, Math.min(28, Math.floor(canvas.width * 0.2)));
  const spans: (Span | string)[] = [`${pad(safeText(hook), slug, canvas.look)} `, outcomeSpan(outcome, canvas, canvas.width), span("dim", `${pad(took(took_ms), 7, canvas.look, true)}  `)];
  return line(...spans, error === undefined ? safeText(what) : span(outcome.startsWith("skipped") ? "dim" : "bad", safeText(error)), error === undefined ? undefined : span("dim", `  ${safeText(what)}`));
}

/** The ordinary "no" is dim: what fired and what broke is to be seen. On a narrow line the reason, which follows, says how it was skipped. */
export function outcomeSpan(given: string, canvas: Pick<Canvas, "look">, room = NARROW): Span {
  const [outcome, width] = room < NARROW ? [given.replace(/^skipped_.*/, "skipped"), 11] : [given, 19];
  if (outcome === "no_fire") return span("dim", pad(`${canvas.look.glyphs.dot} no fire`, width, canvas.look));
  const { text, tone = "plain" } = status(outcome, canvas);
  return span(tone, pad(text.replaceAll("_", " "), width, canvas.look));
}

function invocationRow(invocation: LiveInvocation): LiveRow {
  const { id, event_id, hook } = invocation;
  return { id, invocation, open: { screen: "event", id: event_id, tab: "why" }, subject: { kind: "invocation", id, facts: { event: event_id, hook } } };
}

function noticeRow(notice: LiveNotice): LiveRow {
  const { id, event_id, hook_id, standing } = notice;
  const open = event_id !== undefined ? ({ screen: "event", id: event_id } as const) : hook_id !== undefined ? ({ screen: "hook", id: hook_id } as const) : undefined;
  return { id, notice, ...(open === undefined ? {} : { open }), ...(standing === undefined ? {} : { subject: hookSubject(standing) }) };
}

function atOf(row: LiveRow): number {
  return "invocation" in row ? row.invocation.at : row.notice.at;
}
