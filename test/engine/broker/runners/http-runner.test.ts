import { expect, test } from "bun:test";
import { createRunner } from "../../../../src/engine/broker/runners/create-runner.ts";
import { retryAfterMs } from "../../../../src/engine/clients/retry-after.ts";
import { NexusError } from "../../../../src/engine/core/errors.ts";
import { agentSchema } from "../../../../src/engine/core/agent-settings.ts";
import { AgentServer } from "./agent-server.ts";
import { openParts, TurnDesk } from "./turn-desk.ts";

const typed = (type: string, body: string) => (): Response => new Response(body, { headers: { "content-type": type } });
const lines = (...events: object[]): string => events.map((event) => `${JSON.stringify(event)}\n`).join("");

test("a turn is one POST, whose body and headers name it", async () => {
  await using server = new AgentServer();
  using desk = new TurnDesk();
  await desk.run({ runner: "http", url: server.url("echo"), headers: { Authorization: "Bearer x", "Idempotency-Key": "mine" } }, { turn_id: "turn_1", system: "be brief", thread_id: "t", agent_session: "s" });
  expect(server.requests).toHaveLength(1);
  const [request] = server.requests;
  expect(JSON.parse(request?.body ?? "")).toEqual({ turn_id: "turn_1", dispatch_ids: ["dsp_1", "dsp_2"], session_key: "telegram:7", persona: "atlas", profile: "full", agent: "atlas", prompt: "hello", thread_id: "t", system: "be brief", agent_session: "s" });
  expect(Object.fromEntries(request?.headers ?? [])).toMatchObject({ "idempotency-key": "turn_1", "nexus-dispatch-ids": "dsp_1,dsp_2", "content-type": "application/json", authorization: "Bearer x", accept: "application/json, application/x-ndjson, text/plain" });
});

test("JSON and JSON lines are read as those of programs", async () => {
  await using server = new AgentServer({
    json: typed("application/json; charset=utf-8", '{"text":"ü","session":"s1","usage":{"tokens_in":1}}'),
    lines: typed("application/x-ndjson", lines({ type: "session", session: "s2" }, { type: "text", text: "a" }, { type: "text", text: "b" })),
    error: typed("application/json", '{"error":{"message":"busy","retryable":true,"retry_after_ms":7}}'),
    invalid: typed("application/json", "[]"),
    html: typed("text/html", "<p>"),
    nothing: () => new Response(null, { status: 204 }),
  });
  using desk = new TurnDesk();
  const run = (path: string) => desk.run({ runner: "http", url: server.url(path) });
  expect(await run("json")).toEqual({ status: "done", text: "ü", agent_session: "s1", usage: { tokens_in: 1 } });
  const turn = desk.start({ runner: "http", url: server.url("lines") });
  expect(await turn.ended).toEqual({ status: "done", text: "ab", agent_session: "s2" });
  expect(turn.sessions).toEqual(["s2"]);
  expect(await run("error")).toMatchObject({ code: "AGENT_REFUSED", retryable: true, retry_after_ms: 7 });
  expect(await run("invalid")).toMatchObject({ code: "AGENT_OUTPUT_INVALID", retryable: false });
  expect(await run("html")).toMatchObject({ code: "AGENT_OUTPUT_INVALID", message: expect.stringContaining('content-type "text/html"') });
  expect(await run("nothing")).toEqual({ status: "done", text: "" });
});

test("a stream is over with its result, also when its connection stays open", async () => {
  const bytes = new TextEncoder().encode(lines({ type: "text", text: "half" }, { type: "result", text: "whole" }));
  await using server = new AgentServer({ open: () => new Response(new ReadableStream({ start: (controller) => controller.enqueue(bytes) }), { headers: { "content-type": "application/x-ndjson" } }) });
  using desk = new TurnDesk();
  expect(await desk.run({ runner: "http", url: server.url("open") })).toEqual({ status: "done", text: "whole" });
  while (server.pending > 0) await new Promise((resolve) => setImmediate(resolve));
});

