import { bytes } from "../../engine/pipeline/health.ts";
import { age, ageAt, count, percent, short, took } from "../look/figures.ts";
import { line, span, type Line } from "../look/line.ts";
import { barLines, columns, rebin, sparkline } from "../look/pictures.ts";
import { safeText } from "../look/safe-text.ts";
import type { Overview } from "../reader/overview.ts";
import type { Place } from "../state/place.ts";
import { hookSubject } from "./hooks.ts";
import { defineScreen, type Canvas } from "./screen.ts";
import { fact, status } from "./table.ts";
import { heading, lineText, textRows, type TextPart, type TextRow } from "./text.ts";

export const overviewScreen = defineScreen<"overview", TextRow, "overview">({
  id: "overview",
  title: () => "Overview",
  query: () => ({ of: "overview" }),
  rows: (answer, canvas) => textRows([...verdictRows(answer, canvas), ...troubledRows(answer, canvas), ...queueRows(answer, canvas), ...figureRows(answer, canvas), ...sourceRows(answer, canvas), ...(canvas.sided ? [] : pictures(answer, canvas))]),
  text: lineText,
  head: () => [],
  line: ({ text }) => text,
  sentence: lineText,
  empty: () => ["Nothing is known of this home yet."],
  side: {
    title: "the last 24 hours",
    query: () => ({ of: "overview" }),
    lines: (_, answer, canvas) => (answer === undefined ? [] : pictures(answer, canvas)),
  },
});

/** Where what a verdict speaks of can be seen. */
const SHOWN_BY: Readonly<Record<string, Place>> = { flow: { screen: "events" }, execution: { screen: "live", tab: "errors" } };

function verdictRows({ findings, daemon }: Overview, canvas: Canvas): TextPart[] {
  return findings.map(({ side, grade, evidence }) => {
    const said = side === "liveness" && grade === "healthy" && daemon !== undefined ? `pid ${daemon.pid}, up ${age(canvas.now - daemon.started_at)}, evaluators ${daemon.evaluators.join(", ") || "none yet"}` : safeText(evidence);
    const open = SHOWN_BY[side];
    return { text: line(span("dim", side.padEnd(11)), status(grade, canvas), `  ${said}`), ...(open === undefined ? {} : { open }) };
  });
}

function figureRows({ day, latencies, hooks, database, rows, running, pending, backlog }: Overview, { look: { glyphs } }: Canvas): Line[] {
  return [
    [],
    fact("last 24 h", `${count(day.invocations, "invocation")}, ${count(day.fires, "fire")}, ${count(day.errors, "error")}${day.errors === 0 ? "" : ` (${percent(day.errors, day.invocations)})`}`, 11),
    fact("latency", `p50 ${took(latencies.p50_ms)}  p95 ${took(latencies.p95_ms)}  p99 ${took(latencies.p99_ms)}`, 11),
    line(span("dim", "hooks      "), span("good", `${hooks.active} active`), hooks.paused > 0 ? span("warn", `  ${glyphs.warn} ${hooks.paused} paused`) : undefined, hooks.errored > 0 ? span("bad", `  ${glyphs.bad} ${hooks.errored} errored`) : undefined, hooks.disabled > 0 ? span("dim", `  ${hooks.disabled} disabled`) : undefined),
    fact("work", backlog + pending + running === 0 ? "nothing waits" : `${count(backlog, "event")} to evaluate, ${short(pending)} to dispatch, ${count(running, "turn")} under way`, 11),
    fact("database", `${bytes(database.used_bytes)} of ${bytes(database.max_bytes)}, log ${bytes(database.wal_bytes)}${database.disk_free_bytes === undefined ? "" : `, ${bytes(database.disk_free_bytes)} free on the disk`}`, 11),
    fact("rows", `${count(rows.events, "event")}, ${count(rows.invocations, "invocation")}, ${count(rows.notices, "notice")}`, 11),
  ];
}

function troubledRows({ troubled }: Overview, canvas: Canvas): TextPart[] {
  if (troubled.length === 0) return [];
  return [
    [],
    heading("Hooks that need somebody"),
    ...troubled.map((hook) => ({
      open: { screen: "hook", id: hook.id } as const,
      subject: hookSubject(hook),
      text: line(status(hook.status, canvas), `  ${safeText(hook.slug)}  `, span("dim", `breaker ${hook.circuit}${hook.since === undefined ? "" : ` for ${age(canvas.now - hook.since)}`}  `), span("bad", safeText(hook.error ?? ""))),
    })),
  ];
}

function queueRows({ queues, pending }: Overview, canvas: Canvas): TextPart[] {
  if (pending === 0) return [];
  const most = Math.max(1, ...queues.map(({ waiting }) => waiting));
  return [
    [],
    heading("Sessions that wait"),
    ...queues.map(({ session, waiting, oldest_at }) => ({
      open: { screen: "session", id: session } as const,
      subject: { kind: "session", id: session } as const,
      text: line(`${safeText(session)}  `, span("warn", canvas.look.glyphs.block.repeat(Math.max(1, Math.round((waiting / most) * 20)))), ` ${waiting}`, span("dim", `  the oldest for ${age(canvas.now - oldest_at)}`)),
    })),
  ];
}

function sourceRows({ sources }: Overview, canvas: Canvas): TextPart[] {
  if (sources.length === 0) return [];
  return [
    [],
    heading("Sources"),
    ...sources.map(({ name, events_hour, last_at, held_at, waiting }) => ({
      subject: { kind: "source", id: name, status: held_at === undefined ? "flowing" : "held" } as const,
      text: line(`${safeText(name).padEnd(20)} `, span("accent", `${count(events_hour, "event")} in the last hour`.padEnd(32)), span("dim", `last ${ageAt(last_at, canvas.now)}`), held_at === undefined ? undefined : span("warn", `  ${canvas.look.glyphs.warn} held for ${age(canvas.now - held_at)}, ${count(waiting, "event")} wait`)),
    })),
  ];
}

function pictures({ invocations, fires, errors, histogram }: Overview, { width, look }: Canvas): Line[] {
  const room = Math.max(24, Math.min(96, width - 2));
  const graph = columns(rebin(invocations, room), 4, look).map((row): Line => [span("accent", row)]);
  const axis: Line = [span("dim", `24 h ago${" ".repeat(Math.max(1, room - 11))}now`)];
  return [
    [],
    heading("Invocations"),
    ...graph,
    axis,
    heading("Fires"),
    [span("good", sparkline(rebin(fires, room), look))],
    heading("Errors"),
    [span("bad", sparkline(rebin(errors, room), look))],
    [],
    heading("Latency, last hour"),
    ...(histogram.every(({ count }) => count === 0) ? [[span("dim", "no invocation in the last hour")] as Line] : barLines(doubled(histogram).map(({ below_ms, count: value }) => ({ label: `< ${took(below_ms)}`, value, ...(below_ms > 1_000 ? { tone: "warn" as const } : {}) })), room, look)),
  ];
}

/** Two of its buckets to one: a doubling a line. Empty ends are left out. */
function doubled(histogram: Overview["histogram"]): Overview["histogram"] {
  const lines = histogram.flatMap(({ below_ms, count }, at) => (at % 2 === 0 ? [{ below_ms: histogram[at + 1]?.below_ms ?? below_ms, count: count + (histogram[at + 1]?.count ?? 0) }] : []));
  const first = lines.findIndex(({ count }) => count > 0);
  return lines.slice(Math.max(0, first), lines.findLastIndex(({ count }) => count > 0) + 1);
}
