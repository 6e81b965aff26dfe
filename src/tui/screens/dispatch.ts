import { ageAt, moment, short } from "../look/figures.ts";
import { line, span, type Line } from "../look/line.ts";
import { safeText } from "../look/safe-text.ts";
import type { DispatchDetail } from "../reader/dispatches.ts";
import { defineScreen, type Canvas } from "./screen.ts";
import { fact, status } from "./table.ts";
import { heading, jsonLines, lineText, paragraph, textRows, type TextPart, type TextRow } from "./text.ts";

const TABS = ["summary", "context", "turn", "deliveries"] as const;
const PARTS: Readonly<Record<string, (answer: DispatchDetail, canvas: Canvas) => readonly TextPart[]>> = { summary: summaryRows, context: contextRows, turn: turnRows, deliveries: deliveryRows };

export const dispatchScreen = defineScreen<"dispatch", TextRow>({
  id: "dispatch",
  title: ({ id = "" }) => id,
  tabs: TABS,
  query: ({ id = "" }) => ({ of: "dispatch", id }),
  rows: (answer, canvas) => (answer.dispatch === undefined ? [] : textRows(PARTS[canvas.place.tab ?? "summary"]?.(answer, canvas) ?? [])),
  text: lineText,
  head: () => [],
  line: ({ text }) => text,
  sentence: lineText,
  empty: ({ dispatch, turn }, { id = "", tab }) => (dispatch === undefined ? [`There is no dispatch ${id}.`] : turn === undefined ? [`No turn was begun for it yet: it is ${dispatch.status}${dispatch.reason === undefined ? "" : `, ${dispatch.reason}`}.`] : tab === "deliveries" ? ["Its turn has sent no message: it has no answer, or no outbound takes its channel."] : ["Nothing."]),
  subject: ({ id = "" }, { dispatch }) => ({ kind: "dispatch", id, ...(dispatch === undefined ? {} : { status: dispatch.status, facts: { event: dispatch.event_id } }) }),
});

/** The essential of it, for the panel beside a list. */
export function dispatchLines(answer: DispatchDetail, canvas: Canvas, most: number): Line[] {
  const { dispatch, turn, deliveries = [] } = answer;
  if (dispatch === undefined) return [];
  return [
    [span("strong", dispatch.id)],
    line(status(dispatch.status, canvas), dispatch.reason === undefined ? undefined : `  ${safeText(dispatch.reason)}`),
    [],
    ...(dispatch.prompt === undefined ? [] : paragraph(dispatch.prompt, canvas.width, most)),
    [],
    ...(turn === undefined ? [] : [line(span("dim", "turn  "), status(turn.status, canvas), ` by ${safeText(turn.agent)}`), ...paragraph(turn.error ?? turn.answer ?? "", canvas.width, most, turn.error === undefined ? "plain" : "bad")]),
    ...deliveries.map(({ outbound, status: is, error }) => line(span("dim", "message  "), status(is, canvas), `  ${safeText(outbound)}  ${safeText(error ?? "")}`)),
  ];
}

function summaryRows({ dispatch, hook, turn }: DispatchDetail, canvas: Canvas): TextPart[] {
  if (dispatch === undefined) return [];
  const { id, status: is, reason, session_key, agent, persona, event_id, hook_id, sender, attempts, not_before, created_at, settled_at, effective_mode, routing, prompt, context } = dispatch;
  const mode = effective_mode ?? routing["queue_mode"];
  return [
    line(status(is, canvas), reason === undefined ? undefined : `  ${safeText(reason)}`),
    [],
    fact("id", id),
    { text: fact("session", session_key), open: { screen: "session", id: session_key }, subject: { kind: "session", id: session_key } },
    { text: fact("event", event_id), open: { screen: "event", id: event_id }, subject: { kind: "event", id: event_id, facts: { event: event_id } } },
    hook_id === undefined ? fact("sent by", sender ?? "-") : { text: fact("hook", hook ?? hook_id), open: { screen: "hook", id: hook_id } },
    fact("agent", `${agent ?? "the persona's"}${persona === undefined ? "" : ` as ${persona}`}`),
    fact("mode", typeof mode === "string" ? `${mode}${effective_mode === undefined ? ", as asked" : ""}` : "as configured"),
    fact("created", `${moment(created_at)} (${ageAt(created_at, canvas.now)})`),
    ...(settled_at === undefined ? [] : [fact("settled", moment(settled_at))]),
    fact("tries", `${attempts}${is === "pending" && not_before > canvas.now ? `, the next ${ageAt(not_before, canvas.now)}` : ""}`),
    ...(turn === undefined ? [] : [fact("turn", `${turn.id}, ${turn.status}`)]),
    ...(prompt === undefined ? [] : [[], heading("Prompt"), ...paragraph(prompt, canvas.width)]),
    ...(Object.keys(context.data).length === 0 ? [] : [[], heading("What the hook found out"), ...jsonLines(context.data, canvas.width)]),
  ];
}