test.each([
  [429, { "retry-after": "2" }, { code: "AGENT_REFUSED", retryable: true, retry_after_ms: 2_000 }],
  [503, { "retry-after": "2" }, { code: "AGENT_UNREACHABLE", retryable: true, retry_after_ms: 2_000 }],
  [502, {}, { code: "AGENT_UNREACHABLE", retryable: true }],
  [400, { "retry-after": "2" }, { code: "AGENT_REFUSED", retryable: false }],
  [401, {}, { code: "AGENT_REFUSED", retryable: false, message: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/status answers 401: "no"$/) }],
  [302, { location: "http://169.254.169.254/" }, { code: "AGENT_REFUSED", retryable: false, message: expect.stringContaining('a redirect to "http://169.254.169.254/", which is not followed') }],
])("status %i %j", async (status, headers, expected) => {
  await using server = new AgentServer({ status: () => new Response("no", { status, headers: { ...headers } }) });
  using desk = new TurnDesk();
  const end = await desk.run({ runner: "http", url: `${server.url("status")}?token=secret` });
  expect(end).toMatchObject({ status: "failed", ...expected });
  expect("retry_after_ms" in end).toBe("retry_after_ms" in expected);
  expect(JSON.stringify(end)).not.toContain("secret");
});

test("an address that cannot be reached, or may not be, is told apart", async () => {
  using desk = new TurnDesk();
  expect(await desk.run({ runner: "http", url: "http://127.0.0.1:1/" })).toMatchObject({ status: "failed", code: "AGENT_UNREACHABLE", retryable: true });
  const asked: boolean[] = [];
  const guarded = (_: string, __: object, rules: { readonly allow_private: boolean }): Promise<Response> => {
    asked.push(rules.allow_private);
    return Promise.reject(new NexusError("USAGE", "a private address"));
  };
  const turn = desk.start({ runner: "http", url: "http://10.0.0.1/" }, {}, { fetch: guarded });
  expect(await turn.ended).toMatchObject({ code: "AGENT_UNREACHABLE", retryable: false, message: "http://10.0.0.1/: a private address" });
  await desk.start({ runner: "http", url: "http://10.0.0.1/", allow_private: true }, {}, { fetch: guarded }).ended;
  expect(asked).toEqual([false, true]);
});

test("an interrupt gives up the connection, and does not wait for a fetch that does not heed it", async () => {
  await using server = new AgentServer();
  using desk = new TurnDesk();
  const turn = desk.start({ runner: "http", url: server.url("silent") });
  while (server.requests.length === 0) await new Promise((resolve) => setImmediate(resolve));
  turn.interrupt();
  expect((await turn.ended).status).toBe("interrupted");
  while (server.pending > 0) await new Promise((resolve) => setImmediate(resolve));
  const deaf = desk.start({ runner: "http", url: server.url("echo") }, {}, { fetch: () => new Promise(() => undefined) });
  deaf.interrupt();
  expect((await deaf.ended).status).toBe("interrupted");
});

test("what cannot be sent is refused when the agent is made", () => {
  const parse = (settings: object) => agentSchema.parse({ runner: "http", url: "https://agents.example/", ...settings });
  for (const url of ["file:///etc/passwd", "data:text/plain,x", "ftp://x/"]) expect(() => parse({ url })).toThrow();
  const settings = parse({ headers: { "a b": "c" } });
  if (settings.runner !== "http") throw new Error("another runner");
  expect(() => createRunner("atlas", settings, { ...openParts, home: "/nowhere" })).toThrow("[agents.atlas.headers]");
});

test("Retry-After is seconds or a date", () => {
  const now = Date.parse("2026-01-01T00:00:00Z");
  expect(["0", "120", "Thu, 01 Jan 2026 00:01:00 GMT", "Wed, 31 Dec 2025 00:00:00 GMT", "soon", "-1", null].map((header) => retryAfterMs(header, now))).toEqual([0, 120_000, 60_000, 0, undefined, undefined, undefined]);
});
