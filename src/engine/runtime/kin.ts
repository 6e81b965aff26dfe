import { readFileSync, readdirSync } from "node:fs";
import { statFields } from "./vitals.ts";

/** Inherited by everything an evaluator starts, so that it is found however it left its parent and its group. */
export const KIN_MARK = "NEXUS_EVALUATOR";
/** A process may start another while it is looked for; so often is looked again. */
const ROUNDS = 5;
/** Processes looked at before others get a turn: one costs 8 µs (measured). */
const AT_ONCE = 100;

interface Process {
  readonly pid: number;
  readonly parent: number;
  /** Since boot, in ticks: with the pid it names one process for ever. */
  readonly started: string;
}

/**
 * Its children and theirs, also those in a session of their own. Whoever lost its parent is among them, because the
 * evaluator is the subreaper of what it started. Empty where there is no `/proc`.
 */
export function descendantsOf(pid: number): readonly Process[] {
  const all = pids().map(processOf).filter((process) => process !== undefined);
  const found: Process[] = [];
  const family = new Set([pid]);
  for (let before = -1; before !== found.length; ) {
    before = found.length;
    for (const process of all) {
      if (!family.has(process.parent) || family.has(process.pid)) continue;
      family.add(process.pid);
      found.push(process);
    }
  }
  return found;
}

/** What names one process for ever: its pid, and its start since boot in ticks. */
export type KnownProcess = Pick<Process, "pid" | "started">;

/** Kills those who are still the processes they were. */
export function killKnown(known: readonly KnownProcess[]): void {
  for (const { pid, started } of known) if (processOf(pid)?.started === started) kill(pid);
}

/** Kills whoever bears a mark (`NAME=value`) in its environment, wherever it went. Resolves to how many. */
export async function endBearers(mark: string): Promise<number> {
  let killed = 0;
  for (let round = 0; round < ROUNDS; round += 1) {
    const found = await markedBy(mark);
    for (const pid of found) if (kill(pid)) killed += 1;
    // One that is being replaced by the program it executes shows no environment for a moment: not only one look.
    if (found.length === 0 && round > 0) break;
  }
  return killed;
}

async function markedBy(assignment: string): Promise<number[]> {
  const found: number[] = [];
  for (const [index, pid] of pids().entries()) {
    if (index % AT_ONCE === AT_ONCE - 1) await new Promise((resolve) => setImmediate(resolve));
    if (pid !== process.pid && environmentOf(pid).split("\0").includes(assignment)) found.push(pid);
  }
  return found;
}

/** The environment with which each of a process's ancestors was started, its parent's first. Empty where there is no `/proc`. */
export function* ancestorEnvironments(pid: number): Iterable<readonly string[]> {
  for (let parent = processOf(pid)?.parent ?? 0; parent > 1; parent = processOf(parent)?.parent ?? 0) yield environmentOf(parent).split("\0");
}

/** A zombie's is empty: there is nothing left to kill. */
function environmentOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/environ`, "latin1");
  } catch {
    return "";
  }
}

function pids(): number[] {
  try {
    return readdirSync("/proc").map(Number).filter((pid) => pid > 0);
  } catch {
    return [];
  }
}

function processOf(pid: number): Process | undefined {
  const fields = statFields(`/proc/${pid}/stat`);
  return fields === undefined ? undefined : { pid, parent: Number(fields[1]), started: fields[19] ?? "" };
}

function kill(pid: number): boolean {
  try {
    return process.kill(pid, "SIGKILL");
  } catch {
    return false;
  }
}