function contextRows({ turn }: DispatchDetail, { width }: Canvas): TextPart[] {
  if (turn?.context === undefined) return [];
  const { system, prompt, layers, tokens } = turn.context;
  return [
    fact("tokens", `about ${short(tokens)}`),
    ...layers.map(({ layer, tokens: of, cut }) => line(span("dim", `  ${layer.padEnd(12)}`), short(of), cut === undefined ? undefined : span("warn", `  ${safeText(cut)}`))),
    ...(system === "" ? [] : [[], heading("System"), ...paragraph(system, width, 2_000)]),
    [],
    heading("Prompt"),
    ...paragraph(prompt, width, 2_000),
  ];
}

function turnRows({ turn }: DispatchDetail, canvas: Canvas): TextPart[] {
  if (turn === undefined) return [];
  const { id, agent, runner, status: is, started_at, ended_at, code, error, usage, process, agent_session, answer, profile } = turn;
  const spent = [usage?.tokens_in === undefined ? "" : `${short(usage.tokens_in)} tokens in`, usage?.tokens_out === undefined ? "" : `${short(usage.tokens_out)} out`, usage?.cost_usd === undefined ? "" : `$${usage.cost_usd}`].filter((part) => part !== "").join(", ");
  return [
    line(status(is, canvas), `  ${safeText(agent)} by ${runner}, profile ${profile}`),
    fact("turn", id),
    fact("began", moment(started_at)),
    ...(ended_at === undefined ? [] : [fact("ended", `${moment(ended_at)}, after ${((ended_at - started_at) / 1_000).toFixed(1)} s`)]),
    ...(process === undefined ? [] : [fact("process", `pid ${process.pid}`)]),
    ...(agent_session === undefined ? [] : [fact("its session", agent_session)]),
    ...(spent === "" ? [] : [fact("usage", spent)]),
    ...(error === undefined ? [] : [[], ...paragraph(`${error}${code === undefined ? "" : ` [${code}]`}`, canvas.width, 20, "bad")]),
    ...(answer === undefined ? [] : [[], heading("Answer"), ...paragraph(answer, canvas.width, 1_000)]),
  ];
}

function deliveryRows({ deliveries = [] }: DispatchDetail, canvas: Canvas): TextPart[] {
  return deliveries.flatMap(({ id, status: is, outbound, part, parts, attempts, error, receipt, settled_at, not_before, message_json }): TextPart[] => [
    { id, subject: { kind: "delivery", id, status: is }, text: line(status(is, canvas), span("strong", `  ${safeText(outbound)}`), span("dim", `  part ${part} of ${parts}, ${attempts === 1 ? "1 try" : `${attempts} tries`}${settled_at === null ? (not_before > canvas.now ? `, the next ${ageAt(not_before, canvas.now)}` : "") : `, ${moment(settled_at)}`}`)) },
    ...(error === null ? [] : paragraph(error, canvas.width, 4, "bad")),
    ...(receipt === null ? [] : [[span("dim", safeText(receipt))] as Line]),
    ...jsonLines(JSON.parse(message_json), canvas.width, 12),
    [],
  ]);
}
