import { moment, took } from "../look/figures.ts";
import { line, span, type Line } from "../look/line.ts";
import { safeText } from "../look/safe-text.ts";
import type { HookDetail } from "../reader/hook.ts";
import { outcomeSpan } from "./live.ts";
import type { Canvas } from "./screen.ts";
import { jsonLines, paragraph, type TextPart } from "./text.ts";

export function hookInvocationRows({ hook, invocations = [] }: HookDetail, canvas: Canvas): TextPart[] {
  return invocations.map(({ id, event_id, started_at, latency_us, outcome, reason, error, result }): TextPart => {
    const said = error ?? reason ?? (result === undefined ? "" : JSON.stringify(result));
    // Why, before of what: Enter leads to the event.
    const because = said === "" ? undefined : span(error === undefined ? "dim" : "bad", `${safeText(said.slice(0, 300))}  `);
    return {
      id, open: { screen: "event", id: event_id, tab: "why" },
      subject: { kind: "invocation", id, facts: { event: event_id, hook: hook?.slug } },
      text: line(span("dim", `${moment(started_at)} `), outcomeSpan(outcome, canvas, canvas.width), span("dim", `${took(latency_us / 1_000).padStart(6)}  `), because, safeText(event_id)),
    };
  });
}

export function hookLogRows({ hook, logs = [] }: HookDetail, canvas: Canvas): TextPart[] {
  return logs.flatMap(({ id, event_id, at, outcome, lines, dropped_bytes, error }): TextPart[] => [
    { id, open: { screen: "event", id: event_id, tab: "why" }, subject: { kind: "invocation", id, facts: { event: event_id, hook: hook?.slug } }, text: line(span("strong", `${moment(at)} `), outcomeSpan(outcome, canvas), safeText(event_id)) },
    ...lines.flatMap(({ at: after, level, text }): Line[] => paragraph(text, canvas.width - 18, 20).map((part, n) => line(span("dim", n === 0 ? `${`+${after}ms`.padStart(9)} ${level.padEnd(5)} ` : " ".repeat(16)), level === "error" || level === "warn" ? span(level === "error" ? "bad" : "warn", part.map((one) => one.text).join("")) : part.map((one) => one.text).join("")))),
    ...(dropped_bytes > 0 ? [[span("dim", `          ${dropped_bytes} bytes in the middle were dropped`)] as Line] : []),
    ...(error === undefined ? [] : paragraph(error, canvas.width - 2, 12, "bad")),
  ]);
}

export function hookStateRows({ state = {} }: HookDetail, { width }: Canvas): TextPart[] {
  return Object.entries(state).flatMap(([key, value]): Line[] => {
    const lines = jsonLines(value, Math.max(20, width - 2), 60);
    const [only] = lines;
    return lines.length === 1 && only !== undefined ? [line(span("accent", safeText(key)), "  ", ...only)] : [[span("accent", safeText(key))], ...lines.map((one) => line("  ", ...one))];
  });
}
