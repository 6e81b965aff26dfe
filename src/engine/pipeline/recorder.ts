import type { Fire } from "../core/dispatch.ts";
import { NexusError } from "../core/errors.ts";
import { isSlot, type NewEvent, type StoredEvent } from "../core/event.ts";
import type { IdFactory } from "../core/ids.ts";
import type { Invocation } from "../core/invocation.ts";
import { isFailure, isSkip } from "../core/invocation.ts";
import type { Notice, NoticeKind } from "../core/notice.ts";
import type { StageJob } from "../runtime/job.ts";
import { deactivate } from "../store/activations.ts";
import { insertDispatch } from "../store/dispatches.ts";
import { applyStateWrites } from "../store/hook-state.ts";
import { saveRuntimeState } from "../store/hooks.ts";
import { insertInvocations, insertLogs } from "../store/invocations.ts";
import { addNotice } from "../store/notices.ts";
import type { Store } from "../store/open.ts";
import { settleSlot } from "../store/slots.ts";
import { addStats, emptyDelta, type StatsDelta } from "../store/stats.ts";
import { addLatency } from "../core/latency.ts";
import type { BreakerRules } from "./breaker.ts";
import { fail, succeed } from "./breaker.ts";
import type { Pending } from "./evaluation.ts";
import type { HookQueue } from "./hook-queue.ts";
import type { Accepted } from "./intake.ts";
import { requestRuns } from "./request-runs.ts";
import { settle, type Settled, type SettleContext } from "./settle.ts";

/** What one commit made true; handed on only after it. */
export interface Recorded {
  readonly invocations: Invocation[];
  readonly dispatches: Fire[];
  readonly notices: Notice[];
  /** What was asked of stage hooks, with what they said as it is stored. */
  readonly stages: { readonly job: StageJob; readonly invocation: Invocation }[];
}

export interface RecorderParts {
  readonly store: Store;
  readonly ids: IdFactory;
  readonly rules: BreakerRules;
  readonly now: () => number;
  readonly lateAfterMs: number;
  readonly normalise: SettleContext["normalise"];
  /** The Worker has kept state that an invocation wrote which did not count. */
  readonly forget: (entry: Pending) => void;
  /** Stores events that a hook returned in `emit`, inside the running transaction. */
  readonly accept: (events: readonly NewEvent[]) => readonly Accepted[];
  /** Runs that may wait: setting `refs.max_waiting`. */
  readonly maxRuns: number;
}

/**
 * Writes terminal pairs, in the order in which they came back, inside the caller's transaction: invocation, logs, state,
 * dispatch, slot, statistics, breaker and one-shot in one, so that a crash leaves all of it or nothing.
 */
export class Recorder {
  readonly #parts: RecorderParts;

  constructor(parts: RecorderParts) {
    this.#parts = parts;
  }

