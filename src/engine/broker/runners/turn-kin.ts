import { readFileSync, readdirSync } from "node:fs";
import { statFields } from "../../runtime/vitals.ts";
import { TURN_MARK } from "./agent-environment.ts";

export interface KnownProcess {
  readonly pid: number;
  /** Since boot, in ticks: with the pid it names one process. */
  readonly started: string;
}

/** A process may start another while it is looked for; so often is looked again. */
const ROUNDS = 5;
/** Processes looked at before others get a turn: one costs 8 µs (measured for evaluators). */
const AT_ONCE = 100;

/** Kills those who are still the processes they were. */
export function killKnown(known: readonly KnownProcess[]): void {
  for (const { pid, started } of known) if (statFields(`/proc/${pid}/stat`)?.[19] === started) kill(pid);
}

/** Kills whoever bears the mark of a turn in its environment. Resolves to how many. */
export async function endBearers(turn_id: string): Promise<number> {
  let killed = 0;
  for (let round = 0; round < ROUNDS; round += 1) {
    const found = await bearers(`${TURN_MARK}=${turn_id}`);
    for (const pid of found) if (kill(pid)) killed += 1;
    // One that is being replaced by the program it executes shows no environment for a moment: not only one look.
    if (found.length === 0 && round > 0) break;
  }
  return killed;
}

async function bearers(assignment: string): Promise<number[]> {
  const found: number[] = [];
  for (const [index, pid] of pids().entries()) {
    if (index % AT_ONCE === AT_ONCE - 1) await new Promise((resolve) => setImmediate(resolve));
    if (pid !== process.pid && environmentOf(pid).split("\0").includes(assignment)) found.push(pid);
  }
  return found;
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

function kill(pid: number): boolean {
  try {
    return process.kill(pid, "SIGKILL");
  } catch {
    return false;
  }
}
