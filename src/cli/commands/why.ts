import { denialText } from "../../engine/core/access-policy.ts";
import { whyEvent } from "../../engine/pipeline/why.ts";
import type { Verdict, WhyEntry } from "../../engine/pipeline/why.ts";
import { findHook } from "../../engine/registry/find-hook.ts";
import type { Run } from "../call.ts";
import { flag } from "../call.ts";
import { emit, emitJson, isoTime, latency, oneLine, paint, printable } from "../output.ts";
import { principalText } from "../person-text.ts";
import { table } from "../table.ts";
import { eventView } from "../views.ts";
import { withStore } from "../workspace.ts";

/** Hooks that had nothing to do with the event: counted, and listed with `--all` or when one hook is asked for. */
const QUIET: ReadonlySet<Verdict> = new Set(["trigger_did_not_match", "addressed_to_another", "not_registered_then", "deleted"]);

export const run: Run = (call) =>
  withStore(call, "must exist", (store) => {
    const [eventId = "", name] = call.args;
    const { event, principal, hooks } = whyEvent(store, eventId, name === undefined ? undefined : findHook(store, name));
    const all = name !== undefined || flag(call, "all");
    // JSON is for programs: nothing is left out of it.
    if (call.json) return emitJson({ event: eventView(event), principal, hooks });
    emit(paint("bold", printable(`${event.id}  ${event.type} on ${event.channel}, ${isoTime(event.timestamp)}`)));
    if (event.content !== undefined) emit(`  ${oneLine(event.content).slice(0, 120)}`);
    if (event.principal !== undefined) emit(`  From ${principalText(event.principal)}`);
    if (event.suppressed === "denied") emit(`  ${paint("red", "Denied")}: ${oneLine(denialText(event))}. It is evaluated by no hook.`);
    const shown = all ? hooks : hooks.filter(({ verdict }) => !QUIET.has(verdict));
    if (shown.length > 0) emit(`\n${table(["Hook", "Verdict", "Because"], shown.map(rowOf))}`);
    const rest = hooks.filter((entry) => !shown.includes(entry));
    if (rest.length > 0) emit(`\n${summary(rest)} (--all lists them)`);
    if (hooks.length === 0) emit("  No hook is registered.");
  });

function rowOf({ hook, verdict, because, latency_ms, outcome }: WhyEntry): string[] {
  const time = latency_ms === undefined || verdict === "skipped" ? "" : ` after ${latency(latency_ms)}`;
  return [hook, words(outcome !== undefined && verdict !== "skipped" ? outcome : verdict), `${oneLine(because)}${time}`];
}

function summary(entries: readonly WhyEntry[]): string {
  const counts = Map.groupBy(entries, ({ verdict }) => verdict);
  return [...counts].map(([verdict, { length }]) => `${length} ${length === 1 ? "hook" : "hooks"}: ${words(verdict)}`).join("; ");
}

function words(verdict: string): string {
  return verdict.replaceAll("_", " ");
}
