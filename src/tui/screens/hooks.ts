import type { HookStanding } from "../reader/hook-standing.ts";
import type { HookFacts } from "../reader/hooks.ts";
import { ageAt, count, percent, short, took } from "../look/figures.ts";
import { line, span, type Line } from "../look/line.ts";
import type { Subject } from "../actions/subject.ts";
import { defineScreen, type Row } from "./screen.ts";
import { dayLines } from "./day.ts";
import { fact, rowLine, rowSentence, status, titleLine, type Column } from "./table.ts";
import { paragraph } from "./text.ts";

interface HookRow extends Row {
  readonly hook: HookFacts;
}

export function hookSubject(hook: HookStanding): Subject {
  return { kind: "hook", id: hook.id, name: hook.slug, status: hook.deleted ? "deleted" : hook.status, facts: { version: String(hook.version), reason: hook.reason } };
}

/** What stays on the left, what moves on the right: a line is sent from its first change on. */
const COLUMNS: readonly Column<HookRow>[] = [
  { title: "hook", width: "rest", least: 20, cell: ({ hook }) => hook.slug },
  { title: "status", width: 10, cell: ({ hook }, canvas) => status(hook.deleted ? "deleted" : hook.status, canvas) },
  { title: "mode", width: 10, priority: 1, cell: ({ hook }) => hook.mode },
  { title: "owner", width: 9, priority: 2, cell: ({ hook }) => hook.owner ?? "-" },
  { title: "ver", width: 4, right: true, priority: 0, cell: ({ hook }) => `v${hook.version}` },
  { title: "breaker", width: 9, priority: 3, cell: ({ hook }, canvas) => (hook.circuit === "closed" ? span("dim", "-") : status(hook.circuit, canvas)) },
  { title: "errors", width: 6, right: true, cell: ({ hook }) => (hook.errors === 0 ? span("dim", "-") : span("bad", short(hook.errors))) },
  { title: "err%", width: 5, right: true, priority: 2, cell: ({ hook }) => (hook.errors === 0 ? span("dim", "-") : percent(hook.errors, hook.invocations)) },
  { title: "fires", width: 6, right: true, cell: ({ hook }) => short(hook.fires) },
  { title: "p50", width: 6, right: true, priority: 4, cell: ({ hook }) => took(hook.p50_ms) },
  { title: "p95", width: 6, right: true, cell: ({ hook }) => took(hook.p95_ms) },
  { title: "next", width: 7, right: true, priority: 2, cell: ({ hook }, { now }) => (hook.next_at === 0 ? "?" : ageAt(hook.next_at, now)) },
  { title: "last", width: 6, right: true, priority: 5, cell: ({ hook }, { now }) => ageAt(hook.last_triggered, now) },
  { title: "24 h", width: 6, right: true, cell: ({ hook }) => short(hook.invocations) },
];

export const hooksScreen = defineScreen<"hooks", HookRow, "hookDay">({
  id: "hooks",
  title: (place) => (place.tab === "deleted" ? "Deleted hooks" : "Hooks"),
  tabs: ["registered", "deleted"],
  query: ({ tab }) => ({ of: "hooks", deleted: tab === "deleted" }),
  rows: ({ hooks }) => hooks.map((hook): HookRow => ({ id: hook.id, hook, open: { screen: "hook", id: hook.id }, subject: hookSubject(hook) })),
  text: ({ hook }) => `${hook.slug} ${hook.deleted ? "deleted" : hook.status} ${hook.owner ?? ""} ${hook.mode} ${hook.circuit} ${hook.last_error ?? ""}`,
  orders: [
    { title: "hook", by: ({ hook }) => hook.slug },
    { title: "status", by: ({ hook }) => ["errored", "paused", "disabled", "active"].indexOf(hook.status) },
    { title: "errors", by: ({ hook }) => hook.errors, descending: true },
    { title: "fires", by: ({ hook }) => hook.fires, descending: true },
    { title: "p95", by: ({ hook }) => hook.p95_ms ?? 0, descending: true },
    { title: "next", by: ({ hook: { next_at = 0 } }) => (next_at === 0 ? Number.MAX_SAFE_INTEGER : next_at) },
    { title: "last", by: ({ hook }) => hook.last_triggered ?? 0, descending: true },
    { title: "24 h", by: ({ hook }) => hook.invocations, descending: true },
  ],
  group: ({ hook }) => hook.owner ?? "without an owner",
  head: (_, canvas) => [titleLine(COLUMNS, canvas)],
  line: (row, canvas) => rowLine(COLUMNS, row, canvas),
  sentence: (row, canvas) => rowSentence(COLUMNS, row, canvas),
  empty: (_, { tab }) => (tab === "deleted" ? ["No hook was deleted."] : ["No hook is registered.", "", "nexus hooks register ./my-hook.ts   registers one", "nexus demo                           shows ten at work"]),
  side: {
    title: "hook",
    query: ({ hook }) => ({ of: "hookDay", id: hook.id }),
    lines: ({ hook }, day, canvas) => [
      line(span("strong", hook.slug), "  ", status(hook.deleted ? "deleted" : hook.status, canvas)),
      ...(hook.reason === undefined ? [] : paragraph(hook.reason, canvas.width, 3)),
      [],
      fact("owner", hook.owner ?? "-"),
      fact("24 hours", `${count(hook.invocations, "invocation")}, ${count(hook.fires, "fire")}, ${count(hook.errors, "error")}`),
      fact("latency", `p50 ${took(hook.p50_ms)}, p95 ${took(hook.p95_ms)}`),
      ...(day === undefined ? [] : dayLines(day, canvas)),
      ...(hook.last_error === undefined ? [] : [[] as Line, [span("dim", "last error")] as Line, ...paragraph(hook.last_error, canvas.width, 6, "bad")]),
    ],
  },
});
