import type { Clock } from "../core/clock.ts";
import type { Hook } from "../core/hook.ts";
import type { TriggerIndex } from "../registry/trigger-index.ts";
import { firesSince } from "../store/dispatches.ts";
import { loadChangedHooks } from "../store/hooks.ts";
import type { Store } from "../store/open.ts";
import type { EraIndex } from "./era-index.ts";
import type { Evaluation } from "./evaluation.ts";
import type { StageRunner } from "./stage-runner.ts";
import type { Timekeeper } from "./timekeeper.ts";

const HOUR_MS = 3_600_000;

interface FollowerParts {
  readonly store: Store;
  readonly clock: Clock;
  readonly index: TriggerIndex;
  readonly stages: StageRunner;
  readonly eras: EraIndex;
  readonly evaluation: Evaluation;
  readonly timekeeper: Timekeeper;
}

/** Keeps what the engine holds of hooks (matching, queues, schedules) in step with the registry, whoever changes it. */
export class RegistryFollower {
  readonly #parts: FollowerParts;
  #generation = 0;
  #scheduling = false;

  constructor(parts: FollowerParts) {
    this.#parts = parts;
  }

  /** Reads what changed since the last look. */
  refresh(): void {
    const { store, clock, index, stages, eras, evaluation } = this.#parts;
    const changed = loadChangedHooks(store, this.#generation);
    if (changed.hooks.length === 0 && changed.generation === this.#generation) return;
    this.#generation = changed.generation;
    for (const hook of changed.hooks) {
      index.remove(hook.id);
      if (hook.active_from_seq !== undefined && hook.version.metadata.stage === "runAutomations") index.add(hook);
      stages.take(hook);
      evaluation.replace(hook);
      if (hook.version.metadata.limits.max_fires_per_hour !== undefined) {
        evaluation.queueOf(hook).fires = firesSince(store, hook.id, clock.now() - HOUR_MS);
      }
      if (this.#scheduling) void this.#schedule(hook);
    }
    eras.refresh();
  }

  /** Takes up the schedules of all hooks; from now on `refresh` keeps them too. */
  async startSchedules(): Promise<void> {
    for (const { hook } of this.#parts.evaluation.hooks) await this.#schedule(hook);
    this.#scheduling = true;
  }

  #schedule(hook: Hook): Promise<void> {
    return this.#parts.timekeeper.set(hook, hook.deleted_at === undefined && (hook.status === "active" || hook.status === "paused"));
  }
}
