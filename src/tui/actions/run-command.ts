import { selfCommand } from "../../engine/runtime/self-command.ts";

/** A command that was run, as the log has it. */
export interface Done {
  readonly id: number;
  /** Unix ms. */
  readonly at: number;
  /** Behind `nexus`. */
  readonly words: readonly string[];
  readonly ok: boolean;
  /** What it said, first line first. */
  readonly said: readonly string[];
  /** What brings back how it was. */
  readonly undo?: readonly string[];
  /** It was undone. */
  undone?: true;
}

export type RunCommand = (words: readonly string[]) => Promise<{ readonly ok: boolean; readonly said: readonly string[] }>;

/** A dry run may take a hook's whole timeout. */
const DEADLINE_MS = 120_000;
const MOST_BYTES = 65_536;

/** Runs commands of this very program on a home, as an agent would: what is shown is what was run, with all its checks. */
export function commandRunner(home: string): RunCommand {
  return async (words) => {
    const child = Bun.spawn([...selfCommand(), ...words, "--human", "--home", home], {
      stdin: "ignore", stdout: "pipe", stderr: "pipe",
      env: { ...process.env, NO_COLOR: "1", FORCE_COLOR: undefined },
      timeout: DEADLINE_MS,
    });
    const [out, err, code] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text(), child.exited]);
    const text = code === 0 ? `${out}${err}` : `${err}${out}`;
    return { ok: code === 0, said: text.slice(0, MOST_BYTES).split("\n").map((line) => line.trimEnd()).filter((line) => line !== "") };
  };
}
