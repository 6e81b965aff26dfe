import type { Pending } from "./evaluation.ts";
import type { Recorded, Recorder } from "./recorder.ts";
import { isRepeatable } from "./settle.ts";
import type { Watermark } from "./watermark.ts";

interface PendingResultsParts {
  readonly recorder: Recorder;
  readonly watermark: Watermark;
  /** Runs work in the next commit, and a call after it. */
  readonly commit: (durable: boolean, work: () => void, committed: () => void) => void;
  /** Inside the transaction: the cursor goes with the results that moved it. */
  readonly saveCursor: () => void;
  /** What one commit made true. */
  readonly told: (recorded: Recorded) => void;
}

/** Terminal pairs between the moment they came back and the commit that records them, all that came meanwhile at once. */
export class PendingResults {
  readonly #parts: PendingResultsParts;
  #pending: Pending[] = [];
  #durable = false;
  #recorded: Recorded | undefined;

  constructor(parts: PendingResultsParts) {
    this.#parts = parts;
  }

  get count(): number {
    return this.#pending.length;
  }

  add(pending: Pending): void {
    const durable = !isRepeatable(pending.answer);
    // One entry records all that came meanwhile; a second one only says that this group must be synced.
    if (this.#pending.push(pending) > 1 && (!durable || this.#durable)) return;
    this.#durable ||= durable;
    this.#parts.commit(durable, () => this.#record(), () => this.#tell());
  }

  /** Lays over a version's stored state what it has written and what is not recorded yet: a new Worker begins with both. */
  stateOver(versionId: string, stored: Readonly<Record<string, unknown>>): Record<string, unknown> {
    const state = new Map(Object.entries(stored));
    for (const { version, answer } of this.#pending) {
      if (version.id !== versionId || answer.from !== "worker") continue;
      for (const write of answer.wire[4]?.state ?? []) {
        if (write.length === 1) state.delete(write[0]);
        else state.set(write[0], write[1]);
      }
    }
    return Object.fromEntries(state);
  }

  #record(): void {
    if (this.#pending.length === 0) return;
    this.#recorded = this.#parts.recorder.record(this.#pending);
    for (const { job } of this.#pending) if (job.stage === undefined) this.#parts.watermark.settle(job.event.seq);
    this.#pending = [];
    this.#durable = false;
    this.#parts.saveCursor();
  }

  #tell(): void {
    const recorded = this.#recorded;
    this.#recorded = undefined;
    if (recorded === undefined) return;
    this.#parts.told(recorded);
    for (const { job, invocation } of recorded.stages) job.recorded(invocation);
  }
}
