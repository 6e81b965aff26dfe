import type { Profile } from "../../core/profile.ts";
import type { ProcessMark, Usage } from "../../core/turn.ts";

/** One turn of an agent, as every runner is given it. */
export interface TurnInput {
  readonly turn_id: string;
  /** The dispatches this turn answers, oldest first; more than one where they were collected. */
  readonly dispatch_ids: readonly string[];
  readonly session_key: string;
  readonly persona: string;
  /** `reduced`: no secrets, read-only tools. */
  readonly profile: Profile;
  readonly thread_id?: string;
  readonly agent: string;
  /** Told apart from the prompt where the agent can (workspace and persona files). */
  readonly system?: string;
  readonly prompt: string;
  /** The agent's own name for this session, if an earlier turn gave one: it is resumed. */
  readonly agent_session?: string;
  /** `NEXUS_AGENT_ID`, `NEXUS_SESSION_ID`, `NEXUS_DISPATCH_ID`, ...: what its commands need to know about this turn. */
  readonly env: Readonly<Record<string, string>>;
}

export type FailureCode =
  | "AGENT_START_FAILED"
  | "AGENT_START_TIMEOUT"
  | "AGENT_SILENT"
  | "AGENT_TIMEOUT"
  | "AGENT_OUTPUT_LIMIT"
  | "AGENT_OUTPUT_INVALID"
  | "AGENT_EXITED"
  | "AGENT_REFUSED"
  | "AGENT_UNREACHABLE"
  | "AGENT_INTERRUPTED"
  | "AGENT_LOST"
  | "REQUEST_STOPPED"
  | "REQUEST_SKIPPED";

/** How a turn ended. `retryable`: the same again may well succeed. */
export type TurnEnd =
  | { readonly status: "done"; readonly text: string; readonly agent_session?: string; readonly usage?: Usage; readonly truncated_bytes?: number }
  | { readonly status: "failed" | "timeout" | "interrupted"; readonly code: FailureCode; readonly message: string; readonly retryable: boolean; readonly retry_after_ms?: number; readonly text?: string };

/** A turn under way. */
export interface RunningTurn {
  /** Never rejects. Resolves once nothing of the turn is left: no process, no connection. */
  readonly ended: Promise<TurnEnd>;
  /** Hands text to the turn as it runs. False when it cannot take it (any more): nothing was handed over. */
  steer(text: string): Promise<boolean>;
  /** Ends it; `ended` follows, with status `interrupted`. */
  interrupt(): void;
}

export interface RunnerEvents {
  /** As soon as there is a process, and before it is told anything; the turn goes on when this returns, and fails if it throws. */
  onProcess(mark: ProcessMark): void;
  /** It gave its own name for the session, which resumes it. */
  onAgentSession(session: string): void;
}

/** Runs turns of one configured agent. */
export interface Runner {
  start(input: TurnInput, events: RunnerEvents): RunningTurn;
}
