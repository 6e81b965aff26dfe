import { NexusError } from "../core/errors.ts";
import type { LlmAnswer } from "./llm.ts";

/** Of a reply of `generateContent`, what is read: https://ai.google.dev/api/generate-content#v1beta.GenerateContentResponse */
interface Reply {
  readonly candidates?: readonly { readonly content?: { readonly parts?: readonly { readonly text?: string; readonly thought?: boolean }[] }; readonly finishReason?: string; readonly finishMessage?: string }[];
  readonly promptFeedback?: { readonly blockReason?: string };
  readonly usageMetadata?: { readonly promptTokenCount?: number; readonly candidatesTokenCount?: number; readonly thoughtsTokenCount?: number };
}

/** Of an error: https://ai.google.dev/gemini-api/docs/generate-content/api-errors, the details as in google.rpc. */
interface ErrorReply {
  readonly error?: { readonly message?: string; readonly status?: string; readonly details?: readonly ErrorDetail[] };
}

interface ErrorDetail {
  readonly "@type"?: string;
  /** RetryInfo: seconds, as "57.2s". */
  readonly retryDelay?: string;
  /** QuotaFailure. */
  readonly violations?: readonly { readonly quotaId?: string }[];
}

/** Why it stopped, where that is a refusal of what was asked or answered. */
const REFUSALS = ["SAFETY", "RECITATION", "LANGUAGE", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII", "IMAGE_SAFETY"];

/** @throws {NexusError} LLM_REFUSED, LLM_FAILED */
export function readReply(body: string, request: { readonly json?: boolean; readonly max_tokens?: number }): LlmAnswer {
  const reply = parse(body) as Reply | undefined;
  const blocked = reply?.promptFeedback?.blockReason;
  if (blocked !== undefined) throw new NexusError("LLM_REFUSED", `the model's safety filters block the prompt: ${blocked}`);
  const candidate = reply?.candidates?.[0];
  if (candidate === undefined) throw new NexusError("LLM_FAILED", `the model's reply has no candidate: ${body.slice(0, 200)}`);
  const reason = candidate.finishReason ?? "STOP";
  if (REFUSALS.includes(reason)) throw new NexusError("LLM_REFUSED", `the model stopped its answer: ${reason}${candidate.finishMessage === undefined ? "" : ` (${candidate.finishMessage})`}`);
  const text = (candidate.content?.parts ?? []).filter(({ thought }) => thought !== true).map((part) => part.text ?? "").join("");
  const used = reply?.usageMetadata;
  const answer = { text, tokens_in: used?.promptTokenCount ?? 0, tokens_out: (used?.candidatesTokenCount ?? 0) + (used?.thoughtsTokenCount ?? 0) };
  if (reason === "STOP") return answer;
  if (reason !== "MAX_TOKENS") throw new NexusError("LLM_FAILED", `the model stopped its answer: ${reason}`);
  // Half a JSON is none; and what it thinks counts, so that nothing may be left for the answer.
  if (text === "" || request.json === true) throw new NexusError("LLM_FAILED", `the answer was cut off after ${answer.tokens_out} tokens${request.max_tokens === undefined ? "" : ` (max_tokens = ${request.max_tokens})`}; raise max_tokens`);
  return { ...answer, cut: true };
}

export interface Refusal {
  readonly error: NexusError;
  /** The same request may be taken after so long. Undefined: at no time that is worth waiting for. */
  readonly waitMs?: number | undefined;
  readonly again: boolean;
}

/** What a status other than 200 means. The key is in no message: it is not in what is answered. */
export function readRefusal(status: number, body: string): Refusal {
  const { error } = (parse(body) ?? {}) as ErrorReply;
  const says = `the model's provider answers ${status} ${error?.status ?? ""}: ${(error?.message ?? body).slice(0, 500)}`;
  if (status === 429) {
    const waitMs = retryDelay(error?.details ?? []);
    const daily = (error?.details ?? []).some(({ violations }) => violations?.some(({ quotaId }) => quotaId?.includes("PerDay") === true));
    return { error: new NexusError("LLM_RATE_LIMITED", daily ? `${says} (the limit of a day)` : says, waitMs === undefined ? {} : { retry_after_ms: waitMs }), again: !daily, waitMs };
  }
  if (status >= 500) return { error: new NexusError("LLM_FAILED", says), again: true };
  return { error: new NexusError("LLM_REFUSED", says), again: false };
}

function retryDelay(details: readonly ErrorDetail[]): number | undefined {
  const text = details.find((detail) => detail["@type"]?.endsWith("google.rpc.RetryInfo") === true)?.retryDelay ?? "";
  const seconds = /^(\d+(?:\.\d+)?)s$/.exec(text)?.[1];
  return seconds === undefined ? undefined : Math.ceil(Number(seconds) * 1_000);
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body) ?? undefined;
  } catch {
    return undefined;
  }
}
