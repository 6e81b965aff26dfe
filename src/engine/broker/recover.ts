import { dispatchesOfTurn, returnDispatch, settleDispatch } from "../store/dispatches.ts";
import { sessionByKey } from "../store/sessions.ts";
import { endTurn, runningTurns, savedEnd } from "../store/turns.ts";
import type { Dispatch } from "../core/dispatch.ts";
import type { Turn } from "../core/turn.ts";
import type { BrokerParts } from "./parts.ts";
import type { Item } from "./queue-plan.ts";
import { noteLastStages } from "./request.ts";
import type { TurnEnd } from "./runners/runner.ts";
import { TurnRun } from "./turn-run.ts";
import type { Turns } from "./turns.ts";
import { pauseAfter } from "./turn-end.ts";

/** Written by Turns. */
type Answered = Extract<TurnEnd, { status: "done" }>;

/**
 * Takes up the turns of a daemon that ended. An agent that fetches its work itself never noticed: its turn goes on. Of
 * any other nothing may be left running before its dispatches wait again, under the same ids; after `max_attempts` they
 * have failed, for something may be wrong with them. Of one whose agent had answered only the hooks are asked again.
 */
export async function recoverTurns(parts: BrokerParts, turns: Turns): Promise<void> {
  const left = runningTurns(parts.store);
  if (left.length === 0) return;
  const answered = new Map(left.flatMap((turn) => { const end = savedEnd(parts.store, turn.id); return end === undefined ? [] : [[turn, end as Answered] as const]; }));
  const adopted = left.filter((turn) => !answered.has(turn) && turn.runner === "inbox" && turn.context !== undefined && parts.settings.agents[turn.agent]?.runner === "inbox");
  const lost = left.filter((turn) => !adopted.includes(turn) && !answered.has(turn));
  await Promise.all(lost.map((turn) => parts.endLeftOver(turn.id, turn.process)));
  await new Promise<void>((resolve) => parts.commit(() => lost.forEach((turn) => giveBack(parts, turn)), resolve));
  for (const turn of adopted) adopt(parts, turns, turn);
  for (const [turn, end] of answered) turns.resume(runOf(turn, running(parts, turn)), end);
}

function giveBack(parts: BrokerParts, turn: Turn): void {
  const { store, now, settings, notice } = parts;
  const at = now();
  if (!endTurn(store, turn.id, { status: "lost", at, code: "AGENT_LOST", error: "the daemon ended while it ran" })) return;
  notice("turn_ended", undefined, { turn: turn.id, session: turn.session_key, agent: turn.agent, status: "lost" });
  const failed: string[] = [];
  for (const { id, status, attempts, effective_mode } of dispatchesOfTurn(store, turn.id)) {
    if (status !== "running") continue;
    const reason = `AGENT_LOST: the daemon ended during the turn ${turn.id}`;
    if (effective_mode === "steer" || attempts < settings.broker.max_attempts) returnDispatch(store, id, attempts < 2 ? 0 : at + pauseAfter(attempts - 1, settings.broker.retry_ms), reason);
    else if (settleDispatch(store, id, "running", "failed", at, `${reason} (attempt ${attempts})`)) {
      failed.push(id);
      notice("dispatch_failed", undefined, { dispatch: id, reason });
    }
  }
  if (failed.length > 0) noteLastStages(parts, turn.id, failed);
}

function adopt(parts: BrokerParts, turns: Turns, turn: Turn): void {
  const session = sessionByKey(parts.store, turn.session_key);
  const dispatches = running(parts, turn);
  if (session === undefined || turn.context === undefined || dispatches.length === 0) return;
  turns.adopt(runOf(turn, dispatches), session, dispatches.filter(({ effective_mode }) => effective_mode !== "steer"), turn.context);
}

function running({ store }: BrokerParts, turn: Turn): Dispatch[] {
  return dispatchesOfTurn(store, turn.id).filter(({ status }) => status === "running");
}

/** The turn as a daemon that began it knew it. */
function runOf(turn: Turn, dispatches: readonly Dispatch[]): TurnRun {
  const itemOf = ({ id, created_at }: Dispatch): Item => ({ id, order: 0, mode: "followup", agent: turn.agent, group: "", created_at, not_before: 0, blocked: true, unsteered: false });
  const steered = dispatches.filter(({ effective_mode }) => effective_mode === "steer");
  const run = new TurnRun({ id: turn.id, session: turn.session_key, items: dispatches.filter((one) => !steered.includes(one)).map(itemOf), canSteer: true, outlives: turn.runner === "inbox" });
  run.steered.push(...steered.map(itemOf));
  return run;
}
