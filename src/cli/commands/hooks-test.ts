import { existsSync } from "node:fs";
import { ApiClient } from "../../engine/api/client.ts";
import { loadConfig } from "../../engine/config.ts";
import { NexusError, EXIT } from "../../engine/core/errors.ts";
import { isFailure, isSkip } from "../../engine/core/invocation.ts";
import { stageVerdict } from "../../engine/core/request.ts";
import type { DryRun, DryRunAsked, DryRunScript } from "../../engine/dry-run.ts";
import { parseEventJson } from "../../engine/ingest/normalise.ts";
import { invocationsOf } from "../../engine/store/invocation-queries.ts";
import type { Call, Run } from "../call.ts";
import { flag, textOption } from "../call.ts";
import { emit, emitJson, latency, oneLine, paint, printable } from "../output.ts";
import { scriptOrHook } from "../script-or-hook.ts";
import { withStore } from "../workspace.ts";

/** Invocations among which one is looked for that was no skip. */
const NEWEST = 500;

export const run: Run = async (call) => {
  const script = await scriptOrHook(call, call.args[0] ?? "");
  const event = await eventOf(call, script);
  const client = await ApiClient.find(call.home);
  const through = client === undefined ? "alone" : "daemon";
  const result = client === undefined ? await testAlone(call, script, event) : await testThrough(client, call, script, event);
  if (call.json) emitJson({ ...result, through });
  else print(call, result, through);
  return result.invocation !== undefined && isFailure(result.invocation.outcome) ? EXIT.failed : EXIT.done;
};

/** By the daemon that runs: its settings, which config.toml may not be any more, and its isolation. */
async function testThrough(client: ApiClient, call: Call, { hookId, slug, bundle, sourcePath, metadata }: DryRunScript, event: DryRunAsked["event"]): Promise<DryRun> {
  const script = { ...(hookId === undefined ? {} : { hook_id: hookId }), slug, bundle, source_path: sourcePath, metadata };
  return await client.dryRun({ script, keep_state: flag(call, "keepState"), ...("id" in event ? { event_id: event.id } : { event: event.input }) });
}

/** As the daemon would that started now. */
async function testAlone(call: Call, script: DryRunScript, event: DryRunAsked["event"]): Promise<DryRun> {
  const [{ dryRun }, { servicesOf }, { startLlm }, { chooseIsolation }, { loadRedactor }] = await Promise.all([
    import("../../engine/dry-run.ts"),
    import("../../engine/clients/llm.ts"),
    import("../../engine/start-llm.ts"),
    import("../../engine/runtime/sandbox/isolation.ts"),
    import("../../engine/secrets.ts"),
  ]);
  const config = loadConfig(call.home);
  const parts = { home: call.home, config, isolation: await chooseIsolation(config.isolation), services: servicesOf(startLlm(config, call.home)), redactor: loadRedactor(call.home, config.secrets, process.env) };
  return await withStore(call, "create", (store) => dryRun({ ...parts, store }, { script, event, keepState: flag(call, "keepState") }));
}

/** A stored event's id, or what a file or standard input says; else, for a registered hook, the newest that it has evaluated. */
async function eventOf(call: Call, { hookId, slug }: DryRunScript): Promise<DryRunAsked["event"]> {
  const given = textOption(call, "event");
  if (given === undefined && hookId !== undefined) {
    const newest = await withStore(call, "must exist", (store) => invocationsOf(store, hookId, { limit: NEWEST }).find(({ outcome }) => !isSkip(outcome)));
    if (newest === undefined) throw new NexusError("USAGE", `${slug} has evaluated no event yet: say for which one it is tried, with --event`, { next: ["nexus events list"] });
    return { id: newest.event_id };
  }
  if (given === undefined) throw new NexusError("USAGE", "say for which event: --event ID, a file with one as JSON, or - for standard input", { next: ["nexus events list"] });
  if (given !== "-" && !existsSync(given)) return { id: given };
  return { input: parseEventJson(await (given === "-" ? Bun.stdin : Bun.file(given)).bytes()) };
}

function print(call: Call, { hook, event_id, channel, unseen, invocation, logs = [], emits, plan }: DryRun, through: "daemon" | "alone"): void {
  const by = through === "daemon" ? "through the running daemon" : "alone, no daemon runs";
  emit(paint("bold", printable(`${hook} for ${event_id}, ${by}: nothing was recorded, nothing sent`)));
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
  if (plan.outbound === undefined) emit(printable(`    outbound: none; no [outbound] adapter has the channel "${channel}"`));
  if (context === undefined) return;
  emit(`    context: ${context.tokens} tokens (${context.layers.map(({ layer, tokens, cut }) => `${layer} ${tokens}${cut === undefined ? "" : `, without ${cut}`}`).join("; ")})`);
  if (!flag(call, "context")) return;
  if (context.system !== "") emit(`\n${printable(context.system)}`);
  emit(`\n${printable(context.prompt)}`);
}
