import { NexusError } from "../core/errors.ts";
import { unconfiguredServices, type Services } from "./services.ts";

export interface LlmRequest {
  /** What it is told about itself. */
  readonly system?: string;
  readonly prompt: string;
  /** Its answer is to be JSON. */
  readonly json?: boolean;
  readonly max_tokens?: number;
  readonly signal: AbortSignal;
}

export interface LlmAnswer {
  readonly text: string;
  readonly tokens_in: number;
  readonly tokens_out: number;
  /** The text ends where `max_tokens` was reached. */
  readonly cut?: true;
}

/** The one system-wide model. */
export interface Llm {
  /** @throws {NexusError} LLM_FAILED, LLM_RATE_LIMITED (with `retry_after_ms`, where that is known), LLM_REFUSED, LLM_NOT_CONFIGURED; or the signal's reason. */
  complete(request: LlmRequest): Promise<LlmAnswer>;
}

export const unconfiguredLlm: Llm = {
  complete: () => Promise.reject(new NexusError("LLM_NOT_CONFIGURED", "a model is needed, and none is configured")),
};

/** What hooks reach of a model, as `ctx.llm(prompt, {system?, json?, max_tokens?})`. Their deadline is kept elsewhere, the model's own here. */
export function servicesOf(llm: Llm): Services {
  return {
    ...unconfiguredServices,
    llm: async (prompt, { system, json, max_tokens }) => {
      refuseUnless(system === undefined || typeof system === "string", "system", system, "a text");
      refuseUnless(json === undefined || typeof json === "boolean", "json", json, "true or false");
      refuseUnless(max_tokens === undefined || (Number.isSafeInteger(max_tokens) && (max_tokens as number) > 0), "max_tokens", max_tokens, "a whole number above 0");
      const given = { ...(typeof system === "string" ? { system } : {}), ...(typeof json === "boolean" ? { json } : {}), ...(typeof max_tokens === "number" ? { max_tokens } : {}) };
      const { text, tokens_in, tokens_out } = await llm.complete({ prompt, ...given, signal: new AbortController().signal });
      return [text, tokens_in, tokens_out];
    },
  };
}

function refuseUnless(right: boolean, option: string, value: unknown, expected: string): void {
  if (!right) throw new NexusError("LLM_REFUSED", `ctx.llm(): the option ${option} is ${JSON.stringify(value) ?? typeof value}; expected ${expected}`);
}
