import { expect, test } from "bun:test";
import { agentSchema, PRESETS, type CommandAgent, type PresetName } from "../../../../src/engine/core/agent-settings.ts";
import { planCommand } from "../../../../src/engine/broker/runners/command-plan.ts";
import { presets } from "../../../../src/engine/broker/runners/presets.ts";
import { fake, TurnDesk } from "./turn-desk.ts";

const TURN = { turn_id: "trn_1", dispatch_ids: ["dsp_1"], session_key: "s", persona: "p", agent: "atlas", prompt: "hello", env: {} } as const;

function commandSettings(settings: object): CommandAgent {
  const parsed = agentSchema.parse({ runner: "command", ...settings });
  if (parsed.runner !== "command") throw new Error("another runner");
  return parsed;
}

interface Facts {
  readonly fake: string;
  readonly session: string;
  readonly usage: object;
  readonly failure: object;
}

const FACTS: Readonly<Record<PresetName, Facts>> = {
  "claude-code": { fake: "fake-claude", session: "5e551011-0000-4000-8000-000000000001", usage: { tokens_in: 113, tokens_out: 7, cost_usd: 0.25 }, failure: { message: expect.stringContaining("exit code 1; it said: error_during_execution: the API is overloaded"), retryable: true } },
  codex: { fake: "fake-codex", session: "0199a213-81c0-7800-8aa1-bbab2a035a53", usage: { tokens_in: 24_763, tokens_out: 122 }, failure: { message: expect.stringContaining("exit code 1; it said: usage limit reached") } },
  gemini: { fake: "fake-gemini", session: "9e3ee2f0-0000-4000-8000-000000000002", usage: { tokens_in: 20, tokens_out: 10 }, failure: { message: expect.stringContaining("exit code 1; it said: quota exceeded") } },
  opencode: { fake: "fake-opencode", session: "ses_44f9562d4ffe", usage: { tokens_in: 70, tokens_out: 6, cost_usd: 0.75 }, failure: { message: expect.stringContaining("exit code 1; it said: APIError: overloaded"), retryable: true } },
};

test.each([...PRESETS])("%s: a new session, then the same again", async (preset) => {
  using desk = new TurnDesk();
  const facts = FACTS[preset];
  const settings = { preset, command: fake(facts.fake) };
  const turn = desk.start(settings, { prompt: "--help `x`\n$(y)" });
  expect(await turn.ended).toEqual({ status: "done", text: "new: --help `x`\n$(y)", agent_session: facts.session, usage: facts.usage });
  expect(turn.sessions).toEqual([facts.session]);
  expect(await desk.run(settings, { prompt: "again", agent_session: "s-2" })).toMatchObject({ status: "done", text: "resumed: again", agent_session: "s-2" });
});

test.each([...PRESETS])("%s: its failure is told in its words", async (preset) => {
  using desk = new TurnDesk();
  expect(await desk.run({ preset, command: fake(FACTS[preset].fake) }, { prompt: "fail" })).toMatchObject({ status: "failed", code: "AGENT_EXITED", ...FACTS[preset].failure });
});

test("Claude Code takes text while it works, and answers it before it ends", async () => {
  using desk = new TurnDesk();
  const turn = desk.start({ preset: "claude-code", command: fake("fake-claude"), steer: true }, { prompt: "one" });
  // Its first answer closes stdin: what is written until then is read.
  expect(await turn.steer("two")).toBe(true);
  expect(await turn.ended).toMatchObject({ status: "done", text: "new: one\n\nnew: two", usage: { tokens_in: 226, tokens_out: 14, cost_usd: 0.5 } });
});

