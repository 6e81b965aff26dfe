import { findHook } from "../../engine/registry/find-hook.ts";
import { invocationsOf } from "../../engine/store/invocation-queries.ts";
import { foldedOutcomes } from "../../engine/store/retention/invocation-walk.ts";
import type { Run } from "../call.ts";
import { flag } from "../call.ts";
import { countOption, timeOption } from "../options.ts";
import { emit, emitJson, latency, oneLine, say } from "../output.ts";
import { table } from "../table.ts";
import { firedWord, invocationView } from "../views.ts";
import { withStore } from "../workspace.ts";

export const run: Run = (call) =>
  withStore(call, "must exist", (store) => {
    const hook = findHook(store, call.args[0] ?? "");
    const filter = { limit: countOption(call, "last", 20), since: timeOption(call, "since", Date.now()), errorsOnly: flag(call, "errorsOnly") };
    const invocations = invocationsOf(store, hook.id, filter);
    const folded = filter.errorsOnly ? [] : foldedOutcomes(store, hook.id, filter.since ?? 0, Number.MAX_SAFE_INTEGER);
    if (folded.length > 0) say(`folded into hourly counters, and not listed: ${folded.map(({ outcome, rows }) => `${rows} ${outcome}`).join(", ")} (nexus hooks stats ${hook.slug})`);
    if (call.json) return emitJson(invocations.map((invocation) => invocationView(invocation, hook.slug)));
    if (invocations.length === 0) return say(`${hook.slug} has no ${filter.errorsOnly ? "failed " : ""}invocations${filter.since === undefined ? "" : " in that time"}`);
    const rows = invocations
      .toReversed()
      .map((row) => [row.id, row.event_id, firedWord(row), latency(row.latency_us / 1_000), String(row.llm_calls), row.error === undefined ? (row.reason ?? "-") : oneLine(row.error)]);
    emit(table(["ID", "Event", "Fired", "Latency", "LLM Calls", "Error"], rows));
  });
