import type { Config } from "./config.ts";
import { systemClock, type Clock } from "./core/clock.ts";
import type { Isolation } from "./runtime/sandbox/isolation.ts";
import { createRuntime, type Runtime, type RuntimeEvents } from "./runtime/runtime.ts";

/** Registration saw the script load within load_timeout_ms; here eight may load beside it on a busy machine. */
const LOAD_SLACK = 4;

interface EvaluatorParts {
  readonly config: Config;
  readonly clock: Clock;
  /** Path of the database, which hooks may read. */
  readonly database: string;
  /** What they are put into; known once the engine has started. */
  readonly isolation: () => Isolation | undefined;
}

/** The evaluators of a daemon, by its settings. */
export function startEvaluators({ config: { evaluator, hooks }, clock, database, isolation }: EvaluatorParts, events: RuntimeEvents): Runtime {
  return createRuntime(
    {
      warmWorkers: evaluator.warm_workers,
      idleMs: evaluator.idle_ms,
      graceMs: evaluator.terminate_grace_ms,
      loadMs: hooks.load_timeout_ms * LOAD_SLACK,
      permissionSets: evaluator.permission_sets,
      database,
      isolation,
    },
    events,
    // A clock that stands elsewhere (a replay, a test) stands there for hooks too.
    () => (clock === systemClock ? 0 : clock.now() - Date.now()),
  );
}
