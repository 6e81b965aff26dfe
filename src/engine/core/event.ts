/** Something that happened outside (or a timer, a ref update, an agent's reply), normalised and stored once. */
export interface Event {
  /** `{adapter}:{source_id}`; deterministic. A second event with the same id is a duplicate. */
  readonly id: string;
  /** When it happened, Unix ms. */
  readonly timestamp: number;
  /** When nexus got it, Unix ms. */
  readonly received_at: number;
  /** `message`, `timer_tick`, `schedule`, `webhook`, `ref_updated`, `agent_response`, ... */
  readonly type: string;
  /** `imessage`, `sms`, `email`, `discord`, `timer`, `webhook`, `ref`, `agent`, ... */
  readonly channel: string;
  readonly content?: string;
  readonly content_types: readonly string[];
  readonly direction: Direction;
  readonly thread_id?: string;
  readonly reply_to?: string;
  readonly sender_id?: string;
  readonly source_adapter: string;
  readonly source_id: string;
  readonly metadata: Readonly<Record<string, unknown>>;
  /** The event or dispatch that caused it. */
  readonly cause_id?: string;
  /** How many causes stand before it; the loop guard ends chains that are too long. */
  readonly depth: number;
}

export type Direction = "received" | "sent";

/** An event about to be stored. */
export interface NewEvent extends Event {
  /** Set on a `schedule` event: the only hook that sees it. */
  readonly addressed_to?: string;
  /** Stored, and for no hook: what one agent sends to another. */
  readonly unevaluated?: true;
}

/** An event with its place in the ledger. `seq` is the insertion order, which is the evaluation order. */
export interface StoredEvent extends NewEvent {
  readonly seq: number;
  /** Why it is stored and not evaluated, if so. */
  readonly suppressed?: "loop_guard" | "agent_to_agent";
}

export type PrincipalType = "owner" | "known" | "unknown" | "system" | "webhook" | "agent";

/** Who an event comes from. */
export interface Principal {
  readonly type: PrincipalType;
  readonly name?: string;
  readonly relationship?: string;
  readonly entity_id?: string;
  readonly source?: string;
}

/** What the access policy lets the principal's requests do. `*` stands for all. */
export interface Permissions {
  readonly tools: readonly string[];
  readonly credentials: readonly string[];
  readonly data_access: readonly string[];
  readonly personas: readonly string[];
}

/** Where a fire goes by default. */
export interface Session {
  readonly session_key: string;
  readonly persona: string;
  readonly thread_id?: string;
}

/** Contract section 3: who an event comes from when no identity lookup says more. */
export function principalOf(event: Event): Principal {
  switch (event.channel) {
    case "timer":
    case "ref":
      return { type: "system", name: event.channel };
    case "webhook":
      return { type: "webhook", source: webhookSource(event) };
    case "agent":
      return event.sender_id === undefined ? { type: "agent" } : { type: "agent", name: event.sender_id };
    default:
      return { type: "unknown" };
  }
}

function webhookSource(event: Event): string {
  const source = event.metadata["source"];
  return typeof source === "string" ? source : event.source_adapter;
}

/** The default session of an event, until access policies name another pattern. */
export function sessionOf(event: Event, persona: string): Session {
  const peer = event.thread_id ?? event.sender_id ?? event.source_adapter;
  const kind = event.thread_id === undefined ? "dm" : "thread";
  const session_key = `agent:${persona}:${event.channel}:${kind}:${peer}`;
  return event.thread_id === undefined ? { session_key, persona } : { session_key, persona, thread_id: event.thread_id };
}
