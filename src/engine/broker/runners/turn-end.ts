import type { FailureCode, RunningTurn, TurnEnd } from "./runner.ts";

export type TurnFailure = Exclude<TurnEnd, { status: "done" }>;

interface FailureDetails {
  readonly retryable: boolean;
  readonly retry_after_ms?: number | undefined;
  /** What it had answered until then. */
  readonly text?: string | undefined;
}

/** The end of a turn that did not come to its answer. The code says which status that is. */
export function failure(code: FailureCode, message: string, { retryable, retry_after_ms, text }: FailureDetails): TurnFailure {
  return { status: statusOf(code), code, message, retryable, ...(retry_after_ms === undefined ? {} : { retry_after_ms }), ...(text === undefined || text === "" ? {} : { text }) };
}

function statusOf(code: FailureCode): TurnFailure["status"] {
  if (code === "AGENT_INTERRUPTED") return "interrupted";
  return code === "AGENT_START_TIMEOUT" || code === "AGENT_SILENT" || code === "AGENT_TIMEOUT" ? "timeout" : "failed";
}

/** A turn that was over before anything of it ran. */
export function endedTurn(end: TurnEnd): RunningTurn {
  return { ended: Promise.resolve(end), steer: () => Promise.resolve(false), interrupt: () => undefined };
}
