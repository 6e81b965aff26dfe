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
  /** Of a copy that was stored to be evaluated again: the event it is a copy of, at whose time it is evaluated. */
  readonly replay_of?: string;
}

export type Direction = "received" | "sent";

/** An event about to be stored. */
export interface NewEvent extends Event {
  /** Set on a `schedule` event, and on a copy that was replayed for one hook: the only automation that sees it. */
  readonly addressed_to?: string;
  /** Stored, and for no hook: what one agent sends to another. */
  readonly unevaluated?: true;
}

/** An event with its place in the ledger. `seq` is the insertion order, which is the evaluation order. */
export interface StoredEvent extends NewEvent {
  readonly seq: number;
  /** Why it is stored and not evaluated, if so: it belongs to a loop, an access policy (or the lack of one) denied it, it is between agents, or a stage hook ended it. */
  readonly suppressed?: "loop_guard" | "denied" | "agent_to_agent" | "stage_hook";
  /** The person it came from, as known when it was stored; missing where `principalOf` says who it was. */
  readonly principal?: Principal;
  /** What the deciding access policy said when it was stored; missing where no policy did. */
  readonly access?: Access;
}

/** What an access policy said of an event. What is missing is as without policies. */
export interface Access {
  /** Its name. */
  readonly policy?: string;
  readonly permissions?: Permissions;
  readonly session?: Session;
  /** What it says may lead an agent with all its powers; see core/profile.ts. */
  readonly trusted?: true;
}

/** What identity and access make of an event that is about to be stored. */
export interface Standing {
  readonly denied: boolean;
  readonly principal?: Principal;
  readonly access?: Access;
}

export const PRINCIPAL_TYPES = ["owner", "known", "unknown", "system", "webhook", "agent"] as const;
export type PrincipalType = (typeof PRINCIPAL_TYPES)[number];

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

export const ALL_PERMISSIONS: Permissions = { tools: ["*"], credentials: ["*"], data_access: ["*"], personas: ["*"] };
export const NO_PERMISSIONS: Permissions = { tools: [], credentials: [], data_access: [], personas: [] };

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

/** Whether a channel's events have a principal of their own, whoever sends them: no identity is looked up for them. */
export function namesPrincipal(channel: string): boolean {
  return channel === "timer" || channel === "ref" || channel === "webhook" || channel === "agent";
}

/** An appointment of one hook's schedule, which has a row of its own. A copy of one is none: that row has its outcome. */
export function isSlot({ addressed_to, replay_of }: NewEvent): boolean {
  return addressed_to !== undefined && replay_of === undefined;
}

/** The adapter that brought it, also of a copy: triggers and principals go by that. */
export function originAdapter({ source_adapter, replay_of }: Event): string {
  return replay_of === undefined ? source_adapter : replay_of.slice(0, replay_of.indexOf(":"));
}

/** Who a stored event came from, as known when it was stored. */
export function storedPrincipal(event: StoredEvent): Principal {
  return event.principal ?? principalOf(event);
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
