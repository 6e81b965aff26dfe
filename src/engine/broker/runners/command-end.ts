import { optional, type Answer } from "./answer.ts";
import type { FailureCode, TurnEnd } from "./runner.ts";
import { failure } from "./turn-end.ts";
import type { Stop } from "./turn-stop.ts";

export interface CommandExit {
  readonly program: string;
  readonly code: number | null;
  readonly signal: string | number | null;
  /** It said that its turn is over. */
  readonly complete: boolean;
  readonly stop: Stop | undefined;
  readonly answer: Answer;
  /** Of stderr. */
  readonly errors: string;
}

/** Of a message. */
const TAIL_CHARACTERS = 2_000;
/** The same again would end the same way. */
const FINAL: readonly FailureCode[] = ["AGENT_OUTPUT_LIMIT"];

/** What a program's turn comes to: why it was ended, else its exit code, else what it said. */
export function commandEnd({ program, code, signal, complete, stop, answer, errors }: CommandExit): TurnEnd {
  const { text } = answer;
  if (stop !== undefined) return failure(stop.code, `${program}: ${stop.message}${tail(errors)}`, { retryable: !FINAL.includes(stop.code), text });
  // A program that was done and would not end was ended: that signal is no failure of its turn.
  if (code !== 0 && !(complete && signal !== null)) {
    const said = answer.error === undefined ? "" : `; it said: ${answer.error.message}`;
    return failure("AGENT_EXITED", `${program} ended with ${signal ?? `exit code ${code}`}${said}${tail(errors)}`, { ...answer.error, retryable: answer.error?.retryable ?? true, text });
  }
  if (answer.error !== undefined) return failure("AGENT_REFUSED", `${program} said that it failed: ${answer.error.message}`, { ...answer.error, retryable: answer.error.retryable ?? false, text });
  if (text === undefined) return failure("AGENT_OUTPUT_INVALID", `${program}: ${answer.problem ?? "no answer"}${tail(errors)}`, { retryable: false });
  return { status: "done", text, ...optional({ agent_session: answer.agent_session, usage: answer.usage }), ...(answer.truncated_bytes > 0 ? { truncated_bytes: answer.truncated_bytes } : {}) };
}

function tail(errors: string): string {
  const text = errors.trim();
  return text === "" ? "" : `\nstderr: ${text.length > TAIL_CHARACTERS ? `...${text.slice(-TAIL_CHARACTERS)}` : text}`;
}
