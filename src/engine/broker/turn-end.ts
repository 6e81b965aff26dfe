import { NexusError } from "../core/errors.ts";
import type { NewEvent, StoredEvent } from "../core/event.ts";
import type { OutboundSettings } from "../core/outbound-settings.ts";
import type { TurnStatus } from "../core/turn.ts";
import { insertDelivery } from "../store/deliveries.ts";
import { dispatchById, returnDispatch, settleDispatch } from "../store/dispatches.ts";
import { eventById } from "../store/event-queries.ts";
import { moveHead } from "../store/sessions.ts";
import { endTurn, turnById } from "../store/turns.ts";
import type { Store } from "../store/open.ts";
import type { OutboundMessage } from "./outbound/outbound.ts";
import { splitText } from "./outbound/split.ts";
import type { BrokerParts } from "./parts.ts";
import type { Item } from "./queue-plan.ts";
import { noteLastStages } from "./request.ts";
import type { TurnEnd } from "./runners/runner.ts";
import { outboundFor } from "./settings.ts";
import type { TurnRun } from "./turn-run.ts";

/** A retry waits no longer than this. */
const LONGEST_RETRY_MS = 300_000;

/** What became of a turn's dispatches. */
export interface Ended {
  /** They wait again, those that steered it as turns of their own. */
  readonly returned: readonly { readonly item: Item; readonly not_before: number }[];
  readonly failed: readonly { readonly item: Item; readonly reason: string }[];
}

/**
 * Inside a transaction: all that the end of a turn makes true, at once. An answer becomes an event and its messages; a
 * failure that may pass gives the dispatches back; what steered a turn that did not get to its end is never lost with it.
 * `undelivered`: why its answer is not to be delivered.
 */
export function settleTurn(parts: BrokerParts, run: TurnRun, end: TurnEnd, undelivered?: string): Ended {
  const { store, now } = parts;
  const at = now();
  const status: Exclude<TurnStatus, "running"> = end.status;
  const done = end.status === "done";
  const outcome = done
    ? { answer: end.text, agent_session: end.agent_session, usage: end.usage }
    : { answer: end.text, code: end.code, error: run.endedBy?.reason ?? end.message };
  if (!endTurn(store, run.id, { status, at, ...outcome })) return { returned: [], failed: [] };
  if (run.endedBy?.why !== "stopped" || done) noteLastStages(parts, run.id, [...run.items, ...run.steered].map(({ id }) => id));
  const unhanded = takeBack(parts, run);
  if (!done) {
    const { returned, failed } = settleFailure(parts, run, end, at);
    return { returned: [...unhanded, ...returned], failed };
  }
  moveHead(store, run.session, run.id, at);
  const said = end.text.trim() === "" ? "it answered nothing" : reply(parts, run, end.text.trim(), at, undelivered ?? (run.endedBy?.why === "cancelled" ? run.endedBy.reason : undefined));
  for (const { id } of [...run.items, ...run.steered]) settleDispatch(store, id, "running", "done", at, said);
  return { returned: unhanded, failed: [] };
}

/** What was to steer it, and had not been taken. */
function takeBack({ store }: BrokerParts, run: TurnRun): Ended["returned"] {
  const { handing } = run;
  run.handing = undefined;
  if (handing === undefined) return [];
  returnDispatch(store, handing.id, 0, undefined);
  return [{ item: handing, not_before: 0 }];
}

function settleFailure(parts: BrokerParts, run: TurnRun, end: Exclude<TurnEnd, { status: "done" }>, at: number): Ended {
  const { store, settings } = parts;
  const returned: { item: Item; not_before: number }[] = [];
  const failed: { item: Item; reason: string }[] = [];
  const giveBack = (item: Item, notBefore: number, reason: string): void => {
    returnDispatch(store, item.id, notBefore, reason);
    returned.push({ item, not_before: notBefore });
  };
  for (const item of run.steered) giveBack(item, 0, `the turn it steered did not get to its end: ${end.code}`);
  for (const item of run.items) {
    const reason = `${end.code}: ${end.message}`;
    const attempts = dispatchById(store, item.id)?.attempts ?? 1;
    if (run.endedBy?.why === "stopped") giveBack(item, 0, run.endedBy.reason);
    else if (run.endedBy !== undefined) settleDispatch(store, item.id, "running", "cancelled", at, run.endedBy.reason);
    else if (end.retryable && attempts < settings.broker.max_attempts) giveBack(item, at + Math.max(end.retry_after_ms ?? 0, pauseAfter(attempts, settings.broker.retry_ms)), reason);
    else if (settleDispatch(store, item.id, "running", "failed", at, attempts > 1 ? `${reason} (attempt ${attempts})` : reason)) failed.push({ item, reason });
  }
  return { returned, failed };
}

