import type { AccessPolicy } from "../core/access-policy.ts";
import type { StoredEvent } from "../core/event.ts";
import type { TraceStep } from "../core/request.ts";
import type { TriggerIndex } from "../registry/trigger-index.ts";
import type { Start } from "../store/epoch.ts";
import { lastSeq } from "../store/event-queries.ts";
import type { Store } from "../store/open.ts";
import type { EraIndex } from "./era-index.ts";
import type { Evaluation } from "./evaluation.ts";
import { Holds } from "./holds.ts";
import { Intake, type IntakeLimits } from "./intake.ts";
import { Recovery } from "./recovery.ts";
import { Release } from "./release.ts";
import { RunWatcher } from "./run-watcher.ts";
import { StageGate } from "./stage-gate.ts";
import type { StageRunner } from "./stage-runner.ts";
import type { Watermark } from "./watermark.ts";

interface StartParts {
  readonly store: Store;
  readonly index: TriggerIndex;
  readonly eras: EraIndex;
  readonly stages: StageRunner;
  readonly evaluation: Evaluation;
  readonly watermark: Watermark;
  readonly now: () => number;
  readonly start: Partial<Start>;
  /** Settings of the same names. */
  readonly config: { readonly persona: string; readonly access: readonly AccessPolicy[]; readonly events: IntakeLimits & { readonly max_attempts: number } };
  readonly commit: (durable: boolean, work: () => void, committed: () => void) => void;
  readonly trace: (event: StoredEvent) => TraceStep[];
}

/** Wires what brings events to evaluation: the ledger's stream, and beside it what was held and is released. */
export function startIntake(parts: StartParts): Intake {
  const { store, stages, evaluation, watermark, now, config, commit } = parts;
  const { epoch = 0, recoveries = 0 } = parts.start;
  const soon = (work: () => void): void => commit(false, work, () => undefined);
  const asking = { store, stages, now, persona: config.persona, watermark, commit, trace: parts.trace };
  const recovery = new Recovery(lastSeq(store), { store, now, recoveries, epoch, maxAttempts: config.events.max_attempts, commit });
  const watcher = new RunWatcher(asking);
  const holds = new Holds({ store, commit: soon });
  const release = new Release({ store, holds, evaluation, watermark, recovery, watcher, gate: new StageGate(asking), commit: soon });
  return new Intake({ store, index: parts.index, eras: parts.eras, evaluation, watermark, recovery, watcher, holds, release, gate: new StageGate(asking), persona: config.persona, access: config.access, limits: config.events });
}