  record(pending: readonly Pending[]): Recorded {
    const recorded: Recorded = { invocations: [], dispatches: [], notices: [], stages: [] };
    const touched = new Set<HookQueue>();
    const deltas = new Map<string, StatsDelta>();
    for (const entry of pending) this.#one(entry, recorded, touched, deltas);
    insertInvocations(this.#parts.store, recorded.invocations);
    addStats(this.#parts.store, [...deltas.values()]);
    for (const queue of touched) this.#saveHook(queue);
    return recorded;
  }

  #one(entry: Pending, recorded: Recorded, touched: Set<HookQueue>, deltas: Map<string, StatsDelta>): void {
    const { store, ids, now, normalise } = this.#parts;
    const { queue, job } = entry;
    // What an update left under way ends as what it is: an invocation of the old version, in the old version's state.
    const hook = entry.version.id === queue.hook.version.id ? queue.hook : { ...queue.hook, version: entry.version };
    const settled = this.#stillCounts(settle(job, entry.answer, { hook, ids, now: now(), normalise }), entry);
    const refused = this.#emit(settled);
    const invocation = refused === undefined ? settled.invocation : { ...settled.invocation, reason: refused };
    if (settled.dispatch !== undefined && insertDispatch(store, settled.dispatch)) {
      recorded.dispatches.push(settled.dispatch);
      const { id: dispatch, status, reason } = settled.dispatch;
      if (status === "failed") this.#notice(recorded, "dispatch_failed", hook.id, job.event.id, { dispatch, reason });
    }
    recorded.invocations.push(invocation);
    if (job.stage !== undefined) recorded.stages.push({ job: job.stage, invocation: store.redactor.value(invocation) });
    if (settled.logs !== undefined && settled.logs.length > 0) insertLogs(store, invocation.id, settled.logs, settled.droppedLogBytes);
    if (settled.state === undefined && wroteState(entry)) this.#parts.forget(entry);
    if (settled.state !== undefined) applyStateWrites(store, hook.version.id, settled.state);
    if (isSlot(job.event) && job.stage === undefined) this.#settleSlot(job.event, invocation);
    addToDelta(deltas, queue.hook.id, invocation);
    if (isSkip(invocation.outcome)) {
      // A clock that went back made an open breaker wait anew: from then, also after a restart.
      if (queue.breaker.openedAt !== queue.hook.circuit_opened_at) touched.add(queue);
      return;
    }
    this.#moveBreaker(entry, invocation, recorded, touched);
    if (invocation.fired) this.#fired(queue, invocation, touched);
    this.#maybeDisable(queue, settled, recorded);
  }

  /** Stores what it emitted; or says why that was refused: a chain of causes without an end is no fault of the answer. */
  #emit({ emitted = [], invocation: { hook_id: hookId } }: Settled): string | undefined {
    if (emitted.length === 0) return undefined;
    try {
      const { accept, store, ids, now, maxRuns } = this.#parts;
      return requestRuns(store, accept(emitted), { ids, now: now(), hookId, maxRuns });
    } catch (error) {
      if (error instanceof NexusError && error.code === "LOOP_STOPPED") return `emit: ${error.message}`;
      throw error;
    }
  }

