import type { Fire } from "../core/dispatch.ts";
import { NexusError } from "../core/errors.ts";
import type { NewEvent } from "../core/event.ts";
import type { IdFactory } from "../core/ids.ts";
import type { Invocation, LogLine, Outcome } from "../core/invocation.ts";
import type { HookResult } from "../core/result.ts";
import { requestOf } from "../core/ref-request.ts";
import { sessionFor } from "../core/session-routing.ts";
import { parseStageResult } from "../core/request.ts";
import { parseHookResult } from "../core/result.ts";
import type { Hook } from "../core/hook.ts";
import type { Failure, Job } from "../runtime/job.ts";
import type { RunEvent, WireResult } from "../runtime/protocol.ts";

/** How a job came back; `skip` when its script was never asked. */
export type Answer =
  | { readonly from: "worker"; readonly wire: WireResult }
  | { readonly from: "runtime"; readonly failure: Failure }
  | { readonly from: "skip"; readonly outcome: Outcome; readonly reason: string };

/** Whether a power loss may undo it: evaluated again it comes to the same, and nobody has acted on it. */
export function isRepeatable(answer: Answer): boolean {
  return answer.from === "skip" || (answer.from === "worker" && answer.wire[1] === 0 && answer.wire[4]?.state === undefined);
}

/** All that one terminal (event, hook) pair writes, as data. */
export interface Settled {
  readonly invocation: Invocation;
  readonly result?: HookResult;
  readonly dispatch?: Fire;
  readonly logs?: readonly LogLine[];
  readonly droppedLogBytes: number;
  readonly state?: readonly (readonly [key: string, value?: unknown])[];
  /** What it returned in `emit`, ready to be stored. */
  readonly emitted?: readonly NewEvent[];
}

export interface SettleContext {
  readonly hook: Hook;
  readonly ids: IdFactory;
  /** Unix ms. */
  readonly now: number;
  /** Makes an event of what a hook returned in `emit`; throws when it is none. */
  readonly normalise: (input: unknown) => NewEvent;
}

export function settle(job: Job, answer: Answer, context: SettleContext): Settled {
  switch (answer.from) {
    case "worker":
      return settleAnswered(job, answer.wire, context);
    case "runtime":
      return settleFailed(job, answer.failure, context);
    case "skip": {
      const invocation = { ...invocationOf(job, context, context.now, 0, answer.outcome), reason: answer.reason };
      return { invocation, droppedLogBytes: 0 };
    }
  }
}

function settleAnswered(job: Job, wire: WireResult, context: SettleContext): Settled {
  const [, kind, startedAt, durationUs, extra] = wire;
  const { timeout_ms } = context.hook.version.metadata.limits;
  // Nearly all of them: nothing to say. One object, no copies.
  if (kind === 0 && extra === undefined && durationUs <= timeout_ms * 1_000) {
    return { invocation: invocationOf(job, context, startedAt, durationUs, "no_fire"), droppedLogBytes: 0 };
  }
  const common = invocationOf(job, context, startedAt, durationUs, "no_fire");
  const counters = {
    llm_calls: extra?.llm?.[0] ?? 0,
    llm_tokens_in: extra?.llm?.[1] ?? 0,
    llm_tokens_out: extra?.llm?.[2] ?? 0,
    search_calls: extra?.search ?? 0,
  };
  const kept = { droppedLogBytes: extra?.dropped ?? 0, ...(extra?.logs === undefined ? {} : { logs: extra.logs }) };
  // It answered after its deadline, in the moment before its Worker was ended: too late is too late.
  if (durationUs > timeout_ms * 1_000) {
    return { ...kept, invocation: { ...common, ...counters, outcome: "timeout", error: `timed out after ${timeout_ms} ms` } };
  }
  if (kind === 2) {
    const { message = "the hook failed", stack } = extra?.error ?? {};
    const error = stack === undefined ? { error: message } : { error: message, stack_trace: stack };
    return { ...kept, invocation: { ...common, ...counters, ...error, outcome: "error" } };
  }
  const state = extra?.state === undefined ? {} : { state: extra.state };
  if (kind === 0) return { ...kept, ...state, invocation: { ...common, ...counters, outcome: "no_fire" } };
  const parsed = job.stage === undefined ? parseHookResult(extra?.result ?? null) : parseStageResult(job.stage.name, extra?.result ?? null);
  if (!parsed.ok) return { ...kept, invocation: { ...common, ...counters, outcome: "error", error: `RESULT_INVALID: ${parsed.error}` } };
  const { result, warnings } = parsed;
  const emitted = emittedEvents(result, job, context);
  if (typeof emitted === "string") return { ...kept, invocation: { ...common, ...counters, outcome: "error", error: `RESULT_INVALID: ${emitted}` } };
  const invocation: Invocation = {
    ...common,
    ...counters,
    outcome: result.fire ? "fired" : "no_fire",
    fired: result.fire,
    result,
    ...(warnings.length === 0 ? {} : { reason: warnings.join("; ") }),
  };
  const settled = { ...kept, ...state, invocation, result, emitted };
  return result.fire ? { ...settled, dispatch: dispatchOf(job, result, invocation, context) } : settled;
}

