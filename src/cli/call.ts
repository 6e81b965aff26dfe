/** One call of a command, as the command line gave it. */
export interface Call {
  readonly args: readonly string[];
  readonly options: Readonly<Record<string, unknown>>;
  /** Absolute path of the home. */
  readonly home: string;
  /** JSON on stdout instead of text for people. */
  readonly json: boolean;
  /** Print no more than the essential (an id). */
  readonly quiet: boolean;
}

/** The exit code; nothing means 0. */
export type Run = (call: Call) => Promise<number | void> | number | void;

/** What a command says about itself. Its code is loaded when it is called, not before. */
export interface CommandSpec {
  /** Words, as typed: `hooks list`. */
  readonly path: string;
  readonly summary: string;
  /** In commander's notation: `<hook>`, `[script...]`. */
  readonly args?: readonly (readonly [name: string, description: string])[];
  readonly options?: readonly (readonly [flags: string, description: string])[];
  /** Whole command lines, for its help. */
  readonly examples?: readonly string[];
  /** Within an agent's turn: only with the full profile, or not at all; everywhere if not said. */
  readonly inTurns?: "full" | "never";
  readonly load: () => Promise<{ readonly run: Run }>;
}

export function textOption(call: Call, name: string): string | undefined {
  const value = call.options[name];
  return typeof value === "string" ? value : undefined;
}

/** An option that may be given several times, or with several values. */
export function listOption(call: Call, name: string): string[] {
  const value = call.options[name];
  return Array.isArray(value) ? value.map(String) : [];
}

export function flag(call: Call, name: string): boolean {
  return call.options[name] === true;
}

/** The option of every command that writes. */
export const DRY_RUN = ["--dry-run", "say what would happen, change nothing"] as const;
