import { Command, CommanderError } from "commander";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { NexusError } from "../engine/core/errors.ts";
import type { Call, CommandSpec } from "./call.ts";
import { COMMANDS } from "./commands.ts";
import { GROUPS } from "./groups.ts";
import { fail, say, isTerminal } from "./output.ts";
import { VERSION } from "../engine/core/version.ts";

/** Set by an agent's harness; such a caller reads JSON when its stdout is no terminal. */
const AGENT_MARKERS = ["NEXUS_AGENT_ID", "CLAUDECODE", "CURSOR_AGENT", "CODEX_SANDBOX"] as const;

/** Taken before a command, before its group, and after it. */
const GLOBALS = [
  ["--home <dir>", "the nexus home (default: NEXUS_HOME, then ~/nexus)"],
  ["--json", "JSON on stdout"],
  ["-o, --output <format>", "json or text"],
  ["--human", "text, also for an agent behind a pipe"],
  ["--no-color", "no colours (also: NO_COLOR)"],
  ["-q, --quiet", "only the essential"],
] as const;

/** Runs one command line and returns the exit code. Errors are printed here, and only here. */
export async function runProgram(argv: readonly string[]): Promise<number> {
  let exitCode = 0;
  const program = createProgram(argv, async (spec, call) => {
    // An update without its hooks decides what runs, as a change of hooks does.
    const skipsHooks = call.options["hooks"] === false;
    if (spec.inTurns !== undefined || skipsHooks) await (await import("./turn-guard.ts")).guardTurn({ path: `${spec.path}${skipsHooks ? " --no-hooks" : ""}`, inTurns: spec.inTurns ?? "full" }, call);
    const { run } = await spec.load();
    exitCode = (await run(call)) ?? 0;
  });
  try {
    await program.parseAsync(argv, { from: "user" });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) {
      // Help and version are answers, and were printed.
      if (error.exitCode === 0) return 0;
      const json = wantsJson(argv);
      if (error.code === "commander.help" && !json) say(helpOf(program, argv));
      return fail(usageError(error), json);
    }
    return fail(error, wantsJson(argv));
  }
}

type Action = (spec: CommandSpec, call: Call) => Promise<void>;

function createProgram(argv: readonly string[], action: Action): Command {
  const program = withGlobals(new Command("nexus"))
    .description("Lets AI agents act on events: hooks that decide in milliseconds, every decision on record.")
    .version(VERSION, "-V, --version")
    .addHelpText("after", "\nExamples:\n  nexus demo\n  nexus hooks register ./my-hook.ts\n  nexus serve\n  nexus why EVENT HOOK");
  const groups = new Map<string, Command>();
  for (const spec of relevant(argv)) {
    const words = spec.path.split(" ");
    addCommand(groupOf(program, groups, words.slice(0, -1)), words.at(-1) ?? "", spec, action);
  }
  return program;
}

/** The one command that is called, where the first words name one: to build all of them takes longer than most take to run. */
function relevant(argv: readonly string[]): readonly CommandSpec[] {
  const called = COMMANDS.filter(({ path }) => path === argv.slice(0, path.split(" ").length).join(" "));
  return called.length === 1 ? called : COMMANDS;
}

/** The group of those words, in the group of those before the last; without words, the program. */
function groupOf(program: Command, groups: Map<string, Command>, words: readonly string[]): Command {
  const path = words.join(" ");
  const known = path === "" ? program : groups.get(path);
  if (known !== undefined) return known;
  const group = withGlobals(groupOf(program, groups, words.slice(0, -1)).command(words.at(-1) ?? "")).description(GROUPS[path] ?? "");
  groups.set(path, group);
  return group;
}

function addCommand(parent: Command, name: string, spec: CommandSpec, action: Action): void {
  const command = parent.command(name).description(spec.summary);
  for (const [argument, description] of spec.args ?? []) command.argument(argument, description);
  for (const [flags, description] of spec.options ?? []) command.option(flags, description);
  if (spec.examples !== undefined) command.addHelpText("after", ["\nExamples:", ...spec.examples.map((line) => `  ${line}`)].join("\n"));
  withGlobals(command).action(async (...given: unknown[]) => {
    // commander hands over the arguments, then the options, then itself.
    const options = optionsOf(command);
    const args = given.slice(0, -2).flatMap((argument) => (Array.isArray(argument) ? argument.map(String) : argument === undefined ? [] : [String(argument)]));
    if (options["color"] === false) process.env["NO_COLOR"] = "1";
    await action(spec, { args, options, home: homeOf(options["home"]), json: jsonOf(options), quiet: options["quiet"] === true });
  });
}

/**
 * Every level has the global options itself, and each reads only the words up to the next level (positional options):
 * so the value of an option, which may be text from anywhere, is never taken for one of them.
 */
function withGlobals(command: Command): Command {
  for (const [flags, description] of GLOBALS) command.option(flags, description);
  return quietly(command).enablePositionalOptions();
}

/** The command's options over its group's over the program's. What one level switched off (`--no-color`) stays off. */
function optionsOf(command: Command): Record<string, unknown> {
  const above = command.parent === null ? {} : optionsOf(command.parent);
  const own = command.opts<Record<string, unknown>>();
  return { ...above, ...own, color: above["color"] !== false && own["color"] !== false };
}

/** The help of the group that was named without a command, else of the program. */
function helpOf(program: Command, argv: readonly string[]): string {
  const named = argv.reduce((group, word) => group.commands.find((one) => one.name() === word && one.commands.length > 0) ?? group, program);
  return named.helpInformation().trimEnd();
}

/** commander throws instead of exiting, and prints no errors of its own: they all take one way. */
function quietly(command: Command): Command {
  return command.exitOverride().configureOutput({ writeErr: () => undefined }).showSuggestionAfterError(true);
}

function homeOf(given: unknown): string {
  const home = typeof given === "string" ? given : process.env["NEXUS_HOME"];
  return home === undefined || home === "" ? join(homedir(), "nexus") : resolve(home);
}

function jsonOf(options: Readonly<Record<string, unknown>>): boolean {
  if (options["human"] === true) return false;
  if (options["json"] === true) return true;
  const output = options["output"];
  if (output === "json") return true;
  if (output === "text") return false;
  if (output !== undefined) throw new NexusError("USAGE", `--output ${JSON.stringify(output)}: expected json or text`);
  return !isTerminal() && AGENT_MARKERS.some((name) => (process.env[name] ?? "") !== "");
}

/** The same rule for a command line that could not be parsed. */
function wantsJson(argv: readonly string[]): boolean {
  const at = argv.findIndex((word) => word === "-o" || word === "--output");
  return jsonOf({ human: argv.includes("--human"), json: argv.includes("--json") || argv.includes("--output=json"), ...(at !== -1 && argv[at + 1] === "json" ? { output: "json" } : {}) });
}

function usageError(error: CommanderError): NexusError {
  const [first = "", suggestion] = error.message.replace(/^error: /, "").split("\n");
  const near = /Did you mean (?:one of )?([^?]+)\?/.exec(suggestion ?? "")?.[1];
  return new NexusError("USAGE", first === "(outputHelp)" ? "a command is missing" : first, {
    hint: "run the command with --help",
    ...(near === undefined ? {} : { did_you_mean: near.split(", ") }),
  });
}
