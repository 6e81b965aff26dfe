import { expect, test } from "bun:test";
import { agentSchema, PRESETS, type PresetName } from "../../../../src/engine/core/agent-settings.ts";
import { presets } from "../../../../src/engine/broker/runners/presets.ts";
import { fake, TurnDesk } from "./turn-desk.ts";

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
