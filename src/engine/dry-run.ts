import { foreseeDispatch, type Plan } from "./broker/foresight.ts";
import type { Services } from "./clients/services.ts";
import type { Config } from "./config.ts";
import { systemClock } from "./core/clock.ts";
import { sessionOf, storedPrincipal, type StoredEvent } from "./core/event.ts";
import type { Hook, HookMetadata, HookStage } from "./core/hook.ts";
import { createIds } from "./core/ids.ts";
import type { Invocation, LogLine } from "./core/invocation.ts";
import { mismatchText } from "./core/mismatch.ts";
import type { StageRequest } from "./core/request.ts";
import { normaliseEvent } from "./ingest/normalise.ts";
import { loadHeader } from "./pipeline/load-header.ts";
import { route } from "./pipeline/router.ts";
import { EARLY_STAGES } from "./pipeline/stage-gate.ts";
import { stageLine } from "./pipeline/stage-runner.ts";
import { settle, type Answer, type Settled } from "./pipeline/settle.ts";
import { mismatch } from "./registry/trigger-match.ts";
import { storeScript } from "./registry/script-store.ts";
import { TriggerIndex } from "./registry/trigger-index.ts";
import type { Failure, Job } from "./runtime/job.ts";
import type { Isolation } from "./runtime/sandbox/isolation.ts";
import { evaluatorEvents, startEvaluators } from "./start-evaluators.ts";
import type { Store } from "./store/open.ts";

export interface DryRunParts {
  readonly store: Store;
  readonly home: string;
  readonly config: Config;
  readonly isolation: Isolation;
  readonly services: Services;
}

/** A script that is not registered, as it would be. */
export interface DryRunScript {
  readonly slug: string;
  readonly metadata: HookMetadata;
  readonly bundle: string;
  readonly bundleHash: string;
  readonly sourcePath: string;
}

export interface DryRun {
  /** Why the hook would not see the event; then it was not run. */
  readonly unseen?: string;
  readonly invocation?: Invocation;
  readonly logs?: readonly LogLine[];
  /** Events that it would emit. */
  readonly emits?: number;
  /** What its fire would lead to. */
  readonly plan?: Plan;
}

/**
 * Evaluates a script for an event as the daemon would: the same matching, the same kind of evaluator with the same
 * permissions and limits, the same judgement of its result, the same plan of the Broker as things stand. Nothing is
 * recorded and nothing is sent; what the hook itself does (ctx.llm, a process it starts) it does.
 */
export async function dryRun(parts: DryRunParts, script: DryRunScript, event: StoredEvent, state: Readonly<Record<string, unknown>>): Promise<DryRun> {
  if (event.suppressed !== undefined) return { unseen: event.suppressed === "denied" ? `denied by ${event.access?.policy ?? "the lack of a policy that allows it"}` : `it is not evaluated: ${event.suppressed}` };
  const hook = hookOf(script, event);
  const failed = mismatch(hook, event, storedPrincipal(event));
  if (failed !== undefined) return { unseen: mismatchText(failed) };
  const job = jobFor(hook.version.metadata.stage, event, parts.config.persona);
  const { invocation, dispatch, logs, emitted } = await evaluated(parts, script, hook, job, state);
  return {
    invocation,
    ...(logs === undefined ? {} : { logs }),
    ...(emitted === undefined || emitted.length === 0 ? {} : { emits: emitted.length }),
    ...(dispatch === undefined ? {} : { plan: await foreseeDispatch(parts.store, parts.home, parts.config, dispatch, event, Date.now()) }),
  };
}

/** A stage hook is asked about a request that might be: the event's text is what the agent is given, and what it answers. */
function jobFor(stage: HookStage, event: StoredEvent, persona: string): Job {
  if (stage === "runAutomations") return route(event, new TriggerIndex(), persona, 1).job();
  const { content: text = "", access } = event;
  const early = stage === "afterRunAutomations" || EARLY_STAGES.includes(stage);
  const id = early ? event.id : "trn_dry_run";
  const request: StageRequest = {
    id, events: [event], session: access?.session ?? sessionOf(event, persona), dispatches: [], trace: [],
    ...(early ? {} : { agent: persona, turn: { id, status: "running" }, context: { system: "", prompt: text } }),
    ...(early || stage === "afterAssembleContext" ? {} : { response: { text } }),
    ...(stage === "onError" ? { error: { stage: "runAgent", code: "AGENT_EXITED", message: "an example", retrying: false } } : {}),
  };
  return { event, line: stageLine(stage, event, request), attempt: 1, stage: { name: stage, requestId: id, recorded: () => undefined } };
}

async function evaluated(parts: DryRunParts, script: DryRunScript, hook: Hook, job: Job, state: Readonly<Record<string, unknown>>): Promise<Settled> {
  const { store, config, isolation, services } = parts;
  // Where evaluators may read; retention removes a copy that no version names after a day.
  const path = storeScript(store.hooksFolder, script.bundle, script.bundleHash);
  const answered = Promise.withResolvers<Answer>();
  const jobs = {
    onResults: (_: string, results: readonly (readonly [Job, Extract<Answer, { from: "worker" }>["wire"]])[]) => results.forEach(([, wire]) => answered.resolve({ from: "worker", wire })),
    onFailed: (_: string, __: Job, failure: Failure) => answered.resolve({ from: "runtime", failure }),
    // Why it was returned follows at once, where there is more to say.
    onReturned: (_: string, __: readonly Job[], why: string, failure?: Failure) => setImmediate(() => answered.resolve({ from: "runtime", failure: failure ?? { outcome: "crashed", message: `the evaluator ended (${why})`, ranForMs: 0, logs: [] } })),
    onLoadFailed: (_: string, failure: Failure) => answered.resolve({ from: "runtime", failure }),
  };
  const runtime = startEvaluators({ config, clock: systemClock, database: store.path, isolation: () => isolation }, evaluatorEvents(jobs, services, () => undefined, () => undefined));
  try {
    const version = { ...hook.version, script_path: path };
    runtime.submit({ version: version.id, permissions: version.metadata.permissions, load: () => loadHeader({ ...hook, version }, store.path, state), jobs: [job], triggerCount: 0, lastTriggered: null, failed: 0, threshold: 1_000, haltOnFire: false, epoch: 1 }, false);
    runtime.flush();
    const answer = await answered.promise;
    const { max_bytes: maxBytes } = config.events;
    return settle(job, answer, { hook, ids: createIds(), now: Date.now(), normalise: (input) => normaliseEvent(input, { now: Date.now(), maxBytes, adapter: "hook" }) });
  } finally {
    await runtime[Symbol.asyncDispose]();
  }
}

/** A schedule's slot is addressed to the hook it belongs to: here, to this one. */
function hookOf({ slug, metadata, bundleHash, sourcePath }: DryRunScript, event: StoredEvent): Hook {
  const at = Date.now();
  const id = event.addressed_to ?? "hook_dry_run";
  const version = { id: "ver_dry_run", hook_id: id, version: 1, script_path: "", script_hash: bundleHash, source_path: sourcePath, source_hash: "", metadata, creator: {}, created_at: at };
  return { id, slug, status: "active", version, creator: {}, created_at: at, updated_at: at, trigger_count: 0, consecutive_errors: 0, circuit_state: "closed", circuit_generation: 0, active_from_seq: 0 };
}