/** The events of `emit`, caused by this one; or what is wrong with the first that is no event. */
function emittedEvents({ emit = [] }: HookResult, job: Job, { normalise }: SettleContext): readonly NewEvent[] | string {
  const events: NewEvent[] = [];
  for (const [index, input] of emit.entries()) {
    try {
      // One that asks for a change of refs is checked here, where the hook still hears of it.
      requestOf(input);
      events.push({ ...normalise(input), cause_id: job.event.id });
    } catch (error) {
      if (!(error instanceof NexusError)) throw error;
      return `emit.${index}: ${error.message}`;
    }
  }
  return events;
}

function settleFailed(job: Job, failure: Failure, context: SettleContext): Settled {
  const { timeout_ms } = context.hook.version.metadata.limits;
  const message = failure.outcome === "timeout" ? `${failure.message} after ${timeout_ms} ms` : failure.message;
  const stack = failure.stack === undefined ? {} : { stack_trace: failure.stack };
  const common = invocationOf(job, context, context.now - failure.ranForMs, failure.ranForMs * 1_000, failure.outcome);
  const logs = failure.logs.length === 0 ? {} : { logs: failure.logs };
  return { ...logs, droppedLogBytes: 0, invocation: { ...common, ...stack, error: message } };
}

/** Without what only some have. The outcome is filled in, or replaced, by whoever knows it. */
function invocationOf(job: Job, { hook, ids }: SettleContext, startedAt: number, latencyUs: number, outcome: Outcome): Invocation {
  const latencyMs = Math.round(latencyUs / 1_000);
  return {
    id: ids.make("inv", startedAt),
    hook_id: hook.id,
    version_id: hook.version.id,
    event_id: job.event.id,
    started_at: startedAt,
    finished_at: startedAt + latencyMs,
    latency_ms: latencyMs,
    latency_us: latencyUs,
    outcome,
    fired: false,
    attempt: job.attempt,
    llm_calls: 0,
    llm_tokens_in: 0,
    llm_tokens_out: 0,
    search_calls: 0,
    ...(job.stage === undefined ? {} : { stage: job.stage.name, request_id: job.stage.requestId }),
  };
}

function dispatchOf(job: Job, result: HookResult, invocation: Invocation, { hook, ids, now }: SettleContext): Fire {
  // Written by this process when the event was routed, so it has the form of RunEvent.
  const { session: own, permissions: { personas } } = JSON.parse(job.line) as RunEvent;
  const session = sessionFor(result.routing ?? {}, own, job.event);
  // A hook may route where it likes; what the event's sender may, it decides as little as the sender does.
  const allowed = personas.includes("*") || personas.includes(session.persona);
  const agent = result.agent ?? result.routing?.agent_id;
  const { prompt, extracted, data, include_thread } = result.context ?? {};
  return {
    id: ids.make("dsp", now),
    hook_id: hook.id,
    version_id: hook.version.id,
    event_id: job.event.id,
    invocation_id: invocation.id,
    ...(allowed ? { status: "pending" } : { status: "failed", reason: `PERSONA_DENIED: the access policy of this event allows ${personas.join(", ") || "no persona"}, not "${session.persona}"`, settled_at: now }),
    ...(agent === undefined ? {} : { agent }),
    routing: result.routing ?? {},
    session_key: session.session_key,
    persona: session.persona,
    ...(session.thread_id === undefined ? {} : { thread_id: session.thread_id }),
    ...(prompt === undefined ? {} : { prompt }),
    context: { data: { ...data, ...extracted }, include_thread: include_thread ?? false, ...(result.enrich === undefined ? {} : { enrich: result.enrich }) },
    created_at: now,
    attempts: 0,
    not_before: 0,
  };
}
