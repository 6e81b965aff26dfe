import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { geminiLlm } from "../../../../src/engine/clients/gemini.ts";
import type { RunnerParts } from "../../../../src/engine/broker/runners/create-runner.ts";
import { GeminiServer, refused, spoken } from "../../clients/gemini-server.ts";
import { AgentServer } from "./agent-server.ts";
import { fake, TurnDesk } from "./turn-desk.ts";

/** What an agent can do that its runner has to cope with. */
type Behaviour = "echo" | "fails" | "never" | "silent" | "talks" | "floods";

interface Subject extends AsyncDisposable {
  /** Settings of an agent that behaves so, and the parts its runner needs. Undefined: it has no such thing. */
  agent(behaviour: Behaviour): { readonly settings: object; readonly parts?: Partial<RunnerParts> } | undefined;
  /** All that one turn gives to its agent. */
  told(desk: TurnDesk): Promise<string>;
}

const CANARY = "canary-7b1f";

const subjects: Readonly<Record<string, () => Subject>> = {
  command: () => {
    const argv: Readonly<Record<Behaviour, string[]>> = { echo: fake("echo"), fails: fake("fails"), never: fake("sleeps"), silent: fake("sleeps", "up"), talks: fake("talks"), floods: fake("floods") };
    return {
      agent: (behaviour) => ({ settings: { command: argv[behaviour], ...(behaviour === "floods" ? { output_limit_bytes: 1 << 20 } : {}) } }),
      told: async (desk) => {
        const record = join(desk.home, "record.json");
        await desk.start({ command: fake("records"), env: { RECORD: record } }).ended;
        return readFileSync(record, "utf8");
      },
      [Symbol.asyncDispose]: () => Promise.resolve(),
    };
  },
  http: () => {
    const server = new AgentServer();
    return {
      agent: (behaviour) => ({ settings: { runner: "http", url: server.url(behaviour), output_bytes: behaviour === "floods" ? 1 << 20 : 8 << 20 } }),
      told: async (desk) => {
        await desk.start({ runner: "http", url: server.url("echo") }).ended;
        return JSON.stringify(server.requests.map(({ headers, body }) => [...headers, body]));
      },
      [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
    };
  },
  llm: () => {
    const server = new GeminiServer(({ path, body }) => {
      if (path.includes("fails")) return refused(500, "INTERNAL", "the reason");
      if (path.includes("floods")) return spoken("far too long", "MAX_TOKENS");
      return path.includes("echo") ? spoken(body.contents[0]?.parts[0]?.text ?? "") : undefined;
    });
    const parts = (model: string): Partial<RunnerParts> => ({ llm: geminiLlm({ key: () => "key", api: server.api, model, attempts: 1 }) });
    return {
      // A model answers as a whole: it cannot fall silent in between, nor talk on.
      agent: (behaviour) => (behaviour === "silent" || behaviour === "talks" ? undefined : { settings: { runner: "llm" }, parts: parts(behaviour) }),
      told: async (desk) => {
        await desk.start({ runner: "llm" }, {}, parts("echo")).ended;
        return JSON.stringify(server.requests);
      },
      [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
    };
  },
};

const runners = Object.keys(subjects);

/** The outcome of a turn of an agent that behaves so; `undefined` where that cannot be. */
async function outcome(name: string, behaviour: Behaviour, settings: object = {}, prompt = "hello") {
  await using subject = subjects[name]?.();
  using desk = new TurnDesk();
  const agent = subject?.agent(behaviour);
  if (agent === undefined) return undefined;
  return await desk.start({ ...agent.settings, ...settings }, { prompt }, agent.parts).ended;
}

test.each(runners)("%s: an answer", async (name) => {
  expect(await outcome(name, "echo")).toMatchObject({ status: "done", text: "hello" });
});

test.each(runners)("%s: any text, and a MiB of it, byte by byte", async (name) => {
  const odd = "ü 漢字 🦊 e\u0301 \u202e \u0000 \r\n \t \"'`$(x) ${y} {session}\u2028 \ufeff end";
  expect(await outcome(name, "echo", {}, odd)).toMatchObject({ status: "done", text: odd });
  const long = "🦊ü漢x".repeat(Math.ceil((1 << 20) / 10));
  const end = await outcome(name, "echo", {}, long);
  expect(end?.status).toBe("done");
  expect(end?.text === long).toBe(true);
});

test.each(runners)("%s: a failure, in the agent's words", async (name) => {
  expect(await outcome(name, "fails")).toMatchObject({ status: "failed", message: expect.stringContaining("the reason"), retryable: true });
});

test.each(runners)("%s: no sign of life in time", async (name) => {
  expect(await outcome(name, "never", { start_timeout_ms: 100 })).toMatchObject({ status: "timeout", code: "AGENT_START_TIMEOUT", message: expect.stringContaining("start_timeout_ms = 100"), retryable: true });
});

test.each(runners)("%s: silence", async (name) => {
  const end = await outcome(name, "silent", { silence_timeout_ms: 100 });
  if (name === "llm") expect(end).toBeUndefined();
  else expect(end).toMatchObject({ status: "timeout", code: "AGENT_SILENT", message: expect.stringContaining("silence_timeout_ms = 100"), retryable: true, text: "up" });
});

test.each(runners)("%s: the time of the whole turn", async (name) => {
  const end = await outcome(name, name === "llm" ? "never" : "talks", { timeout_ms: 400, silence_timeout_ms: 300 });
  expect(end).toMatchObject({ status: "timeout", code: "AGENT_TIMEOUT", message: expect.stringContaining("timeout_ms = 400"), retryable: true });
});

test.each(runners)("%s: too much of an answer", async (name) => {
  expect(await outcome(name, "floods")).toMatchObject({ status: "failed", code: "AGENT_OUTPUT_LIMIT", retryable: false });
});

test.each(runners)("%s: an interrupt ends it, once and for good, and nothing but", async (name) => {
  await using subject = subjects[name]?.();
  using desk = new TurnDesk();
  const agent = subject?.agent("never");
  const turn = desk.start(agent?.settings ?? {}, {}, agent?.parts);
  let ends = 0;
  const counted = turn.ended.then((end) => {
    ends += 1;
    return end;
  });
  turn.interrupt();
  turn.interrupt();
  expect(await counted).toMatchObject({ status: "interrupted", code: "AGENT_INTERRUPTED", retryable: true });
  turn.interrupt();
  expect(await turn.steer("more")).toBe(false);
  expect(ends).toBe(1);
  const answered = subject?.agent("echo");
  const done = desk.start(answered?.settings ?? {}, {}, answered?.parts);
  const end = await done.ended;
  done.interrupt();
  expect(end.status).toBe("done");
  expect(await done.ended).toBe(end);
});

test.each(runners)("%s: nothing of the daemon's environment reaches the agent", async (name) => {
  process.env["NEXUS_TEST_CANARY"] = CANARY;
  try {
    await using subject = subjects[name]?.();
    using desk = new TurnDesk();
    const told = (await subject?.told(desk)) ?? "";
    expect(told).toContain(name === "command" ? '"NEXUS_AGENT_ID":"atlas"' : "hello");
    if (name === "command") expect(told).toContain('"NEXUS_DISPATCH_ID":"dsp_1"');
    expect(told).not.toContain(CANARY);
  } finally {
    delete process.env["NEXUS_TEST_CANARY"];
  }
});
