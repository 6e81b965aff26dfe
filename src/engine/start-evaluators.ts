import type { Config } from "./config.ts";
import { systemClock, type Clock } from "./core/clock.ts";
import { createRuntime, type Runtime, type RuntimeEvents } from "./runtime/runtime.ts";

/** Registration saw the script load within load_timeout_ms; here eight may load beside it on a busy machine. */
const LOAD_SLACK = 4;

/** The evaluators of a daemon, by its settings. */
export function startEvaluators({ evaluator, hooks }: Config, clock: Clock, events: RuntimeEvents): Runtime {
  return createRuntime(
    { warmWorkers: evaluator.warm_workers, idleMs: evaluator.idle_ms, graceMs: evaluator.terminate_grace_ms, loadMs: hooks.load_timeout_ms * LOAD_SLACK },
    events,
    // A clock that stands elsewhere (a replay, a test) stands there for hooks too.
    () => (clock === systemClock ? 0 : clock.now() - Date.now()),
  );
}