test("the settings know which presets can be steered, and refuse what a preset decides", () => {
  const problems = (settings: object): string => agentSchema.safeParse({ runner: "command", ...settings }).error?.issues.map(({ message }) => message).join("; ") ?? "";
  for (const preset of PRESETS) expect(problems({ preset, steer: true }) === "").toBe(presets[preset].steering !== undefined);
  expect(problems({})).toBe("needs `command` or `preset`");
  expect(problems({ preset: "codex", format: "json" })).toBe('`format` cannot be set with preset = "codex", which knows it');
  expect(problems({ command: ["x"], pass_env: ["LD_PRELOAD", "BUN_OPTIONS", "LANGUAGE"] })).toBe("`pass_env` cannot hand on LD_PRELOAD, which makes programs load code; if that is wanted, write its value in `env`; `pass_env` cannot hand on BUN_OPTIONS, which makes programs load code; if that is wanted, write its value in `env`");
});

const ALLOWED: Readonly<Record<PresetName, { readonly argv: readonly string[]; readonly env: object }>> = {
  "claude-code": { argv: ["--tools", "Read,Grep,Glob", "--strict-mcp-config"], env: { ANTHROPIC_API_KEY: "model" } },
  codex: { argv: ["--sandbox", "read-only"], env: { OPENAI_API_KEY: "model" } },
  gemini: { argv: ["--approval-mode", "default"], env: { GEMINI_API_KEY: "model" } },
  opencode: { argv: [], env: { ANTHROPIC_API_KEY: "model", OPENCODE_CONFIG_CONTENT: '{"permission":{"*":"deny","read":"allow","grep":"allow","glob":"allow","list":"allow"}}' } },
};

// switch: mutant reduced-is-full
test.each([...PRESETS])("%s, reduced: it may read, reaches its model, and is told no other secret", (preset) => {
  const { argv, env } = ALLOWED[preset];
  const [model = ""] = Object.keys(env);
  const settings = commandSettings({ preset, command: ["/bin/sh"], arguments: ["--yolo"], pass_env: [model, "GITHUB_TOKEN"], env: { SECRET: "s" } });
  using desk = new TurnDesk();
  const place = { home: desk.home, daemonEnvironment: { PATH: "/bin", [model]: "model", GITHUB_TOKEN: "ghp" } };
  const full = planCommand("atlas", settings, { ...TURN, profile: "full" }, place);
  const reduced = planCommand("atlas", settings, { ...TURN, profile: "reduced" }, place);
  const { [model]: _model, GITHUB_TOKEN: _token, SECRET: _secret, ...rest } = full.env;
  expect(full.env).toMatchObject({ [model]: "model", GITHUB_TOKEN: "ghp", SECRET: "s" });
  expect(reduced.env).toEqual({ ...rest, ...env });
  const at = full.argv.indexOf("--yolo");
  expect(reduced.argv).toEqual([...full.argv.slice(0, at), ...argv, ...full.argv.slice(at + 1)] as never);
});

test("reduced: what its settings say takes the place of all that; a program of no preset is told nothing but that", () => {
  using desk = new TurnDesk();
  const place = { home: desk.home, daemonEnvironment: { PATH: "/bin", TOKEN: "t", READ_TOKEN: "r" } };
  const plan = (settings: object) => planCommand("atlas", commandSettings(settings), { ...TURN, profile: "reduced" }, place);
  const own = plan({ preset: "codex", command: ["/bin/sh"], arguments: ["--yolo"], pass_env: ["TOKEN"], reduced: { arguments: ["--model", "small"], pass_env: ["READ_TOKEN"], env: { MODE: "careful" } } });
  expect(own.argv.slice(-3)).toEqual(["--model", "small", "-"]);
  expect(own.env).toMatchObject({ READ_TOKEN: "r", MODE: "careful" });
  expect(own.env["TOKEN"]).toBeUndefined();
  const plain = plan({ command: ["/bin/sh", "agent.sh"], arguments: ["-x"], pass_env: ["TOKEN"], env: { SECRET: "s" } });
  expect(plain.argv.slice(1)).toEqual(["agent.sh", "-x"]);
  expect([plain.env["TOKEN"], plain.env["SECRET"]]).toEqual([undefined, undefined]);
});
