import { isSlot, sessionOf, type StoredEvent } from "../core/event.ts";
import type { HookStage } from "../core/hook.ts";
import type { StageRequest, Stages, TraceStep } from "../core/request.ts";
import { eventRequest, saveEventRequest, seenEvent, type EventRequest } from "../store/event-requests.ts";
import type { Store } from "../store/open.ts";
import { settleSlot } from "../store/slots.ts";

/** The stages before the automations, in order. */
export const EARLY_STAGES: readonly HookStage[] = ["afterReceiveEvent", "afterResolveIdentity", "afterResolveAccess"];

interface StageGateParts {
  readonly store: Store;
  readonly stages: Stages;
  readonly now: () => number;
  /** Setting `persona`. */
  readonly persona: string;
  readonly trace: (event: StoredEvent) => TraceStep[];
  /** Runs work in the next commit, and a call after it; the ledger's stream goes on behind both. */
  readonly commit: (durable: boolean, work: () => void, committed: () => void) => void;
}

/**
 * Holds the ledger's stream while hooks of the stages before the automations are asked about the event that is next: one
 * at a time, so that no event overtakes another. Without such a hook, and for an event that none of them matches, nothing
 * waits. What they decided is stored before an automation sees it, and holds from then on.
 */
export class StageGate {
  readonly #parts: StageGateParts;
  #asked: string | undefined;
  #decided: StoredEvent | undefined;

  constructor(parts: StageGateParts) {
    this.#parts = parts;
  }

  /** Whether there is any hook to wait for. */
  get isOn(): boolean {
    return EARLY_STAGES.some((stage) => this.#parts.stages.has(stage));
  }

  /** Hooks are being asked: until they have answered nothing is let through. */
  get isWaiting(): boolean {
    return this.#asked !== undefined && this.#decided === undefined;
  }

  /**
   * The event as automations see it; undefined while hooks are asked about it. `known`: it may have come here before a
   * restart, and is then what was decided.
   */
  pass(event: StoredEvent, known: boolean): StoredEvent | undefined {
    if (this.#decided?.id === event.id) {
      const decided = this.#decided;
      this.#decided = undefined;
      this.#asked = undefined;
      return decided;
    }
    const decided = known ? eventRequest(this.#parts.store, event.id) : undefined;
    if (decided !== undefined) return seenEvent(this.#parts.store, event);
    if (!this.isOn || event.suppressed !== undefined || !EARLY_STAGES.some((stage) => this.#parts.stages.concerns(stage, [event]))) return event;
    this.#asked = event.id;
    void this.#ask(event);
    return undefined;
  }

  async #ask(event: StoredEvent): Promise<void> {
    const { store, stages, now, persona, trace, commit } = this.#parts;
    let request: StageRequest = { id: event.id, events: [event], session: event.access?.session ?? sessionOf(event, persona), dispatches: [], trace: trace(event) };
    let end: Pick<EventRequest, "ended" | "code"> = {};
    for (const stage of EARLY_STAGES) {
      const outcome = await stages.run(stage, request);
      request = outcome.request;
      const ended = outcome.stopped ?? outcome.skipped;
      if (ended === undefined) continue;
      end = { ended, code: outcome.stopped === undefined ? "REQUEST_SKIPPED" : "REQUEST_STOPPED" };
      break;
    }
    const seen = request.events[0] ?? event;
    const changed = seen !== event || end.ended !== undefined;
    const save = (): void => {
      if (!changed) return;
      saveEventRequest(store, event.id, { seen: differences(event, seen), ...end }, now());
      if (end.ended !== undefined) skipSlot(store, event, end.ended, now());
    };
    commit(changed, save, () => {
      this.#decided = end.ended === undefined ? seen : { ...seen, suppressed: "stage_hook" };
    });
  }
}

function differences(stored: StoredEvent, seen: StoredEvent): EventRequest["seen"] {
  const fields = ["content", "metadata", "principal", "access"] as const;
  return Object.fromEntries(fields.filter((field) => seen[field] !== stored[field]).map((field) => [field, seen[field]]));
}

/** The slot's event is seen by nobody: its row says so, and waits for nothing. */
function skipSlot(store: Store, event: StoredEvent, reason: string, at: number): void {
  const { addressed_to, metadata: { slot } } = event;
  if (isSlot(event) && addressed_to !== undefined && typeof slot === "number") settleSlot(store, addressed_to, slot, { status: "skipped", reason, at });
}