  /**
   * A Worker may have run a little further than it should: past the failure that opened the breaker when only the
   * daemon could see that it was one, or past the fire of a one-shot. What it did there does not count.
   */
  #stillCounts(settled: Settled, { queue, generation, answer }: Pending): Settled {
    if (answer.from === "skip") return settled;
    const { mode, limits } = queue.hook.version.metadata;
    const opened = queue.breaker.state === "open" && generation !== queue.breaker.generation && limits.concurrency === 1;
    const spent = mode === "one-shot" && !queue.isActive;
    if (!opened && !spent) return settled;
    const { error: _error, stack_trace: _stack, result: _result, ...invocation } = settled.invocation;
    const outcome = spent ? "skipped_disabled" : "skipped_circuit";
    const reason = spent ? `disabled before it counted: ${queue.hook.disabled_reason ?? "disabled"}` : "the breaker opened before it counted";
    return { invocation: { ...invocation, outcome, fired: false, reason }, droppedLogBytes: 0 };
  }

  #moveBreaker({ queue, generation }: Pending, invocation: Invocation, recorded: Recorded, touched: Set<HookQueue>): void {
    const before = queue.breaker;
    const now = this.#parts.now();
    const after = isFailure(invocation.outcome) ? fail(before, generation, this.#parts.rules, now) : succeed(before, generation);
    if (isFailure(invocation.outcome)) {
      queue.hook = { ...queue.hook, last_error: invocation.error ?? invocation.outcome };
      touched.add(queue);
    }
    if (after === before) return;
    queue.breaker = after;
    touched.add(queue);
    if (after.state === before.state) return;
    queue.epoch += 1;
    queue.hook = { ...queue.hook, status: after.state === "open" ? "paused" : "active" };
    const kind: NoticeKind = after.state === "open" ? "breaker_opened" : "breaker_closed";
    const last_error = queue.hook.last_error ?? null;
    this.#notice(recorded, kind, queue.hook.id, invocation.event_id, { slug: queue.hook.slug, failures: after.failures, last_error });
  }

  #fired(queue: HookQueue, invocation: Invocation, touched: Set<HookQueue>): void {
    if (queue.hook.version.metadata.limits.max_fires_per_hour !== undefined) queue.fires.push(this.#parts.now());
    queue.hook = { ...queue.hook, trigger_count: queue.hook.trigger_count + 1, last_triggered: invocation.started_at };
    touched.add(queue);
  }

  #maybeDisable(queue: HookQueue, { invocation, result }: Settled, recorded: Recorded): void {
    const oneShot = queue.hook.version.metadata.mode === "one-shot" && invocation.fired;
    const asked = result?.disable_hook === true || result?.disable === true;
    if ((!oneShot && !asked) || !queue.isActive) return;
    const at = this.#parts.now();
    const reason = oneShot ? "one-shot fired" : "disabled by its own result";
    queue.hook = { ...queue.hook, status: "disabled", disabled_at: at, disabled_reason: reason };
    deactivate(this.#parts.store, queue.hook.id, { reason, at, endedBy: oneShot ? "one-shot fired" : "disabled" });
    this.#notice(recorded, oneShot ? "one_shot_fired" : "hook_disabled", queue.hook.id, invocation.event_id, { slug: queue.hook.slug, reason });
  }

  #settleSlot(event: StoredEvent, invocation: Invocation): void {
    const slot = event.metadata["slot"];
    if (typeof slot !== "number" || event.addressed_to === undefined) return;
    const late = invocation.started_at - slot > this.#parts.lateAfterMs;
    const status = isSkip(invocation.outcome) ? "skipped" : late ? "late" : "ran";
    settleSlot(this.#parts.store, event.addressed_to, slot, { status, reason: invocation.reason, at: invocation.finished_at });
  }

  #saveHook(queue: HookQueue): void {
    const { hook, breaker } = queue;
    queue.hook = {
      ...hook,
      consecutive_errors: breaker.failures,
      circuit_state: breaker.state,
      circuit_opened_at: breaker.openedAt,
      circuit_generation: breaker.generation,
    } as HookQueue["hook"];
    saveRuntimeState(this.#parts.store, queue.hook);
  }

  #notice(recorded: Recorded, kind: NoticeKind, hookId: string, eventId: string, data: Record<string, unknown>): void {
    const at = this.#parts.now();
    const notice: Notice = { id: this.#parts.ids.make("ntc", at), at, kind, hook_id: hookId, event_id: eventId, data };
    addNotice(this.#parts.store, notice);
    recorded.notices.push(notice);
  }
}

function wroteState({ answer }: Pending): boolean {
  return answer.from === "worker" && answer.wire[4]?.state !== undefined;
}

function addToDelta(deltas: Map<string, StatsDelta>, hookId: string, invocation: Invocation): void {
  let delta = deltas.get(hookId);
  if (delta === undefined) {
    // The bucket of its first row: what one commit brings of a hook is counted in one place.
    delta = emptyDelta(hookId, invocation.finished_at);
    deltas.set(hookId, delta);
  }
  if (isSkip(invocation.outcome)) {
    delta.skips += 1;
    return;
  }
  delta.invocations += 1;
  if (invocation.fired) delta.fires += 1;
  if (isFailure(invocation.outcome)) delta.errors += 1;
  delta.latency_us_sum += invocation.latency_us;
  delta.latency_us_max = Math.max(delta.latency_us_max, invocation.latency_us);
  addLatency(delta.latency_histogram, invocation.latency_us);
  delta.llm_calls += invocation.llm_calls;
  delta.llm_tokens_in += invocation.llm_tokens_in;
  delta.llm_tokens_out += invocation.llm_tokens_out;
  delta.search_calls += invocation.search_calls;
}
