import type { Llm } from "../../clients/llm.ts";
import type { LlmAgent } from "../../core/agent-settings.ts";
import { NexusError } from "../../core/errors.ts";
import type { FailureCode, Runner, TurnEnd, TurnInput } from "./runner.ts";
import { failure } from "./turn-end.ts";
import { TurnStop } from "./turn-stop.ts";

/** Answers each turn with the built-in model. It remembers nothing: what it is to know is in the prompt. */
export function llmRunner(settings: LlmAgent, llm: Llm): Runner {
  return {
    start(input) {
      const stop = new TurnStop(settings);
      const ended = complete(settings, llm, input, stop).then(
        (end) => stop.close(end),
        (error: unknown) => stop.close(failed(error)),
      );
      return { ended, steer: () => Promise.resolve(false), interrupt: () => stop.end("AGENT_INTERRUPTED", "interrupted") };
    },
  };
}

async function complete({ system, max_tokens }: LlmAgent, llm: Llm, input: TurnInput, stop: TurnStop): Promise<TurnEnd> {
  const told = [system, input.system].filter((text) => text !== undefined && text !== "").join("\n\n");
  const { text, tokens_in, tokens_out, cut } = await stop.or(llm.complete({ ...(told === "" ? {} : { system: told }), prompt: input.prompt, max_tokens, signal: stop.signal }));
  if (cut === true) return failure("AGENT_OUTPUT_LIMIT", `the answer was cut off at max_tokens = ${max_tokens}; raise it`, { retryable: false, text });
  return { status: "done", text, usage: { tokens_in, tokens_out } };
}

const CODES: Readonly<Partial<Record<string, FailureCode>>> = { LLM_REFUSED: "AGENT_REFUSED", LLM_RATE_LIMITED: "AGENT_REFUSED", LLM_NOT_CONFIGURED: "AGENT_START_FAILED" };

function failed(error: unknown): TurnEnd {
  if (!(error instanceof NexusError)) return failure("AGENT_UNREACHABLE", `the model failed: ${String(error)}`, { retryable: true });
  return failure(CODES[error.code] ?? "AGENT_UNREACHABLE", `${error.code}: ${error.message}`, { retryable: error.toJSON().retryable, retry_after_ms: error.details.retry_after_ms });
}
