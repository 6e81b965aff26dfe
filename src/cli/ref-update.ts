import type { Ask, UpdateOutcome } from "../engine/refs/asked.ts";
import type { RefExecution, RefUpdate } from "../engine/core/ref.ts";
import type { Call } from "./call.ts";
import { flag, textOption } from "./call.ts";
import { emit, emitJson, latency, oneLine, paint, printable, say } from "./output.ts";
import { executionView, passageView, updateView } from "./ref-views.ts";
import { turnVariable } from "./turn-cause.ts";
import { callerFromEnv, withStore } from "./workspace.ts";
import type { Store } from "../engine/store/open.ts";

export interface RefCall {
  readonly store: Store;
  readonly actor: string | undefined;
  readonly dryRun: boolean;
}

/** `--expect`: the passage at which a ref must be; null for a ref that must not be there. */
export function expectOption(call: Call): string | null | undefined {
  const given = textOption(call, "expect");
  return given === "none" ? null : given;
}

interface RefChange {
  /** `create`: a home that is not there is made. */
  readonly mode: "change" | "create";
  readonly ask: (parts: RefCall) => Ask | Promise<Ask>;
  /** For people. */
  readonly sentence: (outcome: UpdateOutcome) => string;
  /** What --json says beside the outcome. */
  readonly facts?: (outcome: UpdateOutcome) => Record<string, unknown>;
}

/** The common way of the commands that update refs: do it, then print the outcome, or the ordered plan. */
export async function updateFromCall(call: Call, { mode, ask, sentence, facts = () => ({}) }: RefChange): Promise<void> {
  const [{ loadConfig }, { updateRefs }, { commandHost }, { servicesOf }, { startLlm }] = await Promise.all([
    import("../engine/config.ts"), import("../engine/refs/update.ts"), import("../engine/refs/command-host.ts"), import("../engine/clients/llm.ts"), import("../engine/start-llm.ts"),
  ]);
  await withStore(call, mode, async (store) => {
    const [actor, dryRun] = [callerFromEnv(process.env).agent, flag(call, "dryRun")];
    const config = loadConfig(call.home);
    await using host = commandHost({ store, home: call.home, config, services: servicesOf(startLlm(config, call.home)) });
    const outcome = await updateRefs(host, await ask({ store, actor, dryRun }), { actor, cause: turnVariable("NEXUS_DISPATCH_ID"), dryRun });
    await printOutcome(call, outcome, { sentence: sentence(outcome), facts: facts(outcome), dryRun });
  });
}

async function printOutcome(call: Call, outcome: UpdateOutcome, { sentence, facts, dryRun }: { readonly sentence: string; readonly facts: Record<string, unknown>; readonly dryRun: boolean }): Promise<void> {
  const { updates, passages, executions, webhooks, runs, events, transaction_id } = outcome;
  if (call.json) {
    emitJson({ ...facts, transaction_id, updates: updates.map(updateView), passages: passages.map(passageView), executions: executions.map(executionView), events, webhooks, runs, ...(dryRun ? { dry_run: true } : {}) });
  } else if (call.quiet) {
    if (updates.length > 0) emit(transaction_id);
  } else {
    emit(`${updates.length > 0 ? paint("green", "✓") : "·"} ${dryRun ? "[dry run] " : ""}${printable(sentence)}`);
    for (const line of stepLines(updates, executions)) emit(line);
  }
  if (dryRun || webhooks + runs === 0 || (await isServed(call.home))) return;
  const waiting = [...(webhooks > 0 ? [`${webhooks} ${webhooks === 1 ? "webhook" : "webhooks"}`] : []), ...(runs > 0 ? [`${runs} ${runs === 1 ? "run" : "runs"}`] : [])];
  say(`${waiting.join(" and ")} ${webhooks + runs === 1 ? "waits" : "wait"} for the daemon: nexus serve`);
}

/** What was done, or would be, in its order: cascades are indented under the hook that led to them. */
function stepLines(updates: readonly RefUpdate[], executions: readonly RefExecution[]): string[] {
  const first = updates[0]?.id;
  return updates.flatMap((update) => {
    const pad = "  ".repeat(update.depth + 1);
    const head = update.id === first && updates.length === 1 && ["set", "delete"].includes(update.action) ? [] : [`${pad}${update.ref_name} -> ${update.passage_id ?? "deleted"}`];
    const hooks = executions.filter(({ update_id }) => update_id === update.id).map((one) => `${pad}  ${one.position + 1}. ${one.action_type} ${one.hook_id}: ${oneLine(one.effects.join("; "))} (${latency(one.latency_us / 1_000)})`);
    const why = { ran: [], none: [], off: [`${pad}  hooks: off for this update`], branch: [`${pad}  hooks: off in its branch`] }[update.hooks];
    return [...head, ...hooks, ...(update.action === "fork" ? [] : why)].map(printable);
  });
}

async function isServed(home: string): Promise<boolean> {
  const { runningDaemon } = await import("../engine/store/daemon-lock.ts");
  return runningDaemon(home) !== undefined;
}
