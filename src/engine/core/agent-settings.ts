import { z } from "zod";

/** Who answers, and how that is run: the tables `[agents.NAME]` of config.toml. */

const text = z.string().min(1).max(4_096);
const name = z.string().min(1).max(256);

const clocks = {
  start_timeout_ms: z.int().min(100).max(3_600_000).default(30_000).describe("time until the first sign of life"),
  silence_timeout_ms: z.int().min(100).max(86_400_000).default(600_000).describe("time without any output after which it is ended"),
  timeout_ms: z.int().min(100).max(86_400_000).default(1_800_000).describe("time of a whole turn"),
};

/** An agent that is waited for as a whole gives its first sign of life with its answer. */
const waits = { ...clocks, start_timeout_ms: z.int().min(100).max(3_600_000).default(600_000).describe("time until the answer begins") };

const common = {
  description: z.string().max(1_024).optional().describe("what this agent is for"),
  max_turns: z.int().min(1).max(1_000).default(4).describe("turns of this agent at the same time, each of another session"),
};

/** What is known of programs by the name of their preset; see broker/runners/presets.ts. */
export const PRESETS = ["claude-code", "codex", "gemini", "opencode"] as const;
export type PresetName = (typeof PRESETS)[number];

/** What takes the place of these settings in a turn that an untrusted source is a cause of; see core/profile.ts. */
const reduced = z.strictObject({
  arguments: z.array(text).max(64).optional().describe("instead of the agent's `arguments` (those of the preset that only let it read)"),
  env: z.record(name, z.string().max(32_768)).default({}).describe("instead of the agent's `env`"),
  pass_env: z.array(name).max(200).optional().describe("instead of the agent's `pass_env` (what of it the preset's program needs for its model)"),
});

const command = z.strictObject({
  runner: z.literal("command"),
  ...common,
  ...clocks,
  start_timeout_ms: clocks.start_timeout_ms.unwrap().optional().describe("time until its first output (30 000 with a preset or format = \"jsonl\", which tell what they do; else 600 000: the answer is the first they say)"),
  preset: z.enum(PRESETS).optional().describe("arguments, output format and resuming of a known program"),
  command: z.array(text).min(1).max(64).optional().describe("program and arguments; {session}, {turn}, {persona} are replaced, never through a shell. With a preset: what takes the place of the program's name"),
  arguments: z.array(text).max(64).default([]).describe("further arguments, after those of the command or the preset"),
  prompt: z.enum(["stdin", "argument"]).optional().describe("how it is given the prompt (stdin)"),
  format: z.enum(["text", "json", "jsonl"]).optional().describe("what it prints: its answer, one JSON object with it, or a JSON object a line (text)"),
  resume: z.array(text).max(16).optional().describe("arguments, put last, that resume its own session; {agent_session} is replaced"),
  steer: z.boolean().optional().describe("it takes further JSON lines on stdin while it works (false)"),
  cwd: text.optional().describe("working folder, relative to the home (a folder of its own in state/agents)"),
  env: z.record(name, z.string().max(32_768)).default({}).describe("variables it is given"),
  pass_env: z.array(name).max(200).default([]).describe("variables of the daemon that are handed on; nothing else is but PATH, HOME, LANG, LC_ALL, TZ and TMPDIR"),
  reduced: reduced.prefault({}).describe("what takes the place of these settings in a turn that an untrusted source is a cause of"),
  output_bytes: z.int().min(1_024).max(1_073_741_824).default(8_388_608).describe("output that is kept, head and tail"),
  output_limit_bytes: z.int().min(1_024).max(17_179_869_184).default(104_857_600).describe("output after which it is ended"),
});

const http = z.strictObject({
  runner: z.literal("http"),
  ...common,
  ...waits,
  url: z.url({ protocol: /^https?$/ }).max(2_048).describe("takes POST with the turn as JSON, answers with JSON, JSON lines or text"),
  headers: z.record(name, z.string().max(8_192)).default({}).describe("sent along"),
  allow_private: z.boolean().default(false).describe("the address may be one of this machine or of a private network"),
  output_bytes: z.int().min(1_024).max(1_073_741_824).default(8_388_608).describe("answer that is taken; more ends the turn"),
});

const llm = z.strictObject({
  runner: z.literal("llm"),
  ...common,
  ...waits,
  system: z.string().max(65_536).optional().describe("what it is told about itself"),
  max_tokens: z.int().min(1).max(1_000_000).default(4_096).describe("length of an answer"),
});

const inbox = z.strictObject({
  runner: z.literal("inbox"),
  ...common,
  timeout_ms: z.int().min(1_000).max(604_800_000).default(86_400_000).describe("time for an answer, from when it was put in the inbox"),
  lease_ms: z.int().min(1_000).max(86_400_000).default(300_000).describe("time for an acknowledgement after it was taken; then it can be taken again"),
});

export const agentSchema = z.discriminatedUnion("runner", [command, http, llm, inbox]).superRefine((agent, context) => {
  if (agent.runner === "command") for (const message of contradictions(agent)) context.addIssue({ code: "custom", message, input: agent });
});

/** The presets whose programs take more text while they work. */
const STEERABLE: readonly PresetName[] = ["claude-code"];
/** Names, and beginnings of names, of variables that make a program load code. */
const LOADERS = ["LD_", "DYLD_", "BUN_", "NODE_OPTIONS", "NODE_PATH", "BASH_ENV", "ENV", "PYTHONSTARTUP", "PERL5OPT", "RUBYOPT", "JAVA_TOOL_OPTIONS"] as const;

/** Makes a program load code that it does not name: never handed on from the daemon's own environment. */
export function loadsCode(variable: string): boolean {
  return LOADERS.some((name) => (name.endsWith("_") ? variable.startsWith(name) : variable === name));
}

function contradictions(agent: CommandAgent): string[] {
  const { preset } = agent;
  const found: string[] = [];
  if (agent.command === undefined && preset === undefined) found.push("needs `command` or `preset`");
  if (preset !== undefined) for (const key of ["prompt", "format"] as const) if (agent[key] !== undefined) found.push(`\`${key}\` cannot be set with preset = "${preset}", which knows it`);
  if (agent.steer === true && preset !== undefined && !STEERABLE.includes(preset)) found.push(`\`steer\` is not possible with preset = "${preset}": the program takes nothing more while it works`);
  for (const name of [...agent.pass_env, ...(agent.reduced.pass_env ?? [])].filter(loadsCode)) found.push(`\`pass_env\` cannot hand on ${name}, which makes programs load code; if that is wanted, write its value in \`env\``);
  return found;
}

export type AgentSettings = z.output<typeof agentSchema>;
export type CommandAgent = z.output<typeof command>;
export type HttpAgent = z.output<typeof http>;
export type LlmAgent = z.output<typeof llm>;
export type InboxAgent = z.output<typeof inbox>;
