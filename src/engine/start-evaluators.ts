import { callService, type Services } from "./clients/services.ts";
import type { Config } from "./config.ts";
import { systemClock, type Clock } from "./core/clock.ts";
import type { NoticeKind } from "./core/notice.ts";
import type { JobEvents } from "./runtime/job.ts";
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
      memoryMb: evaluator.memory_mb,
      answerMs: evaluator.answer_ms,
      permissionSets: evaluator.permission_sets,
      database,
      isolation,
    },
    events,
    // A clock that stands elsewhere (a replay, a test) stands there for hooks too.
    () => (clock === systemClock ? 0 : clock.now() - Date.now()),
  );
}

/** What evaluators report, and to whom. */
export function evaluatorEvents(jobs: JobEvents, services: Services, onStray: (text: string) => void, notice: (kind: NoticeKind, data: Readonly<Record<string, unknown>>) => void): RuntimeEvents {
  const { onResults, onFailed, onReturned, onLoadFailed } = jobs;
  return {
    onResults, onFailed, onReturned, onLoadFailed, onStray,
    onCall: (_version, method, args) => callService(services, method, args),
    onStarted: (pid) => notice("evaluator_started", { pid }),
    onWorkerEnded: (details) => notice("worker_terminated", details),
    onGone: ({ deliberate, came: _came, ...details }) => notice(deliberate ? "evaluator_killed" : "evaluator_crashed", details),
  };
}