export function pauseAfter(attempts: number, firstMs: number): number {
  return Math.min(LONGEST_RETRY_MS, firstMs * 2 ** Math.max(0, attempts - 1));
}

/** Stores the answer as an event and its messages; says so when nobody can deliver it. */
function reply(parts: BrokerParts, run: TurnRun, text: string, at: number, undelivered: string | undefined): string | undefined {
  const { store } = parts;
  const dispatches = run.items.flatMap(({ id }) => dispatchById(store, id) ?? []);
  const [first] = dispatches;
  const asked = first === undefined ? undefined : eventById(store, first.event_id);
  const event = replyEvent(run, text, at, asked, dispatches.flatMap(({ hook_id }) => hook_id ?? []));
  try {
    parts.accept([event]);
  } catch (error) {
    if (error instanceof NexusError && error.code === "LOOP_STOPPED") return `its answer was neither stored as an event nor delivered: ${error.message}`;
    throw error;
  }
  if (undelivered !== undefined) return `answered, not delivered: ${undelivered}`;
  const channel = asked?.channel ?? "agent";
  const name = outboundFor(parts.settings, channel);
  if (name === undefined) return `answered; no [outbound] adapter has the channel "${channel}"`;
  const settings = parts.settings.outbound[name];
  if (settings === undefined) return undefined;
  const texts = splitText(text, limitOf(parts, name, settings));
  for (const [index, part] of texts.entries()) {
    const id = parts.ids.make("dlv", at);
    const message: OutboundMessage = {
      delivery_id: id,
      text: part,
      part: index + 1,
      parts: texts.length,
      event_id: event.id,
      session_key: run.session,
      agent: run.agent,
      channel,
      ...(asked?.thread_id === undefined ? {} : { thread_id: asked.thread_id }),
      ...(asked?.sender_id === undefined ? {} : { recipient: asked.sender_id }),
      ...(asked === undefined ? {} : { reply_to: asked.source_id }),
      created_at: at,
    };
    insertDelivery(store, { id, turn_id: run.id, event_id: event.id, session_key: run.session, outbound: name, part: index + 1, parts: texts.length, message_json: JSON.stringify(store.redactor.value(message)), created_at: at });
  }
  return undefined;
}

/** An adapter that cannot be made says so when it is to send; here, in a transaction, it costs no more than the split. */
function limitOf(parts: BrokerParts, name: string, settings: OutboundSettings): number | undefined {
  try {
    return parts.outbound(name, settings).limit;
  } catch {
    return undefined;
  }
}

function replyEvent(run: TurnRun, text: string, at: number, asked: StoredEvent | undefined, hookIds: readonly string[]): NewEvent {
  return {
    id: `agent:${run.id}`,
    timestamp: at,
    received_at: at,
    type: "agent_response",
    channel: "agent",
    content: text,
    content_types: ["text"],
    direction: "sent",
    ...(asked?.thread_id === undefined ? {} : { thread_id: asked.thread_id }),
    ...(asked === undefined ? {} : { reply_to: asked.id }),
    sender_id: run.agent,
    source_adapter: "agent",
    source_id: run.id,
    metadata: { session_key: run.session, turn_id: run.id, dispatch_ids: run.items.map(({ id }) => id), hook_ids: [...new Set(hookIds)], ...(asked === undefined ? {} : { channel: asked.channel }) },
    ...(run.items[0] === undefined ? {} : { cause_id: run.items[0].id }),
    depth: 0,
  };
}

/** The agent's own name for the session, where its newest turn gave one. */
export function agentSessionOf(store: Store, headTurnId: string | undefined, agent: string): string | undefined {
  const head = headTurnId === undefined ? undefined : turnById(store, headTurnId);
  return head?.agent === agent ? head.agent_session : undefined;
}
