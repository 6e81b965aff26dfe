import { expect, test } from "bun:test";
import type { Llm, LlmRequest } from "../../../../src/engine/clients/llm.ts";
import { NexusError } from "../../../../src/engine/core/errors.ts";
import { TurnDesk } from "./turn-desk.ts";

function failing(cause: Error): Llm {
  return { complete: () => Promise.reject(cause) };
}

test("it is told about itself by its settings and its turn", async () => {
  using desk = new TurnDesk();
  const requests: LlmRequest[] = [];
  const llm: Llm = {
    complete: (request) => {
      requests.push(request);
      return Promise.resolve({ text: "yes", tokens_in: 3, tokens_out: 1 });
    },
  };
  expect(await desk.start({ runner: "llm", system: "You are Atlas.", max_tokens: 9 }, { system: "Files." }, { llm }).ended).toEqual({ status: "done", text: "yes", usage: { tokens_in: 3, tokens_out: 1 } });
  await desk.start({ runner: "llm" }, {}, { llm }).ended;
  expect(requests.map(({ signal: _signal, ...rest }) => rest)).toEqual([
    { system: "You are Atlas.\n\nFiles.", prompt: "hello", max_tokens: 9 },
    { prompt: "hello", max_tokens: 4_096 },
  ]);
});

test("an answer that is cut off is no answer, and is kept", async () => {
  using desk = new TurnDesk();
  const llm: Llm = { complete: () => Promise.resolve({ text: "half", tokens_in: 3, tokens_out: 9, cut: true }) };
  expect(await desk.start({ runner: "llm", max_tokens: 9 }, {}, { llm }).ended).toEqual({ status: "failed", code: "AGENT_OUTPUT_LIMIT", message: "the answer was cut off at max_tokens = 9; raise it", retryable: false, text: "half" });
});

test.each([
  [new NexusError("LLM_RATE_LIMITED", "later", { retry_after_ms: 5 }), { code: "AGENT_REFUSED", message: "LLM_RATE_LIMITED: later", retryable: true, retry_after_ms: 5 }],
  [new NexusError("LLM_REFUSED", "no"), { code: "AGENT_REFUSED", message: "LLM_REFUSED: no", retryable: false }],
  [new NexusError("LLM_FAILED", "oh"), { code: "AGENT_UNREACHABLE", message: "LLM_FAILED: oh", retryable: true }],
  [new NexusError("LLM_NOT_CONFIGURED", "none"), { code: "AGENT_START_FAILED", message: "LLM_NOT_CONFIGURED: none", retryable: false }],
  [new TypeError("x is not a function"), { code: "AGENT_UNREACHABLE", message: "the model failed: TypeError: x is not a function", retryable: true }],
])("the error %j", async (error, expected) => {
  using desk = new TurnDesk();
  expect(await desk.start({ runner: "llm" }, {}, { llm: failing(error) }).ended).toEqual({ status: "failed", ...expected } as never);
});
