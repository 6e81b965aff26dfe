/** What can be done about a finding without a person's decision: nothing here can lose anything. */
export type Repair = "modes" | "folders" | "leftovers" | "full text" | "indexes" | "log" | "scripts" | "free pages";

export interface Check {
  readonly name: string;
  readonly status: "ok" | "warning" | "problem";
  /** The evidence: what was looked at and what was found. */
  readonly detail: string;
  /** What to do: a command where there is one. */
  readonly fix?: string;
  /** `nexus doctor --repair` does it. */
  readonly repair?: Repair;
}

/** What keeps hook code apart from everything else on this machine. */
export interface Isolation {
  readonly level: string;
  readonly enforced: readonly string[];
  readonly not_enforced: readonly string[];
}

export interface Situation {
  readonly home: string;
  /** Unix ms. */
  readonly now: number;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Where evaluators make their folders. */
  readonly temporary: string;
  readonly isolation: Isolation;
}

export function ok(name: string, detail: string): Check {
  return { name, status: "ok", detail };
}

export function warning(name: string, detail: string, fix?: string, repair?: Repair): Check {
  return { name, status: "warning", detail, ...(fix === undefined ? {} : { fix }), ...(repair === undefined ? {} : { repair }) };
}

export function problem(name: string, detail: string, fix?: string, repair?: Repair): Check {
  return { ...warning(name, detail, fix, repair), status: "problem" };
}

/** A hook in a process of its own, as the evaluator is started without any sandbox. */
export const PROCESS_ISOLATION: Isolation = {
  level: "process",
  enforced: ["a process of its own, killed with its whole process group", "an environment of six variables, none of them secret", "no handle of the database, no socket but its own", "time limits; a Worker for each hook"],
  not_enforced: ["files of this user can be read and written", "the network can be reached", "programs can be started", "other processes of this user can be looked at and signalled"],
};
