import type { Subject } from "../actions/subject.ts";
import type { TraceStep } from "../../engine/core/request.ts";
import { moment, short, took } from "../look/figures.ts";
import { widthOf } from "../look/fit.ts";
import { line, span, textOf, type Line } from "../look/line.ts";
import { timelineLines, type Step } from "../look/pictures.ts";
import { safeText } from "../look/safe-text.ts";
import type { EventDetail } from "../reader/event.ts";
import type { Place } from "../state/place.ts";
import { defineScreen, type Canvas } from "./screen.ts";
import { fact, status, toneOf } from "./table.ts";
import { heading, jsonLines, lineText, paragraph, textRows, type TextPart, type TextRow } from "./text.ts";

export const EVENT_TABS = ["trace", "why", "event"] as const;

export const eventScreen = defineScreen<"event", TextRow>({
  id: "event",
  title: ({ id = "" }) => id,
  tabs: EVENT_TABS,
  query: ({ id = "", tab = "trace" }) => ({ of: "event", id, tab }),
  rows: (answer, canvas) => textRows(answer.event === undefined ? [] : [...summary(answer, canvas), ...traceRows(answer, canvas), ...whyRows(answer, canvas), ...fieldRows(answer, canvas)]),
  text: lineText,
  head: () => [],
  line: ({ text }) => text,
  sentence: lineText,
  empty: (_, { id = "" }) => [`There is no event ${id}.`, "", "It was never stored, or retention has removed it: nexus events show says which."],
  subject: ({ id = "" }) => ({ kind: "event", id, facts: { event: id } }),
});

function summary({ event }: EventDetail, { width, look }: Canvas): TextPart[] {
  if (event === undefined) return [];
  const { type, channel, sender_id, received_at, suppressed, content } = event;
  return [
    line(span("strong", safeText(type)), " on ", span("accent", safeText(channel)), sender_id === undefined ? undefined : ` from ${safeText(sender_id)}`, span("dim", `  ${moment(received_at)}`), suppressed === undefined ? undefined : span("warn", `  ${look.glyphs.warn} ${suppressed.replaceAll("_", " ")}`)),
    ...(content === undefined ? [] : paragraph(content, width, 2)),
    [],
  ];
}

function traceRows({ trace }: EventDetail, canvas: Canvas): TextPart[] {
  if (trace === undefined) return [];
  const steps = trace.map((step): Step => {
    const tone = toneOf(step.outcome);
    return { label: step.stage, at: step.at, ...(step.took_ms === undefined ? {} : { took_ms: step.took_ms }), tone: tone === "plain" || tone === "dim" || tone === "strong" || tone === "mark" ? "accent" : tone, detail: safeText(`${step.outcome.replaceAll("_", " ")}${step.took_ms === undefined ? "" : ` ${took(step.took_ms)}`}  ${step.detail ?? ""}`) };
  });
  const lines = timelineLines(steps, canvas.width, canvas.look);
  return lines.map((text, at): TextPart => {
    const open = leadsTo(trace[at]);
    return open === undefined ? text : { text, open };
  });
}

/** What a step was done to says by its id where it can be looked at. */
function leadsTo(step: TraceStep | undefined): Place | undefined {
  if (step === undefined) return undefined;
  return step.id.startsWith("dsp_") ? { screen: "dispatch", id: step.id } : undefined;
}

function whyRows({ event, why, rest = {} }: EventDetail, canvas: Canvas): TextPart[] {
  if (why === undefined) return [];
  const words: Readonly<Record<string, string>> = { failed: "failed", fired: "fired", skipped: "skipped", pending: "pending" };
  const more = Object.entries(rest).map(([verdict, count]) => `${short(count)} ${verdict.replaceAll("_", " ")}`);
  return [
    ...(why.length === 0 ? [[span("dim", "no hook existed when it came")] as Line] : []),
    ...why.flatMap(({ hook_id, hook, verdict, because, invocation_id }): TextPart[] => {
      const open = { screen: "hook", id: hook_id } as const;
      const subject: Subject = invocation_id === undefined ? { kind: "hook", id: hook_id, name: hook } : { kind: "invocation", id: invocation_id, facts: { event: event?.id, hook } };
      const text = line(words[verdict] === undefined ? span("dim", `${canvas.look.glyphs.dot} ${verdict.replaceAll("_", " ")}`) : status(verdict, canvas), span("strong", `  ${safeText(hook)}`));
      const [only = [], ...more] = paragraph(because, Math.max(20, canvas.width - widthOf(textOf(text)) - 2), 1);
      // The answer is never cut: where it does not fit it has lines of its own.
      const parts = more.length === 0 ? [line(...text, "  ", ...only)] : [text, ...paragraph(because, canvas.width - 4).map((one) => line("    ", ...one))];
      return parts.map((part) => ({ open, subject, text: part }));
    }),
    ...(more.length === 0 ? [] : [[], [span("dim", `and ${more.join(", ")}`)] as Line]),
  ];
}

function fieldRows({ event, effects }: EventDetail, { width }: Canvas): TextPart[] {
  if (event === undefined || effects === undefined) return [];
  const { id, seq, timestamp, received_at, direction, thread_id, reply_to, source_adapter, source_id, cause_id, depth, content, metadata, principal, access } = event;
  const facts = { id, seq: String(seq), "happened at": moment(timestamp), "received at": moment(received_at), direction, thread: thread_id, "reply to": reply_to, source: `${source_adapter} ${source_id}`, depth: String(depth), principal: principal === undefined ? undefined : JSON.stringify(principal), access: access === undefined ? undefined : JSON.stringify(access) };
  return [
    ...Object.entries(facts).flatMap(([label, value]): TextPart[] => (value === undefined ? [] : [fact(label, value)])),
    ...(cause_id === undefined ? [] : [{ text: fact("cause", cause_id), open: { screen: cause_id.startsWith("dsp_") ? "dispatch" : "event", id: cause_id } } as const]),
    ...(content === undefined ? [] : [[], heading("Content"), ...paragraph(content, width)]),
    [],
    heading("Metadata"),
    ...jsonLines(metadata, width),
    ...(effects.length === 0 ? [] : [[], heading("Led to")]),
    ...effects.map(({ id: effect, type, at }) => ({ text: line(span("dim", `${moment(at)} `), `${safeText(type)}  ${safeText(effect)}`), open: { screen: "event", id: effect }, subject: { kind: "event", id: effect, facts: { event: effect } } }) as const),
  ];
}
