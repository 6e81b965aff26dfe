import type { IsolationReport } from "../runtime/sandbox/isolation-report.ts";

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

export interface Situation {
  readonly home: string;
  /** Unix ms. */
  readonly now: number;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Where evaluators make their folders. */
  readonly temporary: string;
  /** What holds hooks on this machine; or why the daemon would not start. */
  readonly isolation: IsolationReport | { readonly refused: string };
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
