import { queueModeOf } from "../core/queue-mode.ts";
import { hookResultSchema } from "../core/result.ts";
import type { WaitingRow } from "../store/dispatches.ts";
import type { Item } from "./queue-plan.ts";
import { agentFor, groupOf, type BrokerSettings } from "./settings.ts";

const askedMode = hookResultSchema.shape.routing.unwrap().shape.queue_mode;

/** What its queue needs to know of a dispatch that waits; or why nobody can answer it. */
export function itemOf(row: WaitingRow, settings: BrokerSettings): Item | string {
  const persona = row.persona ?? settings.persona;
  const agent = agentFor(settings, row.agent ?? undefined, persona);
  const names = Object.keys(settings.agents).join(", ");
  if (agent === undefined) return `AGENT_UNKNOWN: the persona "${persona}" has no agent; config.toml has ${names}: set personas.${persona}.agent, or agent`;
  if (settings.agents[agent] === undefined) return `AGENT_UNKNOWN: no agent "${agent}" is configured; config.toml has ${names}`;
  const asked = askedMode.safeParse(row.queue_mode ?? undefined).data;
  const mode = asked === undefined ? settings.queue.mode : queueModeOf(asked);
  const { id, rowid: order, created_at, not_before } = row;
  return { id, order, mode, agent, group: groupOf(agent, row.channel, row.thread_id, row.profile), created_at, not_before, blocked: false, unsteered: false };
}
