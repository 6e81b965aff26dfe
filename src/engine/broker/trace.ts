import type { Dispatch } from "../core/dispatch.ts";
import { storedPrincipal, type StoredEvent } from "../core/event.ts";
import { isFailure, isSkip, type Invocation } from "../core/invocation.ts";
import { REQUEST_ORDER, stageVerdict, type TraceStep } from "../core/request.ts";
import { deliveriesOfTurn } from "../store/deliveries.ts";
import { dispatchesOfEvent } from "../store/dispatches.ts";
import { hookById } from "../store/hooks.ts";
import { invocationsOfEvent, invocationsOfRequest } from "../store/invocation-queries.ts";
import type { Store } from "../store/open.ts";
import { turnById } from "../store/turns.ts";

/** The whole way of an event, from its arrival to the delivered answers, in the order of time. Read from the rows of each stage. */
export function traceOf(store: Store, event: StoredEvent): TraceStep[] {
  const steps: TraceStep[] = [{ at: event.received_at, stage: "receiveEvent", outcome: event.suppressed === "loop_guard" ? "loop_guard" : "stored", id: event.id, detail: `${event.type} on ${event.channel}, seq ${event.seq}${event.replay_of === undefined ? "" : `, a replay of ${event.replay_of}`}` }, ...standingSteps(event)];
  const invocations = new Map(invocationsOfEvent(store, event.id).map((one) => [one.id, one]));
  const followed: TraceStep[] = [];
  const turns = new Set<string>();
  for (const dispatch of dispatchesOfEvent(store, event.id)) {
    followed.push(...dispatchSteps(store, dispatch));
    if (dispatch.turn_id === undefined || turns.has(dispatch.turn_id)) continue;
    turns.add(dispatch.turn_id);
    const asked = invocationsOfRequest(store, dispatch.turn_id);
    for (const one of asked) invocations.set(one.id, one);
    followed.push(...turnSteps(store, dispatch.turn_id, asked));
  }
  for (const invocation of invocations.values()) steps.push(invocationStep(store, invocation));
  // Of what happened in the same millisecond the cause stands before what followed from it: sorting keeps their order.
  return [...steps, ...followed].toSorted((one, other) => one.at - other.at || REQUEST_ORDER.indexOf(one.stage) - REQUEST_ORDER.indexOf(other.stage));
}

function invocationStep(store: Store, invocation: Invocation): TraceStep {
  const { started_at, outcome, id, latency_us, hook_id, error, reason, stage } = invocation;
  const slug = hookById(store, hook_id)?.slug ?? hook_id;
  const why = isFailure(outcome) ? error : isSkip(outcome) ? reason : undefined;
  return { at: started_at, stage: stage ?? "runAutomations", outcome: stage === undefined ? outcome : stageVerdict(invocation), id, took_ms: latency_us / 1_000, detail: why === undefined ? slug : `${slug}: ${why}` };
}

function standingSteps(event: StoredEvent): TraceStep[] {
  const { type, name, source } = storedPrincipal(event);
  const at = event.received_at;
  const who = [name, source].filter((part) => part !== undefined).join(", ");
  const policy = event.access?.policy;
  return [
    { at, stage: "resolveIdentity", outcome: type, id: event.id, ...(who === "" ? {} : { detail: who }) },
    { at, stage: "resolveAccess", outcome: event.suppressed === "denied" ? "denied" : "allowed", id: event.id, detail: policy === undefined ? "by no policy" : `by the policy ${policy}` },
  ];
}

function dispatchSteps(store: Store, { id, hook_id, created_at, status, settled_at, reason, session_key, agent, effective_mode, attempts, turn_id }: Dispatch): TraceStep[] {
  const by = hook_id === undefined ? "" : ` by ${hookById(store, hook_id)?.slug ?? hook_id}`;
  const dispatched: TraceStep = { at: created_at, stage: "runAutomations", outcome: "dispatched", id, detail: `${session_key}${agent === undefined ? "" : ` to ${agent}`}${by}` };
  const attempt = attempts > 1 ? `, attempt ${attempts}` : "";
  // Over when its last message is; as long as it is not, how it stands.
  const deliveries = turn_id === undefined ? [] : deliveriesOfTurn(store, turn_id);
  const at = Math.max(settled_at ?? created_at, ...deliveries.map((delivery) => delivery.settled_at ?? 0));
  const mode = effective_mode ?? (settled_at === undefined ? "waiting" : "never run");
  return [dispatched, { at, stage: "finalize", outcome: status, id, detail: `${mode}${attempt}${reason === undefined ? "" : `: ${reason}`}` }];
}

/** `asked`: what stage hooks made of it. The agent ran behind those of its context, and until the first of its answer. */
function turnSteps(store: Store, turnId: string, asked: readonly Invocation[]): TraceStep[] {
  const turn = turnById(store, turnId);
  if (turn === undefined) return [];
  const { started_at, ended_at, agent, runner, profile, status, context, code, error } = turn;
  const from = Math.max(started_at, ...asked.filter(({ stage }) => stage === "afterAssembleContext").map(({ finished_at }) => finished_at));
  const until = asked.find(({ stage }) => stage === "afterRunAgent")?.started_at ?? ended_at;
  const cuts = context?.layers.flatMap(({ layer, cut }) => (cut === undefined ? [] : [`${layer}: ${cut} left out`])) ?? [];
  const steps: TraceStep[] = [
    { at: started_at, stage: "assembleContext", outcome: context === undefined ? "not assembled" : "assembled", id: turnId, ...(context === undefined ? {} : { detail: [`${context.tokens} tokens`, ...cuts].join("; ") }) },
    { at: from, stage: "runAgent", outcome: status, id: turnId, ...(until === undefined ? {} : { took_ms: Math.max(0, until - from) }), detail: `${agent} (${runner}${profile === "full" ? "" : `, ${profile} profile`})${code === undefined ? "" : `: ${code}: ${error ?? ""}`}` },
  ];
  for (const delivery of deliveriesOfTurn(store, turnId)) {
    const attempts = delivery.attempts > 1 ? ` after ${delivery.attempts} attempts` : "";
    const problem = delivery.error === null ? "" : `: ${delivery.code ?? ""} ${delivery.error}`;
    steps.push({ at: delivery.settled_at ?? delivery.created_at, stage: "deliverResponse", outcome: delivery.status, id: delivery.id, took_ms: (delivery.settled_at ?? delivery.created_at) - delivery.created_at, detail: `${delivery.outbound}, part ${delivery.part} of ${delivery.parts}${attempts}${problem}` });
  }
  return steps;
}
