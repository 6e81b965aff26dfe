import type { Profile } from "./profile.ts";

/** `lost`: the daemon ended while it ran. */
export const TURN_STATUSES = ["running", "done", "failed", "timeout", "interrupted", "lost"] as const;
export type TurnStatus = (typeof TURN_STATUSES)[number];

/** One exchange of a session: what an agent was given, and what it answered. */
export interface Turn {
  readonly id: string;
  readonly session_key: string;
  /** The turn before it in its history. */
  readonly parent_turn_id?: string;
  readonly agent: string;
  readonly runner: string;
  readonly status: TurnStatus;
  readonly started_at: number;
  readonly ended_at?: number;
  /** Missing only until it is assembled. */
  readonly context?: AssembledContext;
  readonly answer?: string;
  readonly code?: string;
  readonly error?: string;
  /** The agent's own name for the session. */
  readonly agent_session?: string;
  readonly usage?: Usage;
  readonly process?: ProcessMark;
  readonly profile: Profile;
  readonly epoch: number;
}

export interface Usage {
  readonly tokens_in?: number;
  readonly tokens_out?: number;
  readonly cost_usd?: number;
}

/** A process that outlives a killed daemon is known again by all three: pids are used anew. */
export interface ProcessMark {
  readonly pid: number;
  /** Its process group, which is ended as a whole. */
  readonly pgid: number;
  /** The boot, and field 22 of /proc/PID/stat in it: `BOOT_ID/TICKS`; "" where there is no /proc. */
  readonly started: string;
}

/** What an agent is given, to the letter. */
export interface AssembledContext {
  readonly system: string;
  readonly prompt: string;
  readonly layers: readonly ContextLayer[];
  /** Estimated: a token is taken for four bytes of UTF-8. */
  readonly tokens: number;
}

export interface ContextLayer {
  readonly layer: "workspace" | "persona" | "history" | "found" | "event";
  readonly tokens: number;
  /** What did not fit into the budget, in words; missing when everything did. */
  readonly cut?: string;
}

export interface StoredSession {
  readonly key: string;
  readonly persona: string;
  readonly thread_id?: string;
  /** The newest ended turn. */
  readonly head_turn_id?: string;
  readonly forked_from?: string;
  readonly created_at: number;
  readonly updated_at: number;
}

export const DELIVERY_STATUSES = ["pending", "sent", "dead", "cancelled"] as const;
export type DeliveryStatus = (typeof DELIVERY_STATUSES)[number];
