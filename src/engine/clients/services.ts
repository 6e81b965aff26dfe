import { NexusError } from "../core/errors.ts";

/** What `ctx.llm` and `ctx.search` ask for. The answer of `llm` is `[text, tokensIn, tokensOut]`. */
export interface Services {
  llm(prompt: string, options: Readonly<Record<string, unknown>>): Promise<readonly [text: string, tokensIn: number, tokensOut: number]>;
  search(query: string, options: Readonly<Record<string, unknown>>): Promise<readonly { readonly eventId: string; readonly score: number }[]>;
}

/** As long as nothing is configured, a hook hears exactly that, and can tell it by its code. */
export const unconfiguredServices: Services = {
  llm: () => Promise.reject(new NexusError("LLM_NOT_CONFIGURED", "ctx.llm() needs a model, and none is configured")),
  search: () => Promise.reject(new NexusError("SEARCH_NOT_CONFIGURED", "ctx.search() needs an embeddings client, and none is configured")),
};

/** Hands on a call of hook code, whose arguments can be anything. */
export function callService(services: Services, method: "llm" | "search", [text, options]: readonly unknown[]): Promise<unknown> {
  const given = typeof options === "object" && options !== null ? { ...options } : {};
  return method === "llm" ? services.llm(String(text), given) : services.search(String(text), given);
}
