import { describeLimits, describeSchedule, describeTriggers } from "../../cli/hook-text.ts";
import { describePermissions } from "../../engine/core/hook-permissions.ts";
import type { Hook } from "../../engine/core/hook.ts";
import { age, ageAt, count, moment, percent, short, took } from "../look/figures.ts";
import { line, span, type Line } from "../look/line.ts";
import { barLines } from "../look/pictures.ts";
import { safeText } from "../look/safe-text.ts";
import type { HookDetail } from "../reader/hook.ts";
import { dayLines } from "./day.ts";
import type { Canvas } from "./screen.ts";
import { fact, status } from "./table.ts";
import { heading, paragraph, type TextPart } from "./text.ts";

export function hookSummaryRows({ hook, stats, day, histogram, ...times }: HookDetail, canvas: Canvas): TextPart[] {
  if (hook === undefined) return [];
  return [...standing(hook, times, canvas), [], ...conditions(hook, canvas), [], ...figures(stats), ...(day === undefined ? [] : dayLines(day, canvas)), ...latencies(histogram, canvas)];
}

function standing(hook: Hook, { next_at, trial_at }: Pick<HookDetail, "next_at" | "trial_at">, canvas: Canvas): Line[] {
  const { status: is, disabled_reason, circuit_state, circuit_opened_at, consecutive_errors, last_error, version, creator, deleted_at } = hook;
  const { name, mode, description, stage } = version.metadata;
  const by = [creator.agent, creator.persona, creator.session].filter((part) => part !== undefined).join(", ");
  return [
    line(status(deleted_at === undefined ? is : "deleted", canvas), disabled_reason === undefined ? undefined : span("dim", `  ${safeText(disabled_reason)}`)),
    ...(description === undefined ? [] : paragraph(description, canvas.width, 3)),
    ...(circuit_state === "closed" ? [] : [line(span("bad", `breaker ${circuit_state}`), ` for ${age(canvas.now - (circuit_opened_at ?? canvas.now))}, after ${consecutive_errors} errors in a row; ${trial_at === undefined ? "" : trial_at > canvas.now ? `its trial is due ${ageAt(trial_at, canvas.now)}; ` : "the next event is its trial; "}`, span("accent", "e"), " closes it at once")]),
    ...(last_error === undefined ? [] : [[span("dim", "last error")] as Line, ...paragraph(last_error, canvas.width, 6, "bad")]),
    [],
    ...(name === hook.slug ? [] : [fact("name", name)]),
    fact("id", hook.id),
    fact("version", `v${version.version}${stage === "runAutomations" ? "" : `, at ${stage}`}, ${mode}`),
    fact("owner", by === "" ? "-" : by),
    fact("created", `${moment(hook.created_at)}${hook.updated_at === hook.created_at ? "" : `, changed ${moment(hook.updated_at)}`}`),
    ...(next_at === undefined ? [] : [fact("next slot", `${moment(next_at)} (${ageAt(next_at, canvas.now)})`)]),
    fact("last fired", `${ageAt(hook.last_triggered, canvas.now)}, ${short(hook.trigger_count)} times in all`),
  ];
}

function conditions({ version: { metadata, approved } }: Hook, { width }: Canvas): Line[] {
  const { triggers, schedule, limits, permissions } = metadata;
  const facts = {
    triggers: triggers === undefined ? (schedule === undefined ? "every event" : undefined) : describeTriggers(triggers),
    schedule: schedule === undefined ? undefined : describeSchedule(schedule),
    limits: describeLimits(limits),
    permissions: permissions === undefined ? "none declared: the least there is" : describePermissions(permissions),
    approved: approved === undefined ? undefined : `${moment(approved.at)} by ${approved.by}`,
  };
  return Object.entries(facts).flatMap(([label, value]): Line[] => {
    if (value === undefined) return [];
    const [first = [], ...more] = paragraph(value, Math.max(20, width - 14), 6);
    return [line(span("dim", label.padEnd(14)), ...first), ...more.map((rest) => line(" ".repeat(14), ...rest))];
  });
}

function figures(stats: HookDetail["stats"]): Line[] {
  if (stats === undefined) return [];
  const { invocations, fires, errors, skips, llm_calls, llm_tokens_in, llm_tokens_out, search_calls } = stats;
  return [
    fact("24 hours", `${count(invocations, "invocation")}, ${count(fires, "fire")}, ${count(errors, "error")}${errors === 0 ? "" : ` (${percent(errors, invocations)})`}, ${short(skips)} skipped`),
    fact("latency", `p50 ${took(stats.p50_ms)}  p95 ${took(stats.p95_ms)}  p99 ${took(stats.p99_ms)}  most ${took(stats.max_ms)}`),
    fact("cost", llm_calls + search_calls === 0 ? "no model was asked, nothing was searched" : `${count(llm_calls, "model call")}, ${short(llm_tokens_in)} tokens in, ${short(llm_tokens_out)} out; ${short(search_calls)} searches`),
  ];
}

function latencies(histogram: HookDetail["histogram"], { width, look }: Canvas): Line[] {
  const used = (histogram ?? []).filter(({ count }) => count > 0);
  return used.length === 0 ? [] : [[], heading("Latency, 24 hours"), ...barLines(used.map(({ below_ms, count }) => ({ label: `< ${took(below_ms)}`, value: count })), Math.min(width, 100), look)];
}
