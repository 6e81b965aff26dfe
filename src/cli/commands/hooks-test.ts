import { existsSync } from "node:fs";
import { servicesOf } from "../../engine/clients/llm.ts";
import { loadConfig, type Config } from "../../engine/config.ts";
import { NexusError, EXIT } from "../../engine/core/errors.ts";
import type { StoredEvent } from "../../engine/core/event.ts";
import { isFailure } from "../../engine/core/invocation.ts";
import { stageVerdict } from "../../engine/core/request.ts";
import { dryRun, type DryRun } from "../../engine/dry-run.ts";
import { parseEventBytes } from "../../engine/ingest/normalise.ts";
import { Identity } from "../../engine/pipeline/identity.ts";
import { findHook } from "../../engine/registry/find-hook.ts";
import { chooseIsolation } from "../../engine/runtime/sandbox/isolation.ts";
import { startLlm } from "../../engine/start-llm.ts";
import { eventById, lastSeq } from "../../engine/store/event-queries.ts";
import { loadState } from "../../engine/store/hook-state.ts";
import type { Store } from "../../engine/store/open.ts";
import { eventNotFound } from "../../engine/store/retention/event-not-found.ts";
import { prepareForCall } from "../authoring.ts";
import type { Call, Run } from "../call.ts";
import { flag, textOption } from "../call.ts";
import { emit, emitJson, latency, oneLine, paint, printable } from "../output.ts";
import { withStore } from "../workspace.ts";

export const run: Run = async (call) => {
  const config = loadConfig(call.home);
  const prepared = await prepareForCall(call, call.args[0] ?? "");
  return await withStore(call, "create", async (store) => {
    const event = await eventOf(call, store, config);
    const isolation = await chooseIsolation(config.isolation);
    const services = servicesOf(startLlm(config, call.home));
    const result = await dryRun({ store, home: call.home, config, isolation, services }, prepared, event, stateOf(call, store, prepared.slug));
    if (call.json) emitJson({ hook: prepared.slug, event_id: event.id, ...result });
    else print(call, prepared.slug, event, result);
    return result.invocation !== undefined && isFailure(result.invocation.outcome) ? EXIT.failed : EXIT.done;
  });
};

/** A stored event by its id, with what was decided when it was stored; or one from a file, decided on as if it came now. */
async function eventOf(call: Call, store: Store, config: Config): Promise<StoredEvent> {
  const given = textOption(call, "event");
  if (given === undefined) throw new NexusError("USAGE", "say for which event: --event ID, a file with one as JSON, or - for standard input", { next: ["nexus events list"] });
  if (given !== "-" && !existsSync(given)) {
    const stored = eventById(store, given);
    if (stored === undefined) throw eventNotFound(store, given);
    return stored;
  }
  const bytes = await (given === "-" ? Bun.stdin : Bun.file(given)).bytes();
  const event = parseEventBytes(bytes, { now: Date.now(), maxBytes: config.events.max_bytes });
  const { denied = false, principal, access } = new Identity({ store, policies: config.access, persona: config.persona }).standingOf(event) ?? {};
  return { ...event, seq: lastSeq(store) + 1, ...(denied ? { suppressed: "denied" as const } : {}), ...(principal === undefined ? {} : { principal }), ...(access === undefined ? {} : { access }) };
}

function stateOf(call: Call, store: Store, slug: string): Readonly<Record<string, unknown>> {
  return flag(call, "keepState") ? loadState(store, findHook(store, slug).version.id) : {};
}

function print(call: Call, slug: string, event: StoredEvent, { unseen, invocation, logs = [], emits, plan }: DryRun): void {
  emit(paint("bold", printable(`${slug} for ${event.id}: nothing was recorded, nothing sent`)));
  if (unseen !== undefined) return emit(printable(`  It would not see this event: ${unseen}`));
  if (invocation === undefined) return;
  const { latency_us, error, reason, result } = invocation;
  emit(printable(`  Decision: ${invocation.stage === undefined ? invocation.outcome : stageVerdict(invocation)} after ${latency(latency_us / 1_000)}${error === undefined ? "" : `: ${error}`}${reason === undefined ? "" : ` (${reason})`}`));
  if (result !== undefined) emit(`  Result: ${printable(JSON.stringify(result))}`);
  for (const { level, text } of logs) emit(printable(`  ${level}: ${oneLine(text)}`));
  if (emits !== undefined) emit(`  It would emit ${emits} events`);
  if (plan === undefined) return;
  const { context, ...facts } = plan;
  emit("  Plan:");
  for (const [name, value] of Object.entries(facts)) emit(printable(`    ${name}: ${String(value)}`));
  if (plan.outbound === undefined) emit(printable(`    outbound: none; no [outbound] adapter has the channel "${event.channel}"`));
  if (context === undefined) return;
  emit(`    context: ${context.tokens} tokens (${context.layers.map(({ layer, tokens, cut }) => `${layer} ${tokens}${cut === undefined ? "" : `, without ${cut}`}`).join("; ")})`);
  if (!flag(call, "context")) return;
  if (context.system !== "") emit(`\n${printable(context.system)}`);
  emit(`\n${printable(context.prompt)}`);
}
