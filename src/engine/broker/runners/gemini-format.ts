import { fieldsOf, optional, sessionOf, stringOf, usageFrom, type Fields } from "./answer.ts";
import type { Sign } from "./line-answer.ts";

/**
 * What `gemini --output-format stream-json` prints: `init` (the session), `message` (the prompt as role `user`, then the
 * answer in pieces as role `assistant`), `tool_use` and `tool_result` (what came before them was not the answer yet),
 * `error` (a warning) and `result` (status, usage).
 * Read from https://geminicli.com/docs/cli/headless and https://github.com/google-gemini/gemini-cli
 * (`packages/core/src/output/types.ts`, `packages/cli/src/nonInteractiveCli.ts`).
 */
export function readGeminiEvent(event: Fields): Sign | undefined {
  switch (event["type"]) {
    case "init":
      return optional({ session: sessionOf(event["session_id"]) });
    case "message":
      return event["role"] === "assistant" ? optional({ piece: stringOf(event["content"]) }) : undefined;
    case "tool_use":
    case "tool_result":
      return { anew: true };
    case "error":
      return optional({ warning: stringOf(event["message"]) });
    case "result": {
      const stats = fieldsOf(event["stats"]);
      const failed = event["status"] !== "success";
      const reason = stringOf(fieldsOf(event["error"])?.["message"]) ?? `result with status ${JSON.stringify(event["status"])} and no reason`;
      return { complete: true, ...optional({ usage: usageFrom(stats?.["input_tokens"], stats?.["output_tokens"]), error: failed ? { message: reason } : undefined }) };
    }
    default:
      return undefined;
  }
}
