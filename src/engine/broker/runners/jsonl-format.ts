import { errorOf, fieldsOf, optional, sessionOf, stringOf, usageFrom, type Fields } from "./answer.ts";
import type { Sign } from "./line-answer.ts";

/**
 * Format `jsonl`, nexus's own; every line is a sign of life, unknown types mean nothing else:
 *
 * - `{"type":"text","text":"..."}` a part of the answer
 * - `{"type":"session","session":"..."}` its own name for the session, by which it is resumed
 * - `{"type":"usage","tokens_in"?,"tokens_out"?,"cost_usd"?}` of a part of the turn; they are added up
 * - `{"type":"result","text"?:"...","session"?,"usage"?}` the turn is over; `text` is the answer and takes the place of the parts
 * - `{"type":"error","message":"...","retryable"?,"retry_after_ms"?}` the turn failed
 */
export function readJsonlEvent(event: Fields): Sign | undefined {
  switch (event["type"]) {
    case "text":
      return optional({ piece: stringOf(event["text"]) });
    case "session":
      return optional({ session: sessionOf(event["session"]) });
    case "usage":
      return optional({ usage: usageFrom(event["tokens_in"], event["tokens_out"], event["cost_usd"]) });
    case "result": {
      const usage = fieldsOf(event["usage"]);
      return { complete: true, ...optional({ answer: stringOf(event["text"]), session: sessionOf(event["session"]), usage: usageFrom(usage?.["tokens_in"], usage?.["tokens_out"], usage?.["cost_usd"]) }) };
    }
    case "error":
      return { error: errorOf(event) ?? { message: "it failed and gave no reason" } };
    default:
      return undefined;
  }
}
