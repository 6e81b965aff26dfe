import type { AgentSettings } from "../core/agent-settings.ts";
import type { OutboundSettings } from "../core/outbound-settings.ts";
import type { Profile } from "../core/profile.ts";
import type { DropPolicy, QueueMode } from "../core/queue-mode.ts";
import type { QueueRules } from "./queue-plan.ts";

/** The settings of config.toml that the Broker goes by, under their names there. */
export interface BrokerSettings {
  readonly persona: string;
  readonly agent?: string | undefined;
  readonly agents: Readonly<Record<string, AgentSettings>>;
  readonly personas: Readonly<Record<string, { readonly agent?: string | undefined; readonly files: readonly string[] }>>;
  readonly outbound: Readonly<Record<string, OutboundSettings>>;
  readonly queue: { readonly mode: QueueMode; readonly debounce_ms: number; readonly cap: number; readonly drop: DropPolicy; readonly ttl_ms: number };
  readonly broker: { readonly max_turns: number; readonly max_attempts: number; readonly retry_ms: number; readonly max_sends: number };
  readonly context: { readonly max_tokens: number; readonly files: readonly string[]; readonly history_turns: number; readonly found_events: number };
}

/** Settings `[queue]`, as the plan has them. */
export function rulesOf({ queue }: BrokerSettings): QueueRules {
  return { debounceMs: queue.debounce_ms, cap: queue.cap, drop: queue.drop, ttlMs: queue.ttl_ms };
}

/** Who answers: the agent that was named, the persona's, the default, or the only one there is. */
export function agentFor(settings: BrokerSettings, named: string | undefined, persona: string): string | undefined {
  const names = Object.keys(settings.agents);
  return named ?? settings.personas[persona]?.agent ?? settings.agent ?? (names.length === 1 ? names[0] : undefined);
}

/** Whether an agent takes further text while it works: an inbox does until someone has taken the turn. */
export function takesSteering(agent: AgentSettings | undefined): boolean {
  return agent?.runner === "inbox" || (agent?.runner === "command" && agent.steer === true);
}

/** What may become one turn, and may steer one: the same agent in the same conversation, with the same powers. */
export function groupOf(agent: string, channel: string | null, threadId: string | null, profile: Profile): string {
  return `${agent}\n${profile}\n${channel ?? ""}\n${threadId ?? ""}`;
}

/** The first adapter that answers the channel. */
export function outboundFor(settings: BrokerSettings, channel: string): string | undefined {
  return Object.entries(settings.outbound).find(([, { channels }]) => channels.includes(channel))?.[0];
}
