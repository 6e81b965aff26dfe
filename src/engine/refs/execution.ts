import { NexusError } from "../core/errors.ts";
import type { RefExecution, RefHook, RefUpdate } from "../core/ref.ts";
import { ActionFailure } from "./actions/action.ts";
import type { HandlerOutcome } from "./handlers.ts";

export type Begun = Pick<RefExecution, "id" | "hook_id" | "ref_name" | "action_type" | "update_id" | "transaction_id" | "position" | "depth">;

interface Took {
  readonly started_at: number;
  /** What foreign code took, and what was done with it. */
  readonly us: number;
}

export function doneExecution(begun: Begun, took: Took, effects: readonly string[], foreign: readonly HandlerOutcome[]): RefExecution {
  return { ...begun, ...times(took), outcome: "done", effects, ...logsOf(foreign) };
}

/** Foreign code that ran, and whose answer did not count: others had changed what it was given, or the update was not to be. */
export function uselessExecution(begun: Begun, answer: HandlerOutcome): RefExecution {
  const { started_at, latency_us: us, outcome, error, stack_trace } = answer;
  const code = outcome === "done" ? { outcome: "undone" as const, effects: ["ran, and its answer did not count"] } : { outcome, effects: [] };
  return { ...begun, ...times({ started_at, us }), ...code, ...(error === undefined ? {} : { error }), ...(stack_trace === undefined ? {} : { stack_trace }), ...logsOf([answer]) };
}

export function failedExecution(begun: Begun, took: Took, error: unknown, foreign: readonly HandlerOutcome[]): RefExecution {
  const of = error instanceof HookFailure ? error.error : error;
  const code = of instanceof NexusError ? of.code : undefined;
  const stack = of instanceof ActionFailure ? of.foreignStack : undefined;
  return {
    ...begun, ...times(took), effects: [], ...logsOf(foreign),
    outcome: of instanceof ActionFailure && of === error ? of.outcome : "failed",
    error: error instanceof HookFailure ? `an update that it asked for failed: ${error.message}` : messageOf(of),
    ...(code === undefined ? {} : { code }),
    ...(stack === undefined ? {} : { stack_trace: stack }),
  };
}

function times({ started_at, us }: Took): Pick<RefExecution, "started_at" | "finished_at" | "latency_us"> {
  return { started_at, finished_at: started_at + Math.round(us / 1_000), latency_us: us };
}

function logsOf(foreign: readonly HandlerOutcome[]): Pick<RefExecution, "logs"> {
  const logs = foreign.flatMap((answer) => answer.logs);
  return logs.length === 0 ? {} : { logs };
}

/** The hook that failed, with what it failed with: the innermost, where cascades led to it. */
export class HookFailure extends Error {
  readonly error: unknown;
  readonly hook: RefHook;
  readonly update: RefUpdate;

  private constructor(error: unknown, hook: RefHook, update: RefUpdate) {
    super(`hook ${hook.id} (${hook.action_type}) on ${update.ref_name}: ${messageOf(error)}`);
    this.error = error;
    this.hook = hook;
    this.update = update;
  }

  static of(error: unknown, hook: RefHook, update: RefUpdate): HookFailure {
    return error instanceof HookFailure ? error : new HookFailure(error, hook, update);
  }
}

/** What is wrong with the hooks together, or with this machine, is said as what it is; all else is the failure of one hook. */
const OWN_CODES = new Set(["REF_CYCLE", "REF_CASCADE_TOO_DEEP", "REF_QUEUE_FULL", "DATABASE_FULL", "DATABASE_IO", "DATABASE_BUSY", "DATABASE_CORRUPT"]);

/** What the caller of an update is told of its failed hook. */
export function raised({ error, hook, update, message }: HookFailure): NexusError {
  const cause = error instanceof NexusError ? error.toJSON() : { message: messageOf(error), ...(error instanceof ActionFailure ? { outcome: error.outcome } : {}) };
  const { hint, did_you_mean } = error instanceof NexusError ? error.details : {};
  const details = {
    hook_id: hook.id, action_type: hook.action_type, ref_name: update.ref_name, transaction_id: update.transaction_id, hook_error: cause,
    ...(hint === undefined ? {} : { hint }), ...(did_you_mean === undefined ? {} : { did_you_mean }),
    next: [`nexus refs hooks show ${hook.id}`, `nexus why ${update.transaction_id}`],
  };
  if (error instanceof NexusError && OWN_CODES.has(error.code)) return new NexusError(error.code, `${error.message} (hook ${hook.id} on ${update.ref_name}); nothing was changed`, { ...details, cause: error });
  return new NexusError("REF_HOOK_FAILED", `${message}; the update was undone`, { ...details, cause: error });
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
