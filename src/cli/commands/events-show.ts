import { denialText } from "../../engine/core/access-policy.ts";
import type { Access } from "../../engine/core/event.ts";
import { whyEvent } from "../../engine/pipeline/why.ts";
import { hookById } from "../../engine/store/hooks.ts";
import { eventById } from "../../engine/store/event-queries.ts";
import { invocationsOfEvent } from "../../engine/store/invocation-queries.ts";
import { eventNotFound } from "../../engine/store/retention/event-not-found.ts";
import { traceOf } from "../../engine/broker/trace.ts";
import type { TraceStep } from "../../engine/core/request.ts";
import type { Call, Run } from "../call.ts";
import { flag } from "../call.ts";
import { emit, emitJson, isoTime, latency, oneLine, printable } from "../output.ts";
import { principalText } from "../person-text.ts";
import { table } from "../table.ts";
import { eventView, firedWord, invocationView } from "../views.ts";
import { withStore } from "../workspace.ts";

export const run: Run = (call) =>
  withStore(call, "must exist", (store) => {
    const id = call.args[0] ?? "";
    const event = eventById(store, id);
    if (event === undefined) throw eventNotFound(store, id);
    if (flag(call, "trace")) return printTrace(call, traceOf(store, event));
    const invocations = invocationsOfEvent(store, id).map((invocation) => ({ invocation, slug: hookById(store, invocation.hook_id)?.slug ?? invocation.hook_id }));
    const folded = whyEvent(store, id).hooks.flatMap(({ verdict, hook }) => (verdict === "folded" ? [hook] : []));
    if (call.json) return emitJson({ ...eventView(event), ...(folded.length === 0 ? {} : { folded }), invocations: invocations.map(({ invocation, slug }) => invocationView(invocation, slug)) });
    const { metadata, content, timestamp, received_at, content_types, principal, access, ...fields } = event;
    const identity = { principal: principal === undefined ? undefined : principalText(principal), denied: fields.suppressed === "denied" ? denialText(event) : undefined, ...accessLines(access) };
    const lines = Object.entries({ ...fields, ...identity, timestamp: isoTime(timestamp), received_at: isoTime(received_at), content_types: content_types.join(", ") || undefined });
    emit(printable(`Event: ${id}`));
    for (const [name, value] of lines) if (value !== undefined && name !== "id") emit(printable(`  ${name}: ${String(value)}`));
    if (Object.keys(metadata).length > 0) emit(`  metadata: ${printable(JSON.stringify(metadata, undefined, 2)).replaceAll("\n", "\n  ")}`);
    if (content !== undefined) emit(`  content:\n    ${printable(content).replaceAll("\n", "\n    ")}`);
    if (folded.length > 0) emit(printable(`  Evaluated without a fire, and folded into hourly counters: ${folded.join(", ")}`));
    if (invocations.length === 0 && folded.length > 0) return;
    if (invocations.length === 0) return emit(printable(`  No hook has been evaluated for it. Why: nexus why ${id}`));
    const rows = invocations.map(({ invocation: row, slug }) => [slug, row.id, firedWord(row), latency(row.latency_us / 1_000), row.error === undefined ? (row.reason ?? "-") : oneLine(row.error)]);
    emit(`\n${table(["Hook", "Invocation", "Fired", "Latency", "Error"], rows)}`);
  });

/** Times count from the event's arrival. */
function printTrace(call: Call, steps: readonly TraceStep[]): void {
  if (call.json) return emitJson(steps.map(({ at, ...step }) => ({ at: isoTime(at), ...step })));
  const begin = steps[0]?.at ?? 0;
  const rows = steps.map(({ at, stage, outcome, id, took_ms, detail }) => [`+${latency(Math.max(0, at - begin))}`, stage, outcome, took_ms === undefined ? "-" : latency(took_ms), id, oneLine(detail ?? "-")]);
  emit(table(["At", "Stage", "Outcome", "Took", "ID", "What"], rows));
}

function accessLines({ policy, permissions, session }: Access = {}): Record<string, string | undefined> {
  return { access_policy: policy, permissions: permissions === undefined ? undefined : JSON.stringify(permissions), session_key: session?.session_key };
}
