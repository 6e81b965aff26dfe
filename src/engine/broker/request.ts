import type { Session, StoredEvent } from "../core/event.ts";
import type { HookStage } from "../core/hook.ts";
import { REQUEST_ORDER, type RequestError, type StageRequest } from "../core/request.ts";
import type { Dispatch } from "../core/dispatch.ts";
import type { AssembledContext, Turn } from "../core/turn.ts";
import { dispatchById, dispatchesOfTurn } from "../store/dispatches.ts";
import { seenEventById } from "../store/event-requests.ts";
import type { Store } from "../store/open.ts";
import { sessionByKey } from "../store/sessions.ts";
import { openRequest, turnById } from "../store/turns.ts";
import type { BrokerParts } from "./parts.ts";
import { traceOf } from "./trace.ts";

/** The stages behind a turn's end, whose hooks only look on. */
const LAST_STAGES: readonly HookStage[] = ["afterDeliverResponse", "onError", "afterFinalize", "onFinalize"];

/** The request of a turn, as its rows have it. `dispatchIds` where those of the turn wait again, and are its own no more. */
export function requestOf(store: Store, turnId: string, stage: HookStage, dispatchIds?: readonly string[]): StageRequest {
  const turn = turnById(store, turnId);
  if (turn === undefined) throw new Error(`the turn ${turnId} has no row`);
  const dispatches = dispatchIds?.flatMap((id) => dispatchById(store, id) ?? []) ?? dispatchesOfTurn(store, turnId).filter(({ status }) => status !== "dropped");
  const events = eventsOf(store, dispatches);
  const order = REQUEST_ORDER.indexOf(stage);
  return {
    id: turnId,
    events,
    session: sessionOfTurn(store, turn),
    dispatches: dispatches.map(({ id, hook_id, event_id, status, prompt, context }) => ({ id, event_id, status, context, ...(hook_id === undefined ? {} : { hook_id }), ...(prompt === undefined ? {} : { prompt }) })),
    agent: turn.agent,
    turn: { id: turnId, status: turn.status },
    ...(turn.context === undefined ? {} : { context: textsOf(turn.context) }),
    ...(turn.answer === undefined ? {} : { response: { text: turn.answer } }),
    trace: events.length === 0 ? [] : traceOf(store, events[0] as StoredEvent).filter((step) => REQUEST_ORDER.indexOf(step.stage) <= order),
  };
}

export function textsOf({ system, prompt }: AssembledContext): { readonly system: string; readonly prompt: string } {
  return { system, prompt };
}

/** Inside a transaction, at a turn's end: its last stages have hooks, which are asked when its messages are settled, also after a restart. */
export function noteLastStages({ store, stages }: BrokerParts, turnId: string, dispatchIds: readonly string[]): void {
  if (LAST_STAGES.some((stage) => stages.has(stage))) openRequest(store, turnId, dispatchIds);
}

/** What went wrong with a turn; undefined when nothing did, or when somebody ended it. */
export function errorOf(turn: Turn, dispatches: StageRequest["dispatches"], dead: { readonly code: string | null; readonly error: string | null } | undefined): RequestError | undefined {
  // One that steered it may wait for a turn of its own, although the one it was begun for has failed.
  const retrying = dispatches.length > 0 && dispatches.every(({ status }) => status === "pending" || status === "running");
  if (turn.status === "failed" || turn.status === "timeout" || turn.status === "lost") {
    return { stage: turn.context === undefined ? "assembleContext" : "runAgent", code: turn.code ?? "AGENT_LOST", message: turn.error ?? turn.status, retrying };
  }
  return dead === undefined ? undefined : { stage: "deliverResponse", code: dead.code ?? "OUTBOUND_REFUSED", message: dead.error ?? "it could not be delivered", retrying: false };
}

function eventsOf(store: Store, dispatches: readonly Dispatch[]): StoredEvent[] {
  return [...new Set(dispatches.map(({ event_id }) => event_id))].flatMap((id) => seenEventById(store, id) ?? []);
}

function sessionOfTurn(store: Store, { session_key }: Turn): Session {
  const session = sessionByKey(store, session_key);
  return { session_key, persona: session?.persona ?? "default", ...(session?.thread_id === undefined ? {} : { thread_id: session.thread_id }) };
}
