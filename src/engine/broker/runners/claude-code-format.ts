import { fieldsOf, numberOf, optional, sessionOf, stringOf, usageFrom, type AgentError, type Fields } from "./answer.ts";
import type { Sign } from "./line-answer.ts";

/** Of the Anthropic API: overloaded, or a limit that passes. */
const PASSING = new Set([408, 429, 500, 502, 503, 504, 529]);

/**
 * What `claude -p --output-format stream-json` prints: `system` with subtype `init` (the session), `assistant` and `user`
 * messages, and `result` at the end (the answer, or `is_error` with `errors`; usage and cost).
 * Read from https://code.claude.com/docs/en/headless, https://platform.claude.com/docs/en/agent-sdk/typescript and
 * https://github.com/anthropics/claude-agent-sdk-python (`src/claude_agent_sdk/_internal/message_parser.py`).
 */
export function readClaudeCodeEvent(event: Fields): Sign | undefined {
  if (event["type"] === "system") return event["subtype"] === "init" ? optional({ session: sessionOf(event["session_id"]) }) : undefined;
  if (event["type"] !== "result") return undefined;
  const used = fieldsOf(event["usage"]);
  const failed = event["is_error"] === true || (event["subtype"] !== undefined && event["subtype"] !== "success");
  return {
    complete: true,
    ...optional({
      session: sessionOf(event["session_id"]),
      answer: failed ? undefined : stringOf(event["result"]),
      error: failed ? errorOfResult(event) : undefined,
      usage: usageFrom(tokensIn(used), used?.["output_tokens"]),
      // Of the whole process, which can answer several texts.
      cost_so_far_usd: numberOf(event["total_cost_usd"]),
    }),
  };
}

/** What was read from the cache, or written to it, is counted apart. */
function tokensIn(used: Fields | undefined): number | undefined {
  if (used === undefined) return undefined;
  return (numberOf(used["input_tokens"]) ?? 0) + (numberOf(used["cache_creation_input_tokens"]) ?? 0) + (numberOf(used["cache_read_input_tokens"]) ?? 0);
}

function errorOfResult(event: Fields): AgentError {
  const errors = Array.isArray(event["errors"]) ? event["errors"].filter((error) => typeof error === "string") : [];
  const words = [stringOf(event["result"]), ...errors].filter((text) => text !== undefined && text !== "");
  const status = numberOf(event["api_error_status"]);
  return { message: `${stringOf(event["subtype"]) ?? "error"}: ${words.join("; ") || "no reason given"}`, ...optional({ retryable: status === undefined ? undefined : PASSING.has(status) }) };
}

/** A line of `--input-format stream-json`: the prompt, and what is said to it while it works. The shape: https://github.com/anthropics/claude-code/issues/24594. */
export function claudeCodeMessage(text: string): string {
  return JSON.stringify({ type: "user", message: { role: "user", content: [{ type: "text", text }] } });
}
