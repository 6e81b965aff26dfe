import type { Dispatch, DispatchStatus } from "../../engine/core/dispatch.ts";
import type { Turn } from "../../engine/core/turn.ts";
import { deliveriesOfTurn, type Delivery } from "../../engine/store/deliveries.ts";
import { dispatchById, failedDispatches, listDispatches, openDispatches, waitingBySession } from "../../engine/store/dispatches.ts";
import type { Store } from "../../engine/store/open.ts";
import { turnById } from "../../engine/store/turns.ts";
import { slugOf } from "./events.ts";
import type { ReaderHome } from "./reader-home.ts";

export const DISPATCH_TABS = ["open", "failed", "all"] as const;

export interface DispatchFacts {
  readonly id: string;
  readonly status: DispatchStatus;
  readonly session: string;
  readonly agent?: string;
  readonly hook?: string;
  /** What became of its queue mode, or what was asked for. */
  readonly mode: string;
  readonly attempts: number;
  readonly created_at: number;
  readonly not_before: number;
  readonly reason?: string;
  readonly prompt: string;
}

export interface DispatchList {
  readonly dispatches: readonly DispatchFacts[];
  readonly queues: readonly { readonly session: string; readonly waiting: number; readonly oldest_at: number }[];
  readonly more: boolean;
}

export interface DispatchDetail {
  readonly dispatch?: Dispatch;
  readonly hook?: string;
  readonly turn?: Turn;
  readonly deliveries?: readonly Delivery[];
}

const MOST = 500;
const MOST_QUEUES = 5;
const MOST_PROMPT = 400;

export function readDispatches({ store }: ReaderHome, { tab }: { readonly tab: string }): DispatchList {
  const rows = tab === "failed" ? failedDispatches(store, MOST + 1) : tab === "all" ? listDispatches(store, { limit: MOST + 1 }) : openDispatches(store, MOST + 1);
  return { dispatches: rows.slice(0, MOST).map((one) => dispatchFacts(store, one)), queues: waitingBySession(store, MOST_QUEUES), more: rows.length > MOST };
}

/** With the whole context that its agent was given, which may be large. */
export function readDispatch(home: ReaderHome, { id, now }: { readonly id: string; readonly now: number }): DispatchDetail {
  return home.seldom(`dispatch ${id}`, now, () => dispatchDetail(home, id));
}

function dispatchDetail({ store }: ReaderHome, id: string): DispatchDetail {
  const dispatch = dispatchById(store, id);
  if (dispatch === undefined) return {};
  const turn = dispatch.turn_id === undefined ? undefined : turnById(store, dispatch.turn_id);
  return {
    dispatch,
    ...(dispatch.hook_id === undefined ? {} : { hook: slugOf(store, dispatch.hook_id) }),
    ...(turn === undefined ? {} : { turn, deliveries: deliveriesOfTurn(store, turn.id) }),
  };
}

export function dispatchFacts(store: Store, { id, status, session_key, agent, hook_id, effective_mode, routing, attempts, created_at, not_before, reason, prompt = "" }: Dispatch): DispatchFacts {
  const asked = routing["queue_mode"];
  return {
    id, status, session: session_key, attempts, created_at, not_before, prompt: prompt.slice(0, MOST_PROMPT),
    mode: effective_mode ?? (typeof asked === "string" ? asked : "followup"),
    ...(agent === undefined ? {} : { agent }), ...(hook_id === undefined ? {} : { hook: slugOf(store, hook_id) }), ...(reason === undefined ? {} : { reason }),
  };
}
