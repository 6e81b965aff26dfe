import { denialText } from "../../engine/core/access-policy.ts";
import { whyEvent } from "../../engine/pipeline/why.ts";
import type { Verdict, WhyEntry } from "../../engine/pipeline/why.ts";
import type { RefExecution } from "../../engine/core/ref.ts";
import { REQUESTS_PROCESSOR } from "../../engine/core/ref-request.ts";
import { refEventId } from "../../engine/refs/ref-event.ts";
import { executionsOfTransaction } from "../../engine/store/ref-executions.ts";
import { updateById } from "../../engine/store/refs.ts";
import type { Store } from "../../engine/store/open.ts";
import { findHook } from "../../engine/registry/find-hook.ts";
import type { Call, Run } from "../call.ts";
import { flag } from "../call.ts";
import { emit, emitJson, isoTime, latency, oneLine, paint, printable } from "../output.ts";
import { principalText } from "../person-text.ts";
import { table } from "../table.ts";
import { executionView, runView } from "../ref-views.ts";
import { eventView } from "../views.ts";
import { withStore } from "../workspace.ts";

/** Hooks that had nothing to do with the event: counted, and listed with `--all` or when one hook is asked for. */
const QUIET: ReadonlySet<Verdict> = new Set(["trigger_did_not_match", "addressed_to_another", "not_registered_then", "deleted"]);

export const run: Run = (call) =>
  withStore(call, "must exist", (store) => {
    const [given = "", name] = call.args;
    // The id of an update stands in `refs history` and in errors; its event is named after it.
    const eventId = given.startsWith("upd_") ? refEventId(given) : given;
    if (printUndone(call, store, eventId)) return;
    const { event, principal, hooks, held, ref_hooks = [], runs = [] } = whyEvent(store, eventId, name === undefined ? undefined : findHook(store, name));
    const all = name !== undefined || flag(call, "all");
    // JSON is for programs: nothing is left out of it.
    if (call.json) return emitJson({ event: eventView(event), principal, hooks, ...(held === undefined ? {} : { held }), ...(ref_hooks.length === 0 ? {} : { ref_hooks: ref_hooks.map(executionView) }), ...(runs.length === 0 ? {} : { runs: runs.map(runView) }) });
    emit(paint("bold", printable(`${event.id}  ${event.type} on ${event.channel}, ${isoTime(event.timestamp)}`)));
    if (event.content !== undefined) emit(`  ${oneLine(event.content).slice(0, 120)}`);
    if (event.replay_of !== undefined) emit(printable(`  A replay of ${event.replay_of}`));
    if (event.principal !== undefined) emit(`  From ${principalText(event.principal)}`);
    if (event.suppressed === "denied") emit(`  ${paint("red", "Denied")}: ${oneLine(denialText(event))}. It is evaluated by no hook.`);
    if (held !== undefined) emit(`  ${paint("yellow", "Waits")}: ${oneLine(held)}`);
    if (ref_hooks.length > 0) emit(`\nIn its transaction:\n${executionTable(ref_hooks)}`);
    for (const { id, processor_type, status, error } of runs) emit(printable(`\n  ${processor_type === REQUESTS_PROCESSOR ? "Done by" : "Handed to"} ${id} (${processor_type}): ${status}${error === undefined ? "" : `, ${oneLine(error)}`}`));
    const shown = all ? hooks : hooks.filter(({ verdict }) => !QUIET.has(verdict));
    if (shown.length > 0) emit(`\n${table(["Hook", "Verdict", "Because"], shown.map(rowOf))}`);
    const rest = hooks.filter((entry) => !shown.includes(entry));
    if (rest.length > 0) emit(`\n${summary(rest)} (--all lists them)`);
    if (hooks.length === 0) emit("  No hook is registered.");
  });

/** An update that was undone left no event; what its hooks did is on record all the same. */
function printUndone(call: Call, store: Store, eventId: string): boolean {
  const update = eventId.replace(/^ref:/, "");
  if (!update.startsWith("upd_") || updateById(store, update) !== undefined) return false;
  const executions = executionsOfTransaction(store, update);
  if (executions.length === 0) return false;
  if (call.json) emitJson({ undone: true, transaction_id: update, ref_hooks: executions.map(executionView) });
  else emit(`${paint("bold", printable(`The update ${update} was undone: nothing of it was stored`))}\n\n${executionTable(executions)}`);
  return true;
}

function executionTable(executions: readonly RefExecution[]): string {
  return table(["Hook", "Action", "Ref", "Outcome", "Because"], executions.map((one) => [one.hook_id, one.action_type, one.ref_name, one.outcome, `${oneLine(one.error ?? one.effects.join("; "))} after ${latency(one.latency_us / 1_000)}`]));
}

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
