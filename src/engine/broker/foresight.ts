import type { Dispatch } from "../core/dispatch.ts";
import type { StoredEvent } from "../core/event.ts";
import { queueModeOf, type EffectiveMode, type QueueMode } from "../core/queue-mode.ts";
import type { AssembledContext, StoredSession } from "../core/turn.ts";
import { dispatchesOfTurn, waitingAfter } from "../store/dispatches.ts";
import { eventById } from "../store/event-queries.ts";
import type { Store } from "../store/open.ts";
import { sessionByKey } from "../store/sessions.ts";
import { runningTurns } from "../store/turns.ts";
import { gather } from "./gather.ts";
import { foresee, type Item, type SessionQueue } from "./queue-plan.ts";
import { agentFor, groupOf, outboundFor, takesSteering, type BrokerSettings } from "./settings.ts";

/** All that waits is looked at: as much as may wait. */
const MOST_WAITING = 100_000;

/** What would be done with a dispatch, by the same rules as when it is done. */
export interface Plan {
  readonly session_key: string;
  readonly persona: string;
  /** Undefined where nobody can answer; `problem` says why. */
  readonly agent?: string;
  readonly runner?: string;
  readonly queue_mode: QueueMode;
  readonly effective_mode: EffectiveMode | "dropped";
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
  const agent = agentFor(settings, dispatch.agent, persona);
  const asked = dispatch.routing["queue_mode"];
  const mode = typeof asked === "string" ? queueModeOf(asked as QueueMode) : settings.queue.mode;
  const queue = queueNow(store, settings, dispatch.session_key);
  const item: Item = { id: dispatch.id, order: Number.MAX_SAFE_INTEGER, mode, agent: agent ?? "", group: groupOf(agent ?? "", event.channel, event.thread_id ?? null), created_at: now, not_before: 0, blocked: queue.running !== undefined || queue.waiting.length > 0, unsteered: false };
  const { debounce_ms: debounceMs, cap, drop, ttl_ms: ttlMs } = settings.queue;
  const known = agent === undefined ? undefined : settings.agents[agent];
  const outbound = outboundFor(settings, event.channel);
  const common = { session_key: dispatch.session_key, persona, queue_mode: mode, effective_mode: foresee(queue, item, { debounceMs, cap, drop, ttlMs }, now), running: queue.running === undefined ? 0 : 1, waiting: queue.waiting.length, ...(outbound === undefined ? {} : { outbound }) };
  const names = Object.keys(settings.agents);
  if (names.length === 0) return { ...common, problem: "no agents are configured: it would wait as a pending dispatch" };
  if (agent === undefined || known === undefined) return { ...common, problem: `AGENT_UNKNOWN: ${agent === undefined ? `the persona "${persona}" has no agent` : `no agent "${agent}" is configured`}; config.toml has ${names.join(", ")}` };
  const session: StoredSession = sessionByKey(store, dispatch.session_key) ?? { key: dispatch.session_key, persona, created_at: now, updated_at: now };
  try {
    const { context } = await gather({ store, home, settings, session, dispatches: [dispatch], remembers: false, event });
    return { ...common, agent, runner: known.runner, context };
  } catch (error) {
    return { ...common, agent, runner: known.runner, problem: error instanceof Error ? error.message : String(error) };
  }
}

function queueNow(store: Store, settings: BrokerSettings, sessionKey: string): SessionQueue {
  const turn = runningTurns(store).find(({ session_key }) => session_key === sessionKey);
  const first = turn === undefined ? undefined : dispatchesOfTurn(store, turn.id)[0];
  const event = first === undefined ? undefined : eventById(store, first.event_id);
  const running = turn && { agent: turn.agent, group: groupOf(turn.agent, event?.channel ?? null, event?.thread_id ?? null), steerable: takesSteering(settings.agents[turn.agent]), ending: false };
  const rows = waitingAfter(store, 0, MOST_WAITING).filter(({ session_key }) => session_key === sessionKey);
  const waiting = rows.map((row): Item => {
    const agent = agentFor(settings, row.agent ?? undefined, row.persona ?? settings.persona) ?? "";
    const mode = row.queue_mode === null ? settings.queue.mode : queueModeOf(row.queue_mode as QueueMode);
    return { id: row.id, order: row.rowid, mode, agent, group: groupOf(agent, row.channel, row.thread_id), created_at: row.created_at, not_before: row.not_before, blocked: true, unsteered: false };
  });
  return { running, waiting };
}
