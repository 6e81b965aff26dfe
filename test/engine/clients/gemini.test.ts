import { expect, test } from "bun:test";
import { geminiLlm, type GeminiOptions } from "../../../src/engine/clients/gemini.ts";
import { servicesOf, unconfiguredLlm, type Llm, type LlmRequest } from "../../../src/engine/clients/llm.ts";
import type { NexusError } from "../../../src/engine/core/errors.ts";
import { GeminiServer, refused, spoken, type GeminiReply } from "./gemini-server.ts";

const RETRY = (delay: string): object => ({ "@type": "type.googleapis.com/google.rpc.RetryInfo", retryDelay: delay });
const QUOTA = (quotaId: string): object => ({ "@type": "type.googleapis.com/google.rpc.QuotaFailure", violations: [{ quotaId }] });

/** A client of a fake that gives these replies, one a request; its pauses are written down and last no time. */
function scripted(replies: readonly (GeminiReply | undefined)[], options: Partial<GeminiOptions> = {}) {
  const left = [...replies];
  const server = new GeminiServer(() => left.shift());
  const pauses: number[] = [];
  const llm = geminiLlm({
    key: () => "the-key",
    api: server.api,
    pause: (ms) => {
      pauses.push(ms);
      return Promise.resolve();
    },
    ...options,
  });
  return { llm, server, pauses, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

const ask = (llm: Llm, request: Partial<LlmRequest> = {}) => llm.complete({ prompt: "hello", signal: new AbortController().signal, ...request });

/** The error that it rejects with. */
async function errorOf(work: Promise<unknown>): Promise<NexusError> {
  const outcome = await work.then(
    () => undefined,
    (error: unknown) => error as NexusError,
  );
  if (outcome === undefined) throw new Error("it did not fail");
  return outcome;
}

test("a request is as documented, and the answer is without thoughts, with its tokens", async () => {
  await using t = scripted([spoken("ü"), spoken("{}")]);
  expect(await ask(t.llm)).toEqual({ text: "ü", tokens_in: 11, tokens_out: 7 });
  await ask(t.llm, { system: "be brief", prompt: "\u0000 `x`", json: true, max_tokens: 9 });
  expect(t.server.requests).toEqual([
    { path: "/v1beta/models/gemini-3-flash-preview:generateContent", key: "the-key", body: { contents: [{ role: "user", parts: [{ text: "hello" }] }], generationConfig: {} } },
    {
      path: "/v1beta/models/gemini-3-flash-preview:generateContent",
      key: "the-key",
      body: { systemInstruction: { parts: [{ text: "be brief" }] }, contents: [{ role: "user", parts: [{ text: "\u0000 `x`" }] }], generationConfig: { maxOutputTokens: 9, responseMimeType: "application/json" } },
    },
  ]);
});

test("without a key nothing is asked", async () => {
  await using t = scripted([], { key: () => "" });
  expect(await errorOf(ask(t.llm))).toMatchObject({ code: "LLM_NOT_CONFIGURED" });
  expect(await errorOf(ask(unconfiguredLlm))).toMatchObject({ code: "LLM_NOT_CONFIGURED" });
  expect(t.server.requests).toEqual([]);
});

test("a rate limit is waited for as long as is asked, a bounded number of times", async () => {
  const limited = refused(429, "RESOURCE_EXHAUSTED", "Quota exceeded", QUOTA("GenerateRequestsPerMinutePerProjectPerModel"), RETRY("3.2s"));
  await using t = scripted([limited, limited, spoken("at last")]);
  expect(await ask(t.llm)).toMatchObject({ text: "at last" });
  expect(t.pauses).toEqual([3_200, 3_200]);
  await using u = scripted([limited, limited, limited]);
  expect(await errorOf(ask(u.llm))).toMatchObject({ code: "LLM_RATE_LIMITED", details: { retry_after_ms: 3_200 }, message: "the model's provider answers 429 RESOURCE_EXHAUSTED: Quota exceeded" });
  expect(u.server.requests).toHaveLength(3);
});

test.each([
  [refused(429, "RESOURCE_EXHAUSTED", "Quota exceeded", RETRY("57.238747106s")), { code: "LLM_RATE_LIMITED", details: { retry_after_ms: 57_239 } }],
  [refused(429, "RESOURCE_EXHAUSTED", "Quota exceeded", QUOTA("GenerateRequestsPerDayPerProjectPerModel-FreeTier"), RETRY("1s")), { code: "LLM_RATE_LIMITED", message: expect.stringContaining("(the limit of a day)") }],
  [refused(400, "INVALID_ARGUMENT", "API key not valid"), { code: "LLM_REFUSED", message: "the model's provider answers 400 INVALID_ARGUMENT: API key not valid" }],
  [refused(402, "RESOURCE_EXHAUSTED", "no credit"), { code: "LLM_REFUSED" }],
  [refused(404, "NOT_FOUND", "models/x is not found"), { code: "LLM_REFUSED" }],
  [{ body: { promptFeedback: { blockReason: "PROHIBITED_CONTENT" }, usageMetadata: { promptTokenCount: 3 } } }, { code: "LLM_REFUSED", message: "the model's safety filters block the prompt: PROHIBITED_CONTENT" }],
  [{ body: { candidates: [{ finishReason: "SAFETY", index: 0 }] } }, { code: "LLM_REFUSED", message: "the model stopped its answer: SAFETY" }],
  [{ body: { candidates: [{ finishReason: "MALFORMED_RESPONSE" }] } }, { code: "LLM_FAILED" }],
  [{ body: null }, { code: "LLM_FAILED" }],
  [{ body: {} }, { code: "LLM_FAILED", message: "the model's reply has no candidate: {}" }],
  [spoken("", "MAX_TOKENS"), { code: "LLM_FAILED", message: "the answer was cut off after 7 tokens; raise max_tokens" }],
] as const)("%j is told at once", async (reply, error) => {
  await using t = scripted([reply]);
  expect(await errorOf(ask(t.llm))).toMatchObject(error);
  expect(t.server.requests).toHaveLength(1);
});

test("an answer that is cut off says so; half a JSON is none", async () => {
  await using t = scripted([spoken("half", "MAX_TOKENS"), spoken('{"a":', "MAX_TOKENS")]);
  expect(await ask(t.llm)).toMatchObject({ text: "half", cut: true });
  expect(await errorOf(ask(t.llm, { json: true, max_tokens: 5 }))).toMatchObject({ code: "LLM_FAILED", message: "the answer was cut off after 7 tokens (max_tokens = 5); raise max_tokens" });
});

test("what fails for now is tried again, with longer and longer pauses", async () => {
  await using t = scripted([refused(503, "UNAVAILABLE", "overloaded"), refused(500, "INTERNAL", "oh"), spoken("well")]);
  expect(await ask(t.llm)).toMatchObject({ text: "well" });
  expect(t.pauses[0]).toBeWithin(1_000, 1_501);
  expect(t.pauses[1]).toBeWithin(2_000, 3_001);
  await using u = scripted([], { api: "http://127.0.0.1:1" });
  expect(await errorOf(ask(u.llm))).toMatchObject({ code: "LLM_FAILED", message: expect.stringContaining("could not be reached") });
  expect(u.pauses).toHaveLength(2);
});

test("an attempt has its time, a request can be given up, also in a pause", async () => {
  await using t = scripted([undefined, undefined], { timeoutMs: 50 });
  expect(await errorOf(ask(t.llm))).toMatchObject({ code: "LLM_FAILED", message: "the model gave no answer within 50 ms" });
  expect(t.server.requests).toHaveLength(1);
  await using u = scripted([undefined]);
  const given = new AbortController();
  const waiting = errorOf(ask(u.llm, { signal: given.signal }));
  given.abort(new Error("no longer wanted"));
  expect((await waiting).message).toBe("no longer wanted");
  const api = new GeminiServer(() => refused(429, "RESOURCE_EXHAUSTED", "later", RETRY("14s")));
  await using _ = api;
  const another = new AbortController();
  const pausing = errorOf(ask(geminiLlm({ key: () => "the-key", api: api.api, fetch: async (url, init) => {
    const response = await fetch(url, init);
    setTimeout(() => another.abort(new Error("enough")), 20);
    return response;
  } }), { signal: another.signal }));
  expect((await pausing).message).toBe("enough");
});

test("the key is in no message", async () => {
  for (const reply of [refused(400, "INVALID_ARGUMENT", "bad"), refused(500, "INTERNAL", "bad")]) {
    await using t = scripted([reply, reply, reply]);
    expect(JSON.stringify((await errorOf(ask(t.llm))).toJSON())).not.toContain("the-key");
  }
  await using u = scripted([], { api: "http://127.0.0.1:1" });
  expect(JSON.stringify(await errorOf(ask(u.llm)))).not.toContain("the-key");
});

test("hooks reach the model as ctx.llm, and a wrong option is refused by name", async () => {
  await using t = scripted([spoken("yes")]);
  const { llm, search } = servicesOf(t.llm);
  expect(await llm("really?", { system: "s", json: false, max_tokens: 3, unknown: 1 })).toEqual(["yes", 11, 7]);
  expect(t.server.requests[0]?.body).toMatchObject({ generationConfig: { maxOutputTokens: 3 } });
  expect(await errorOf(llm("x", { max_tokens: "many" }))).toMatchObject({ code: "LLM_REFUSED", message: 'ctx.llm(): the option max_tokens is "many"; expected a whole number above 0' });
  expect(await errorOf(llm("x", { system: 1 }))).toMatchObject({ message: "ctx.llm(): the option system is 1; expected a text" });
  expect(await errorOf(search("x", {}))).toMatchObject({ code: "SEARCH_NOT_CONFIGURED" });
});
