import { fieldsOf, optional, sessionOf, stringOf, usageFrom, type Fields } from "./answer.ts";
import type { Sign } from "./line-answer.ts";

/**
 * What `codex exec --json` prints: `thread.started` (the session), `item.completed` (an item of type `agent_message` is
 * what it says; the last one is its answer), `turn.completed` (usage), `turn.failed`, and `error`, which also tells of a
 * lost connection that it goes on to mend.
 * Read from https://github.com/openai/codex (`codex-rs/exec/src/exec_events.rs`) and https://developers.openai.com/codex/noninteractive.
 */
export function readCodexEvent(event: Fields): Sign | undefined {
  switch (event["type"]) {
    case "thread.started":
      return optional({ session: sessionOf(event["thread_id"]) });
    case "item.completed": {
      const item = fieldsOf(event["item"]);
      const text = item?.["type"] === "agent_message" ? stringOf(item["text"]) : undefined;
      return text === undefined ? undefined : { anew: true, piece: text };
    }
    case "turn.completed": {
      const used = fieldsOf(event["usage"]);
      // What was read from the cache is part of input_tokens.
      return { complete: true, ...optional({ usage: usageFrom(used?.["input_tokens"], used?.["output_tokens"]) }) };
    }
    case "turn.failed":
      return { complete: true, error: { message: stringOf(fieldsOf(event["error"])?.["message"]) ?? "turn.failed without a reason" } };
    case "error":
      return optional({ warning: stringOf(event["message"]) });
    default:
      return undefined;
  }
}
