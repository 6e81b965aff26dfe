import { foreseeDispatch, type Plan } from "./broker/foresight.ts";
import type { Services } from "./clients/services.ts";
import type { Config } from "./config.ts";
import { systemClock } from "./core/clock.ts";
import { sessionOf, storedPrincipal, type StoredEvent } from "./core/event.ts";
import type { Hook, HookMetadata, HookStage } from "./core/hook.ts";
import { createIds } from "./core/ids.ts";
import type { Invocation, LogLine } from "./core/invocation.ts";
import { mismatchText } from "./core/mismatch.ts";
import type { Redactor } from "./core/redactor.ts";
import type { StageRequest } from "./core/request.ts";
import { normaliseEvent } from "./ingest/normalise.ts";
import { Identity } from "./pipeline/identity.ts";
import { loadHeader } from "./pipeline/load-header.ts";
import { route } from "./pipeline/router.ts";
import { EARLY_STAGES } from "./pipeline/stage-gate.ts";
import { stageLine } from "./pipeline/stage-runner.ts";
import { settle, type Answer, type Settled } from "./pipeline/settle.ts";
import { findHook } from "./registry/find-hook.ts";
import { mismatch } from "./registry/trigger-match.ts";
import { storeScript } from "./registry/script-store.ts";
import { TriggerIndex } from "./registry/trigger-index.ts";
import type { Failure, Job } from "./runtime/job.ts";
import type { Isolation } from "./runtime/sandbox/isolation.ts";
import { evaluatorEvents, startEvaluators } from "./start-evaluators.ts";
import { eventById, lastSeq } from "./store/event-queries.ts";
import { loadState } from "./store/hook-state.ts";
import type { Store } from "./store/open.ts";
import { eventNotFound } from "./store/retention/event-not-found.ts";

export interface DryRunParts {
  readonly store: Store;
  readonly home: string;
  readonly config: Config;
  readonly isolation: Isolation;
  readonly services: Services;
  /** What would be stored, and handed to an agent, is clean of these. */
  readonly redactor: Redactor;
}

/** A script as it would be registered, or as it is. */
export interface DryRunScript {
  /** Of a registered hook: its own slots, and the answers to its own fires, are known by that. */
  readonly hookId?: string;
  readonly slug: string;
  readonly metadata: HookMetadata;
  readonly bundle: string;
  readonly bundleHash: string;
  readonly sourcePath: string;
}

export interface DryRunAsked {
  readonly script: DryRunScript;
  /** A stored event, with what was decided when it was stored; or one that is decided on as if it came now. */
  readonly event: { readonly id: string } | { readonly input: unknown };
  /** With the state of the registered hook of that name. */
  readonly keepState: boolean;
}

export interface DryRun {
  /** The slug that the script would be registered under. */
  readonly hook: string;
  readonly event_id: string;
  readonly channel: string;
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
 * recorded and nothing is sent; what the hook itself does (ctx.llm, a process it starts) it does. Aborted, it ends its
 * evaluator and rejects with the signal's reason.
 */
export async function dryRun(parts: DryRunParts, { script, event: given, keepState }: DryRunAsked, signal?: AbortSignal): Promise<DryRun> {
  const event = eventOf(parts, given);
  const about = { hook: script.slug, event_id: event.id, channel: event.channel };
  if (event.suppressed !== undefined) return { ...about, unseen: event.suppressed === "denied" ? `denied by ${event.access?.policy ?? "the lack of a policy that allows it"}` : `it is not evaluated: ${event.suppressed}` };
  const hook = hookOf(script, event);
  const failed = mismatch(hook, event, storedPrincipal(event));
  if (failed !== undefined) return { ...about, unseen: mismatchText(failed) };
  const job = jobFor(hook.version.metadata.stage, event, parts.config.persona);
  const state = keepState ? loadState(parts.store, findHook(parts.store, script.slug).version.id) : {};
  const { invocation, dispatch, logs, emitted } = parts.redactor.value(await evaluated(parts, script, hook, job, state, signal));
  return {
    ...about,
    invocation,
    ...(logs === undefined ? {} : { logs }),
    ...(emitted === undefined || emitted.length === 0 ? {} : { emits: emitted.length }),
    ...(dispatch === undefined ? {} : { plan: await foreseeDispatch(parts.store, parts.home, parts.config, dispatch, event, Date.now()) }),
  };
}

function eventOf({ store, config }: DryRunParts, given: DryRunAsked["event"]): StoredEvent {
  if ("id" in given) {
    const stored = eventById(store, given.id);
    if (stored === undefined) throw eventNotFound(store, given.id);
    return stored;
  }
  const event = normaliseEvent(given.input, { now: Date.now(), maxBytes: config.events.max_bytes });
  const { denied = false, principal, access } = new Identity({ store, policies: config.access, persona: config.persona }).standingOf(event) ?? {};
  return { ...event, seq: lastSeq(store) + 1, ...(denied ? { suppressed: "denied" as const } : {}), ...(principal === undefined ? {} : { principal }), ...(access === undefined ? {} : { access }) };
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

async function evaluated(parts: DryRunParts, script: DryRunScript, hook: Hook, job: Job, state: Readonly<Record<string, unknown>>, signal?: AbortSignal): Promise<Settled> {
  const { store, config, isolation, services } = parts;
  // Where evaluators may read; retention removes a copy that no version names after a day.
  const path = storeScript(store.hooksFolder, script.bundle, script.bundleHash);
  signal?.throwIfAborted();
  const answered = Promise.withResolvers<Answer>();
  const onAbort = (): void => answered.reject(signal?.reason);
  signal?.addEventListener("abort", onAbort, { once: true });
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
    signal?.removeEventListener("abort", onAbort);
    await runtime[Symbol.asyncDispose]();
  }
}

/** A schedule's slot is addressed to the hook it belongs to: where the script is no hook yet, to this one. */
function hookOf({ hookId, slug, metadata, bundleHash, sourcePath }: DryRunScript, event: StoredEvent): Hook {
  const at = Date.now();
  const id = hookId ?? event.addressed_to ?? "hook_dry_run";
  const version = { id: "ver_dry_run", hook_id: id, version: 1, script_path: "", script_hash: bundleHash, source_path: sourcePath, source_hash: "", metadata, creator: {}, created_at: at };
  return { id, slug, status: "active", version, creator: {}, created_at: at, updated_at: at, trigger_count: 0, consecutive_errors: 0, circuit_state: "closed", circuit_generation: 0, active_from_seq: 0 };
}
