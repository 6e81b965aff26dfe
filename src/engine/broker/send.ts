import type { Dispatch } from "../core/dispatch.ts";
import { NexusError } from "../core/errors.ts";
import type { NewEvent } from "../core/event.ts";
import type { IdFactory } from "../core/ids.ts";
import type { QueueMode } from "../core/queue-mode.ts";
import { dispatchById, insertDispatch } from "../store/dispatches.ts";
import { eventById } from "../store/event-queries.ts";
import { insertEvents } from "../store/events.ts";
import { nextWork } from "../store/meta.ts";
import type { Store } from "../store/open.ts";

/** Agents that ask each other, one after the other; the next is refused. */
const MOST_HOPS = 3;

export interface AgentMessage {
  readonly to: string;
  readonly from: string;
  readonly text: string;
  readonly session?: string | undefined;
  readonly mode?: QueueMode | undefined;
  /** The dispatch during which it is sent. */
  readonly cause?: string | undefined;
}

interface SendOptions {
  readonly ids: IdFactory;
  readonly now: number;
  readonly persona: string;
  readonly maxDepth: number;
  readonly maxChain: number;
  readonly dryRun: boolean;
}

/**
 * Inside a transaction: hands work from one agent to another, through the same queue as a fire. It is stored as an event,
 * which no hook evaluates. Throws LOOP_STOPPED past MOST_HOPS agents, or when the chain of causes is too long.
 */
export function sendToAgent(store: Store, options: SendOptions, { to, from, text, session, mode, cause }: AgentMessage): Dispatch {
  const { ids, now, persona, dryRun } = options;
  const hops = hopsOf(store, cause) + 1;
  if (hops > MOST_HOPS) throw new NexusError("LOOP_STOPPED", `${from} may not send to ${to}: ${MOST_HOPS} agents have already asked one another`, { hint: "answer instead: the one who asked gets the answer" });
  const id = ids.make("dsp", now);
  const event: NewEvent = {
    id: `agent:${id}`, timestamp: now, received_at: now, type: "agent_message", channel: "agent", content: text, content_types: ["text"], direction: "received", sender_id: from,
    source_adapter: "agent", source_id: id, metadata: { to, hops }, depth: 0, unevaluated: true,
    ...(cause === undefined ? {} : { cause_id: cause }),
  };
  const dispatch: Dispatch = {
    id, event_id: event.id, status: "pending", agent: to, routing: mode === undefined ? {} : { queue_mode: mode }, session_key: session ?? `agent:${to}:agent:dm:${from}`, persona,
    context: { data: {}, include_thread: true }, created_at: now, sender: from, attempts: 0, not_before: 0,
  };
  if (dryRun) return dispatch;
  const [stored] = insertEvents(store, [event], options);
  if (stored?.event.suppressed === "loop_guard") throw new NexusError("LOOP_STOPPED", `the chain of causes of ${cause ?? id} is longer than events.max_depth = ${options.maxDepth}, or has used up events.max_chain`);
  insertDispatch(store, dispatch);
  nextWork(store);
  return dispatch;
}

/** How many agents stand in a row behind a dispatch. */
function hopsOf(store: Store, cause: string | undefined): number {
  const dispatch = cause === undefined ? undefined : dispatchById(store, cause);
  const event = dispatch === undefined ? undefined : eventById(store, dispatch.event_id);
  const hops = event?.type === "agent_message" ? event.metadata["hops"] : 0;
  return typeof hops === "number" ? hops : 0;
}
