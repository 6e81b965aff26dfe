import { mkdirSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import type { CommandAgent } from "../../core/agent-settings.ts";
import { agentEnvironment } from "./agent-environment.ts";
import type { AnswerEvents, AnswerReader } from "./answer.ts";
import { JsonAnswer } from "./json-answer.ts";
import { readJsonlEvent } from "./jsonl-format.ts";
import { LineAnswer } from "./line-answer.ts";
import { presets, type Preset } from "./presets.ts";
import { reducedSettings } from "./reduced.ts";
import type { TurnInput } from "./runner.ts";
import { TextAnswer } from "./text-answer.ts";

/** How one turn of a program is run. */
export interface CommandPlan {
  readonly argv: readonly [program: string, ...arguments: string[]];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** Written to its stdin, which is closed after it unless it can be told more. */
  readonly stdin: string;
  /** Makes a line of stdin of what it is told while it works; undefined: it takes nothing more. */
  readonly steerLine?: (text: string) => string;
  readonly answer: (events: AnswerEvents) => AnswerReader;
  /** It prints while it works, not only its answer. */
  readonly tells: boolean;
}

export interface CommandPlace {
  readonly home: string;
  readonly daemonEnvironment: Readonly<Record<string, string | undefined>>;
}

/** Why a turn cannot be started: nothing has run. */
export class StartFailure extends Error {
  override readonly name = "StartFailure";
}

/** MAX_ARG_STRLEN of Linux: 32 pages of 4 KiB, the terminating NUL included. No setting of the system raises it. */
const ARGUMENT_BYTES = 131_071;

/** @throws {StartFailure} where it cannot be run so. */
export function planCommand(name: string, given: CommandAgent, input: TurnInput, place: CommandPlace): CommandPlan {
  const preset = given.preset === undefined ? undefined : presets[given.preset];
  const settings = input.profile === "reduced" ? reducedSettings(given, preset) : given;
  const env = agentEnvironment(settings, input, place.daemonEnvironment);
  for (const [key, value] of Object.entries(env)) refuseNul(`the variable ${key}`, `${key}${value}`);
  const cwd = workingFolder(name, settings, place.home);
  const steerLine = steerLineOf(settings, preset);
  const prompt = input.system === undefined || input.system === "" ? input.prompt : `${input.system}\n\n${input.prompt}`;
  const asArgument = preset === undefined && settings.prompt === "argument";
  const [program = "", ...rest] = argumentsOf(settings, preset, input);
  const argv = asArgument ? [...rest, prompt] : rest;
  for (const [index, argument] of argv.entries()) refuseArgument(argument, asArgument && index === argv.length - 1);
  return { argv: [resolveProgram(program, env["PATH"] ?? "", cwd), ...argv], cwd, env, stdin: stdinOf(asArgument ? undefined : prompt, preset, steerLine !== undefined), answer: (events) => answerReader(settings, preset, events), tells: preset !== undefined || settings.format === "jsonl", ...(steerLine === undefined ? {} : { steerLine }) };
}

function argumentsOf(settings: CommandAgent, preset: Preset | undefined, input: TurnInput): string[] {
  const steering = settings.steer === true ? (preset?.steering?.arguments ?? []) : [];
  const base = [...(settings.command ?? preset?.command ?? []), ...(preset?.arguments ?? []), ...steering, ...settings.arguments];
  const resume = settings.resume ?? preset?.resume;
  const last = input.agent_session !== undefined && resume !== undefined ? resume : (preset?.fresh ?? []);
  return [...base, ...last].map((argument) => fill(argument, input));
}

/** In one pass: what is put in is not searched for placeholders again. */
function fill(argument: string, input: TurnInput): string {
  const values: Readonly<Record<string, string>> = { session: input.session_key, turn: input.turn_id, persona: input.persona, agent_session: input.agent_session ?? "" };
  return argument.replaceAll(/\{(session|turn|persona|agent_session)\}/g, (placeholder, key: string, offset: number) => {
    const value = values[key] ?? placeholder;
    // Names of sessions come from outside: one must not become an option.
    if (offset === 0 && value.startsWith("-")) throw new StartFailure(`${placeholder} is ${JSON.stringify(value)}, which the program would take for an option`);
    return value;
  });
}

function refuseArgument(argument: string, isPrompt: boolean): void {
  const what = isPrompt ? "the prompt" : `the argument ${JSON.stringify(argument.slice(0, 60))}`;
  const fix = isPrompt ? `; set prompt = "stdin"` : "";
  refuseNul(what, argument, fix);
  const bytes = Buffer.byteLength(argument);
  if (bytes > ARGUMENT_BYTES) throw new StartFailure(`${what} has ${bytes} bytes; an argument of a program holds at most ${ARGUMENT_BYTES} (MAX_ARG_STRLEN)${fix}`);
}

function refuseNul(what: string, text: string, fix = ""): void {
  if (text.includes("\0")) throw new StartFailure(`${what} contains a NUL character, which no argument or variable of a program can hold${fix}`);
}

function steerLineOf(settings: CommandAgent, preset: Preset | undefined): CommandPlan["steerLine"] {
  if (settings.steer !== true) return undefined;
  return preset === undefined ? (text) => JSON.stringify({ type: "steer", text }) : preset.steering?.line;
}

/** `prompt` undefined: it was given as an argument. */
function stdinOf(prompt: string | undefined, preset: Preset | undefined, steerable: boolean): string {
  if (prompt === undefined) return "";
  if (!steerable) return prompt;
  return `${preset?.steering?.line(prompt) ?? JSON.stringify({ type: "prompt", text: prompt })}\n`;
}

function answerReader(settings: CommandAgent, preset: Preset | undefined, events: AnswerEvents): AnswerReader {
  if (preset !== undefined) return new LineAnswer(settings.output_bytes, preset.readLine, events);
  if (settings.format === "jsonl") return new LineAnswer(settings.output_bytes, readJsonlEvent, events);
  return settings.format === "json" ? new JsonAnswer(settings.output_bytes, events) : new TextAnswer(settings.output_bytes);
}

function workingFolder(name: string, settings: CommandAgent, home: string): string {
  const folder = settings.cwd === undefined ? join(home, "state", "agents", name) : resolve(home, settings.cwd);
  try {
    if (settings.cwd === undefined) mkdirSync(folder, { recursive: true, mode: 0o700 });
    if (statSync(folder).isDirectory()) return folder;
  } catch (error) {
    throw new StartFailure(`its working folder ${folder} cannot be used: ${(error as Error).message}`);
  }
  throw new StartFailure(`its working folder ${folder} is not a folder`);
}

/** A name is looked up in PATH, a path is taken from the working folder: never from where the daemon was started. */
function resolveProgram(program: string, path: string, cwd: string): string {
  const found = program.includes("/") ? Bun.which(resolve(cwd, program)) : Bun.which(program, { PATH: path, cwd });
  if (found === null) throw new StartFailure(program.includes("/") ? `the program ${resolve(cwd, program)} does not exist or is not executable` : `the program ${program} is not in PATH (${path})`);
  return found;
}
