import { sessionOf, type StoredEvent } from "../core/event.ts";
import type { StageRequest, Stages, TraceStep } from "../core/request.ts";
import { dispatchesOfEvent } from "../store/dispatches.ts";
import type { Store } from "../store/open.ts";
import type { Watermark } from "./watermark.ts";

const STAGE = "afterRunAutomations";

interface RunWatcherParts {
  readonly store: Store;
  readonly stages: Stages;
  readonly watermark: Watermark;
  /** Setting `persona`. */
  readonly persona: string;
  readonly trace: (event: StoredEvent) => TraceStep[];
  /** Runs work in the next commit, and a call after it. */
  readonly commit: (durable: boolean, work: () => void, committed: () => void) => void;
}

/**
 * Asks the hooks of `afterRunAutomations` about an event once all its automations have their outcome. Until they were
 * asked the cursor does not pass the event, so a restart asks them again.
 */
export class RunWatcher {
  readonly #parts: RunWatcherParts;

  constructor(parts: RunWatcherParts) {
    this.#parts = parts;
  }

  /** An event is about to be routed: 1 when hooks wait for its automations, which is one pair more; 0 when none does. */
  watch(event: StoredEvent): 0 | 1 {
    const { stages, watermark, commit } = this.#parts;
    if (!stages.has(STAGE) || event.suppressed !== undefined || !stages.concerns(STAGE, [event])) return 0;
    // The last outcome is not committed yet when it is known.
    watermark.watch(event.seq, () => commit(false, () => undefined, () => void this.#ask(event)));
    return 1;
  }

  async #ask(event: StoredEvent): Promise<void> {
    const { store, stages, watermark, persona, trace, commit } = this.#parts;
    const dispatches = dispatchesOfEvent(store, event.id).map(({ id, hook_id, event_id, status, prompt, context }) => ({ id, event_id, status, context, ...(hook_id === undefined ? {} : { hook_id }), ...(prompt === undefined ? {} : { prompt }) }));
    const request: StageRequest = { id: event.id, events: [event], session: event.access?.session ?? sessionOf(event, persona), dispatches, trace: trace(event) };
    await stages.run(STAGE, request);
    commit(false, () => watermark.settle(event.seq), () => undefined);
  }
}
