/** What happens to work for a session whose agent is busy (contract, section 6). */
export const QUEUE_MODES = ["steer", "followup", "collect", "interrupt"] as const;
export type QueueMode = (typeof QUEUE_MODES)[number];

/** What became of it; `direct` when nothing was in its way. */
export type EffectiveMode = "direct" | QueueMode;

export const QUEUE_ALIASES = { queue: "steer", "steer-backlog": "followup" } as const satisfies Readonly<Record<string, QueueMode>>;

/** Which items go when more wait than may. `summarize`: the oldest, and the next turn is told of them in a line each. */
export const DROP_POLICIES = ["summarize", "old", "new"] as const;
export type DropPolicy = (typeof DROP_POLICIES)[number];

/** The mode that a hook asked for by name or alias. */
export function queueModeOf(requested: QueueMode | keyof typeof QUEUE_ALIASES): QueueMode {
  return requested === "queue" || requested === "steer-backlog" ? QUEUE_ALIASES[requested] : requested;
}
