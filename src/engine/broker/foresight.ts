import type { Dispatch } from "../core/dispatch.ts";
import type { StoredEvent } from "../core/event.ts";
import type { Profile } from "../core/profile.ts";
import type { EffectiveMode, QueueMode } from "../core/queue-mode.ts";
import type { AssembledContext, StoredSession } from "../core/turn.ts";
import { dispatchesOfTurn, waitingIn, type WaitingRow } from "../store/dispatches.ts";
import { eventById } from "../store/event-queries.ts";
import type { Store } from "../store/open.ts";
import { profileOf } from "../store/provenance.ts";
import { sessionByKey } from "../store/sessions.ts";
import { runningTurns } from "../store/turns.ts";
import { gather } from "./gather.ts";
import { itemOf } from "./item-of.ts";
import { foresee, type SessionQueue } from "./queue-plan.ts";
import { groupOf, outboundFor, rulesOf, takesSteering, type BrokerSettings } from "./settings.ts";
import { agentSessionOf } from "./turn-end.ts";

/** What would be done with a dispatch, by the same rules as when it is done. */
export interface Plan {
  readonly session_key: string;
  readonly persona: string;
  readonly profile: Profile;
  /** Undefined where nobody can answer; `problem` says why. */
  readonly agent?: string;
  readonly runner?: string;
  readonly queue_mode?: QueueMode;
  readonly effective_mode?: EffectiveMode | "dropped";
  /** Turns under way, and dispatches that wait, in that session. */
  readonly running: number;
  readonly waiting: number;
  readonly context?: AssembledContext;
  /** Who would deliver an answer; undefined where nobody does. */
  readonly outbound?: string;
  readonly problem?: string;
}

/** Foresees the way of a dispatch through the Broker as things stand now. Reads, and changes nothing. */
export async function foreseeDispatch(store: Store, home: string, settings: BrokerSettings, dispatch: Dispatch, event: StoredEvent, now: number): Promise<Plan> {
  const persona = dispatch.persona ?? settings.persona;
  const queue = queueNow(store, settings, dispatch.session_key);
  const profile = profileOf(store, dispatch, event);
  const item = itemOf(rowOf(dispatch, profile, event, now), settings);
  const outbound = outboundFor(settings, event.channel);
  const common = { session_key: dispatch.session_key, persona, profile, running: queue.running === undefined ? 0 : 1, waiting: queue.waiting.length, ...(outbound === undefined ? {} : { outbound }) };
  if (dispatch.reason !== undefined) return { ...common, problem: dispatch.reason };
  if (Object.keys(settings.agents).length === 0) return { ...common, problem: "no agents are configured: it would wait as a pending dispatch" };
  if (typeof item === "string") return { ...common, problem: item };
  const { agent, mode } = item;
  const blocked = queue.running !== undefined || queue.waiting.length > 0;
  const planned = { ...common, agent, runner: settings.agents[agent]?.runner ?? "", queue_mode: mode, effective_mode: foresee(queue, { ...item, blocked }, rulesOf(settings), now) };
  const session: StoredSession = sessionByKey(store, dispatch.session_key) ?? { key: dispatch.session_key, persona, created_at: now, updated_at: now };
  try {
    const remembers = agentSessionOf(store, session.head_turn_id, agent) !== undefined;
    const { context } = await gather({ store, home, settings, session, dispatches: [dispatch], remembers, event });
    return { ...planned, context };
  } catch (error) {
    return { ...planned, problem: error instanceof Error ? error.message : String(error) };
  }
}

/** The row it would have. */
function rowOf({ id, agent, session_key, persona, routing }: Dispatch, profile: Profile, { id: event_id, channel, thread_id }: StoredEvent, now: number): WaitingRow {
  const queueMode = routing["queue_mode"];
  return { rowid: Number.MAX_SAFE_INTEGER, id, event_id, agent: agent ?? null, session_key, persona: persona ?? null, queue_mode: typeof queueMode === "string" ? queueMode : null, created_at: now, not_before: 0, attempts: 0, profile, channel, thread_id: thread_id ?? null };
}

function queueNow(store: Store, settings: BrokerSettings, sessionKey: string): SessionQueue {
  const turn = runningTurns(store).find(({ session_key }) => session_key === sessionKey);
  const first = turn === undefined ? undefined : dispatchesOfTurn(store, turn.id)[0];
  const event = first === undefined ? undefined : eventById(store, first.event_id);
  const running = turn && { agent: turn.agent, group: groupOf(turn.agent, event?.channel ?? null, event?.thread_id ?? null, turn.profile), steerable: takesSteering(settings.agents[turn.agent]), ending: false };
  const rows = waitingIn(store, sessionKey);
  const waiting = rows.map((row) => itemOf(row, settings)).filter((item) => typeof item !== "string");
  return { running, waiting: waiting.map((item) => ({ ...item, blocked: true })) };
}
