import type { Profile } from "./profile.ts";
import type { EffectiveMode } from "./queue-mode.ts";

/**
 * pending ─▶ running ─▶ done
 *    ▲          ├── its turn failed, and may succeed another time; was interrupted; was lost with the daemon ─▶ pending
 *    │          └── failed ──┐
 *    ├── dropped, expired, cancelled ──┐
 *    └────────── retry by hand ◀───────┘
 */
export const DISPATCH_STATUSES = ["pending", "running", "done", "failed", "dropped", "expired", "cancelled"] as const;
export type DispatchStatus = (typeof DISPATCH_STATUSES)[number];

/** What a fire hands to the Broker; unique per (event, hook). What an agent sends to another has no hook. */
export interface Dispatch {
  readonly id: string;
  readonly hook_id?: string;
  readonly version_id?: string;
  readonly event_id: string;
  readonly invocation_id?: string;
  readonly status: DispatchStatus;
  /** The agent that was named; the persona's otherwise. */
  readonly agent?: string;
  readonly routing: Readonly<Record<string, unknown>>;
  readonly session_key: string;
  readonly persona?: string;
  readonly thread_id?: string;
  readonly prompt?: string;
  readonly context: DispatchContext;
  readonly created_at: number;
  /** Decided when it is stored. */
  readonly profile?: Profile;
  /** The agent that sent it. */
  readonly sender?: string;
  readonly effective_mode?: EffectiveMode;
  readonly turn_id?: string;
  /** Turns that were begun for it. */
  readonly attempts: number;
  /** Unix ms; not tried again before. */
  readonly not_before: number;
  readonly reason?: string;
  readonly settled_at?: number;
}

/** One that a hook's fire made. */
export type Fire = Dispatch & Required<Pick<Dispatch, "hook_id" | "version_id" | "invocation_id">>;

export interface DispatchContext {
  /** What the hook found out. */
  readonly data: Readonly<Record<string, unknown>>;
  /** The session's history goes along. */
  readonly include_thread: boolean;
  readonly enrich?: Readonly<Record<string, unknown>>;
}

export function isSettled(status: DispatchStatus): boolean {
  return status !== "pending" && status !== "running";
}
