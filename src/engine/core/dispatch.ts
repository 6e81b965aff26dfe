/** What a fire hands to the Broker; unique per (event, hook). */
export interface Dispatch {
  readonly id: string;
  readonly hook_id: string;
  readonly version_id: string;
  readonly event_id: string;
  readonly invocation_id: string;
  readonly status: "pending";
  /** The agent the hook named; the Broker resolves it otherwise. */
  readonly agent?: string;
  readonly routing: Readonly<Record<string, unknown>>;
  readonly session_key: string;
  readonly prompt?: string;
  readonly context: Readonly<Record<string, unknown>>;
  readonly created_at: number;
}
