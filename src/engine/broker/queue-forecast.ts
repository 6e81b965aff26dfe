import type { EffectiveMode } from "../core/queue-mode.ts";
import { nextStep, type QueueRules, type SessionQueue } from "./queue-plan.ts";

/** What would become of one that waits, if nothing else came. */
export interface Forecast {
  readonly id: string;
  readonly mode: EffectiveMode | "dropped" | "expired";
  /** In which of the coming turns; 0: in the one that runs, or in none. */
  readonly turn: number;
}

/**
 * Pure: the queue of a session as it would be worked off from now on, each turn ending without a failure. It asks the plan by
 * which things are done, so that both say the same.
 */
export function forecast(session: SessionQueue, rules: QueueRules, now: number): Forecast[] {
  const found: Forecast[] = [];
  let { running, waiting } = session;
  let at = now;
  let turn = 0;
  const take = (ids: ReadonlySet<string>, mode: Forecast["mode"], inTurn: number): void => {
    for (const { id } of waiting) if (ids.has(id)) found.push({ id, mode, turn: inTurn });
    waiting = waiting.filter(({ id }) => !ids.has(id));
  };
  while (waiting.length > 0) {
    const step = nextStep({ running, waiting }, rules, at);
    switch (step.step) {
      case "drop":
      case "expire":
        take(new Set(step.items.map(({ id }) => id)), step.step === "drop" ? "dropped" : "expired", 0);
        break;
      case "steer":
        take(new Set([step.item.id]), "steer", 0);
        break;
      case "start":
        turn += 1;
        take(new Set(step.items.map(({ id }) => id)), step.mode, turn);
        waiting = waiting.map((item) => ({ ...item, blocked: true }));
        break;
      case "wait":
        at = Math.max(at + 1, step.until);
        break;
      case "interrupt":
      case "rest":
        // The turn ends, and what waited for it is next.
        running = undefined;
        waiting = waiting.map((item) => ({ ...item, blocked: true }));
        break;
    }
  }
  return found;
}
