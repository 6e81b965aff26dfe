import { NexusError } from "../core/errors.ts";
import { readRefusal, readReply, type Refusal } from "./gemini-reply.ts";
import type { Llm, LlmAnswer, LlmRequest } from "./llm.ts";

export const GEMINI_MODEL = "gemini-3-flash-preview";

export interface GeminiOptions {
  /** Asked at each request; undefined or "": there is none. It is sent as a header, and is in no message. */
  readonly key: () => string | undefined;
  readonly model?: string;
  /** Without the version (https://generativelanguage.googleapis.com). */
  readonly api?: string;
  /** Of one attempt (120 s). */
  readonly timeoutMs?: number;
  /** Of one request (3). */
  readonly attempts?: number;
  /** Longer pauses are left to whoever asked (15 s). */
  readonly longestPauseMs?: number;
  readonly fetch?: (url: string, init: BunFetchRequestInit) => Promise<Response>;
  /** Resolves after so long; rejects when the signal aborts. */
  readonly pause?: (ms: number, signal: AbortSignal) => Promise<void>;
}

/** The first pause before another attempt, where the provider asks for none; the next are twice as long, up to half of it more by chance. */
const FIRST_PAUSE_MS = 1_000;

/**
 * The Gemini API: `models/{model}:generateContent`, https://ai.google.dev/api/generate-content. What may pass (429, 5xx, no
 * connection) is tried again, after as long as the provider asks for.
 */
export function geminiLlm(options: GeminiOptions): Llm {
  const attempts = options.attempts ?? 3;
  const pause = options.pause ?? pauseFor;
  return {
    async complete(request) {
      const key = options.key();
      if (key === undefined || key === "") throw new NexusError("LLM_NOT_CONFIGURED", "the Gemini API needs a key, and none is set");
      for (let attempt = 1; ; attempt += 1) {
        const outcome = await ask(options, key, request);
        if ("text" in outcome) return outcome;
        const waitMs = outcome.waitMs ?? FIRST_PAUSE_MS * 2 ** (attempt - 1) * (1 + Math.random() / 2);
        if (!outcome.again || attempt >= attempts || waitMs > (options.longestPauseMs ?? 15_000)) throw outcome.error;
        await pause(waitMs, request.signal);
      }
    },
  };
}

async function ask(options: GeminiOptions, key: string, request: LlmRequest): Promise<LlmAnswer | Refusal> {
  const timeoutMs = options.timeoutMs ?? 120_000;
  const deadline = AbortSignal.timeout(timeoutMs);
  const url = `${options.api ?? "https://generativelanguage.googleapis.com"}/v1beta/models/${encodeURIComponent(options.model ?? GEMINI_MODEL)}:generateContent`;
  try {
    const response = await (options.fetch ?? fetch)(url, { method: "POST", headers: { "content-type": "application/json", "x-goog-api-key": key }, body: bodyOf(request), signal: AbortSignal.any([request.signal, deadline]), redirect: "error" });
    const body = await response.text();
    return response.status === 200 ? readReply(body, request) : readRefusal(response.status, body);
  } catch (error) {
    request.signal.throwIfAborted();
    if (error instanceof NexusError) throw error;
    if (deadline.aborted) throw new NexusError("LLM_FAILED", `the model gave no answer within ${timeoutMs} ms`, { cause: error });
    return { error: new NexusError("LLM_FAILED", `the model's provider could not be reached: ${(error as Error).message}`, { cause: error }), again: true };
  }
}

function bodyOf({ system, prompt, json, max_tokens }: LlmRequest): string {
  return JSON.stringify({
    ...(system === undefined ? {} : { systemInstruction: { parts: [{ text: system }] } }),
    contents: [{ role: "user", parts: [{ text: prompt }] }],
    generationConfig: { ...(max_tokens === undefined ? {} : { maxOutputTokens: max_tokens }), ...(json === true ? { responseMimeType: "application/json" } : {}) },
  });
}

function pauseFor(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      clearTimeout(timer);
      reject(signal.reason as Error);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", stop);
      resolve();
    }, ms);
    if (signal.aborted) stop();
    else signal.addEventListener("abort", stop, { once: true });
  });
}
