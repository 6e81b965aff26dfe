import type { Task } from "./measure.ts";
import { median } from "./statistics.ts";

/** One measure of one subject, by the name of each figure. */
export type Figures = Readonly<Record<string, number>>;

const MEASURE = new URL("./measure.ts", import.meta.url).pathname;
/** A measure that takes longer has hung. */
const TIMEOUT_MS = 120_000;

/** Runs a task of the evaluation in a process of its own. */
export function runFresh(task: Task): Promise<Figures> {
  return fresh(MEASURE, task);
}

/** Runs a program that measures one task, which it is given as JSON, and prints its figures as JSON. */
export async function fresh(program: string, task: object): Promise<Figures> {
  const child = Bun.spawn([process.execPath, program, JSON.stringify(task)], { stdin: "ignore", stdout: "pipe", stderr: "pipe", timeout: TIMEOUT_MS, killSignal: "SIGKILL" });
  const [stdout, stderr, code] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  if (code !== 0) throw new Error(`${JSON.stringify(task)} ended with ${child.signalCode ?? code}: ${stderr.trim() || stdout.trim()}`);
  return JSON.parse(stdout) as Figures;
}

/**
 * Each of the measures once a round, the order turned round from one round to the next (a b, b a, a b ...), so that a
 * machine that grows slower or faster favours none of them.
 */
export async function inRounds<Name extends string>(rounds: number, measures: Readonly<Record<Name, () => Promise<Figures> | Figures>>): Promise<Record<Name, Figures[]>> {
  const names = Object.keys(measures) as Name[];
  const found = Object.fromEntries(names.map((name) => [name, []])) as unknown as Record<Name, Figures[]>;
  for (let round = 0; round < rounds; round += 1) {
    for (const name of round % 2 === 0 ? names : names.toReversed()) found[name].push(await measures[name]());
  }
  return found;
}

/** The median of one figure over the rounds. */
export function medianOf(figures: readonly Figures[], name: string): number {
  return median(valuesOf(figures, name));
}

/** The median of the rounds' own ratios: what slows a whole round down does not move it. */
export function ratioOf(above: readonly Figures[], below: readonly Figures[], name: string): number {
  const divisors = valuesOf(below, name);
  return median(valuesOf(above, name).map((value, round) => value / (divisors[round] ?? Number.NaN)));
}

function valuesOf(figures: readonly Figures[], name: string): number[] {
  return figures.map((round) => {
    const value = round[name];
    if (value === undefined) throw new Error(`no figure is called ${name}; there are ${Object.keys(round).join(", ")}`);
    return value;
  });
}
