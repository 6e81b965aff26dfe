import { ALL_PERMISSIONS, storedPrincipal, type StoredEvent } from "../core/event.ts";
import type { Hook, HookStage } from "../core/hook.ts";
import { isFailure, isSkip, type Invocation } from "../core/invocation.ts";
import { applyPatch, stageVerdict, type NexusRequest, type StageOutcome, type StageRequest, type Stages, type TraceStep } from "../core/request.ts";
import type { HookResult } from "../core/result.ts";
import { TriggerIndex } from "../registry/trigger-index.ts";
import type { Job } from "../runtime/job.ts";
import type { RunEvent } from "../runtime/protocol.ts";
import { activationsOf } from "../store/activations.ts";
import { invocationsOfRequest } from "../store/invocation-queries.ts";
import type { Store } from "../store/open.ts";
import type { Evaluation } from "./evaluation.ts";
import { EARLY_STAGES } from "./stage-gate.ts";
import { publicEvent, replayedTime } from "./router.ts";

const BEFORE_TURNS: ReadonlySet<HookStage> = new Set([...EARLY_STAGES, "afterRunAutomations"]);

interface StageRunnerParts {
  readonly store: Store;
  readonly evaluation: Pick<Evaluation, "enqueue" | "pump" | "queueOf">;
}

interface Concerned {
  readonly hook: Hook;
  /** The first event of the request that its triggers match. */
  readonly event: StoredEvent;
}

/**
 * Asks the hooks of a stage about a request, one after the other in the order of their priority. Each goes the way of
 * every evaluation: its queue, its limits, its breaker, its Worker, one recorded invocation. What it said is used once
 * that is committed, and a request that comes again (after a restart) uses it again instead of asking.
 */
export class StageRunner implements Stages {
  readonly #parts: StageRunnerParts;
  readonly #hooks = new Map<HookStage, TriggerIndex>();

  constructor(parts: StageRunnerParts) {
    this.#parts = parts;
  }

  /** Takes a hook as the registry has it now. */
  take(hook: Hook): void {
    for (const index of this.#hooks.values()) index.remove(hook.id);
    const { stage } = hook.version.metadata;
    if (stage === "runAutomations" || !isAsked(hook)) return;
    const index = this.#hooks.get(stage) ?? new TriggerIndex();
    this.#hooks.set(stage, index);
    index.add(hook);
  }

  has(stage: HookStage): boolean {
    return (this.#hooks.get(stage)?.size ?? 0) > 0;
  }

  concerns(stage: HookStage, events: readonly StoredEvent[]): boolean {
    return this.has(stage) && this.#concerned(stage, events).length > 0;
  }

  async run(stage: HookStage, given: StageRequest): Promise<StageOutcome> {
    let request = given;
    for (const { hook, event } of this.#concerned(stage, given.events)) {
      const seen = request.events.find(({ id }) => id === event.id) ?? event;
      const invocation = await this.#ask(stage, hook, seen, request);
      request = { ...request, trace: [...request.trace, stageStep(stage, invocation, hook.slug)] };
      const failed = this.#failed(hook, invocation);
      if (failed !== undefined && hook.version.metadata.required === true) return { request, stopped: `the required hook ${hook.slug} at ${stage} ${failed}` };
      if (isFailure(invocation.outcome) || isSkip(invocation.outcome)) continue;
      const { patch, skip } = (invocation.result ?? {}) as Partial<HookResult>;
      if (patch !== undefined) request = applyPatch(request, patch);
      if (skip === true) return { request, skipped: `skipped by the hook ${hook.slug} at ${stage}` };
    }
    return { request };
  }

  /** By priority, then in the order of their creation. */
  #concerned(stage: HookStage, events: readonly StoredEvent[]): Concerned[] {
    const found = new Map<string, Concerned>();
    for (const { addressed_to: _slot, ...event } of events) {
      // A slot is one hook's; the request it led to is everyone's.
      for (const hook of this.#hooks.get(stage)?.candidates(event, storedPrincipal(event)) ?? []) if (!found.has(hook.id) && wasThere(this.#parts.store, stage, hook, event)) found.set(hook.id, { hook, event });
    }
    return [...found.values()].sort(({ hook: one }, { hook: other }) => one.version.metadata.priority - other.version.metadata.priority || one.created_at - other.created_at || (one.id < other.id ? -1 : 1));
  }

  async #ask(stage: HookStage, hook: Hook, event: StoredEvent, request: StageRequest): Promise<Invocation> {
    const before = invocationsOfRequest(this.#parts.store, request.id).find((one) => one.stage === stage && one.hook_id === hook.id);
    if (before !== undefined) return before;
    const line = stageLine(stage, event, request);
    return new Promise((recorded) => {
      const job: Job = { event, line, attempt: 1, stage: { name: stage, requestId: request.id, recorded } };
      this.#parts.evaluation.enqueue(hook.id, job);
      this.#parts.evaluation.pump();
    });
  }

  /** Why it gave no answer; undefined when it did, or when somebody took it out of service meanwhile. */
  #failed(hook: Hook, { outcome, error, reason }: Invocation): string | undefined {
    if (isFailure(outcome)) return `failed: ${error ?? outcome}`;
    const gone = outcome === "skipped_disabled" && this.#parts.evaluation.queueOf(hook).hook.status !== "errored";
    return isSkip(outcome) && !gone ? `was not run: ${reason ?? outcome}` : undefined;
  }
}

/** What a hook of the stage is told of one event of a request: RunEvent as JSON. */
export function stageLine(stage: HookStage, event: StoredEvent, { events: _events, ...request }: StageRequest): string {
  const { permissions = ALL_PERMISSIONS } = event.access ?? {};
  const seen = { event: publicEvent(event), principal: storedPrincipal(event), permissions };
  return JSON.stringify({ ...seen, ...replayedTime(event), session: request.session, request: { ...request, stage, ...seen } satisfies NexusRequest } satisfies RunEvent);
}

/** Before the turns a hook sees, as automations do, what was accepted while it was registered and enabled, in whichever version. */
function wasThere(store: Store, stage: HookStage, { id, active_from_seq: from = 0 }: Hook, { seq }: StoredEvent): boolean {
  if (!BEFORE_TURNS.has(stage) || from < seq) return true;
  return activationsOf(store, id).some(({ from_seq, until_seq = seq }) => from_seq < seq && seq <= until_seq);
}

/** A required hook that cannot be loaded is asked, and fails: what it is to prevent must not pass because of that. */
function isAsked({ active_from_seq, status, deleted_at, version }: Hook): boolean {
  return active_from_seq !== undefined || (status === "errored" && deleted_at === undefined && version.metadata.required === true);
}

function stageStep(stage: HookStage, invocation: Invocation, slug: string): TraceStep {
  return { at: invocation.started_at, stage, outcome: stageVerdict(invocation), id: invocation.id, took_ms: invocation.latency_us / 1_000, detail: slug };
}
