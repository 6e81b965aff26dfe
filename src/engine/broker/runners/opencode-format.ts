import { fieldsOf, numberOf, optional, sessionOf, stringOf, usageFrom, type AgentError, type Fields } from "./answer.ts";
import type { Sign } from "./line-answer.ts";

/**
 * What `opencode run --format json` prints: every line has the `sessionID`; `step_start` begins a step (the text of the
 * last one is the answer), `text` has a whole part of it, `step_finish` the step's tokens and cost, `error` ends the turn.
 * Read from https://github.com/anomalyco/opencode (`packages/opencode/src/cli/cmd/run.ts`, `packages/opencode/src/session/message-v2.ts`)
 * and https://opencode.ai/docs/cli.
 */
export function readOpencodeEvent(event: Fields): Sign | undefined {
  const session = sessionOf(event["sessionID"]);
  const part = fieldsOf(event["part"]);
  switch (event["type"]) {
    case "step_start":
      return { anew: true, ...optional({ session }) };
    case "text":
      return optional({ session, piece: stringOf(part?.["text"]) });
    case "step_finish":
      return optional({ session, usage: usageOfStep(part) });
    case "error":
      return { error: errorOfEvent(event), ...optional({ session }) };
    default:
      return optional({ session });
  }
}

function usageOfStep(part: Fields | undefined): Sign["usage"] {
  const tokens = fieldsOf(part?.["tokens"]);
  const cache = fieldsOf(tokens?.["cache"]);
  const known = (value: unknown): number => numberOf(value) ?? 0;
  if (tokens === undefined) return usageFrom(undefined, undefined, part?.["cost"]);
  return usageFrom(known(tokens["input"]) + known(cache?.["read"]) + known(cache?.["write"]), known(tokens["output"]) + known(tokens["reasoning"]), part?.["cost"]);
}

function errorOfEvent(event: Fields): AgentError {
  const error = fieldsOf(event["error"]);
  const data = fieldsOf(error?.["data"]);
  const name = stringOf(error?.["name"]) ?? "error";
  const retryable = typeof data?.["isRetryable"] === "boolean" ? data["isRetryable"] : undefined;
  return { message: `${name}: ${stringOf(data?.["message"]) ?? stringOf(error?.["message"]) ?? "no reason given"}`, ...optional({ retryable }) };
}
