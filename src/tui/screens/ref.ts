import { moment, took } from "../look/figures.ts";
import { line, span, type Line } from "../look/line.ts";
import { safeText } from "../look/safe-text.ts";
import type { RefExecution } from "../../engine/core/ref.ts";
import type { RefDetail } from "../reader/refs.ts";
import { defineScreen, type Canvas } from "./screen.ts";
import { fact, status } from "./table.ts";
import { heading, jsonLines, lineText, paragraph, textRows, type TextPart, type TextRow } from "./text.ts";

const TABS = ["history", "hooks", "passage"] as const;

export const refScreen = defineScreen<"ref", TextRow>({
  id: "ref",
  title: ({ id = "" }) => id,
  tabs: TABS,
  query: ({ id = "", tab = "history" }) => ({ of: "ref", id, tab }),
  rows: (answer, canvas) => textRows([...historyRows(answer, canvas), ...hookRows(answer, canvas), ...passageRows(answer, canvas)]),
  text: lineText,
  head: ({ ref }) => (ref === undefined ? [[span("warn", "it does not exist now")], []] : [line(span("dim", "at "), span("strong", ref.passage_id), span("dim", `  since ${moment(ref.updated_at)}`)), []]),
  line: ({ text }) => text,
  sentence: lineText,
  empty: (_, { id = "", tab = "history" }) => (tab === "hooks" ? ["No hook is on it.", "", `nexus refs hooks create ${id} ACTION --config JSON   makes one`] : tab === "passage" ? ["It names no passage."] : ["It never was."]),
  subject: ({ id = "" }) => ({ kind: "ref", id }),
});

function historyRows({ history = [] }: RefDetail, canvas: Canvas): TextPart[] {
  return history.flatMap(({ id, action, passage_id, previous_passage_id, hooks, created_at, created_by, depth, executions }): TextPart[] => [
    {
      id,
      open: { screen: "event", id: `ref:${id}` },
      text: line(span("dim", `${moment(created_at)} `), span("accent", action.padEnd(8)), passage_id === undefined ? span("warn", "deleted") : safeText(passage_id), span("dim", previous_passage_id === undefined ? "  the first" : `  before ${safeText(previous_passage_id)}`), created_by === undefined ? undefined : span("dim", `  by ${safeText(created_by)}`), span("dim", `  hooks ${hooks}${depth > 0 ? `, cascaded ${depth} deep` : ""}`)),
    },
    ...executions.map((one) => executionLine(one, canvas)),
  ]);
}

function executionLine({ position, action_type, outcome, latency_us, error, effects }: RefExecution, canvas: Canvas): Line {
  return line(span("dim", `    ${position + 1}. `), status(outcome, canvas), `  ${safeText(action_type)}  `, span("dim", `${took(latency_us / 1_000)}  `), error === undefined ? span("dim", safeText(effects.join("; "))) : span("bad", safeText(error)));
}

function hookRows({ hooks = [] }: RefDetail, canvas: Canvas): TextPart[] {
  return hooks.flatMap(({ id, action_type, enabled, config, created_at, executions }, at): TextPart[] => [
    { id, subject: { kind: "ref_hook", id, status: enabled ? "enabled" : "disabled" }, text: line(span("strong", `${at + 1}. ${safeText(action_type)}  `), enabled ? span("good", `${canvas.look.glyphs.good} enabled`) : span("dim", `${canvas.look.glyphs.off} disabled`), span("dim", `  ${id}  ${moment(created_at)}`)) },
    ...jsonLines(config, canvas.width - 4, 12),
    ...executions.map((one) => line(span("dim", `  ${moment(one.started_at)}`), ...executionLine(one, canvas))),
    [],
  ]);
}

function passageRows({ passage }: RefDetail, { width }: Canvas): TextPart[] {
  if (passage === undefined) return [];
  const { id, type, created_at, created_by, hash, content, metadata } = passage;
  return [fact("passage", id), fact("type", type), fact("added", `${moment(created_at)}${created_by === undefined ? "" : ` by ${created_by}`}`), fact("hash", hash), [], ...paragraph(content, width, 2_000), ...(Object.keys(metadata).length === 0 ? [] : [[], heading("Metadata"), ...jsonLines(metadata, width)])];
}
