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

  #record(): void {
    if (this.#pending.length === 0) return;
    this.#recorded = this.#parts.recorder.record(this.#pending);
    for (const { job } of this.#pending) this.#parts.watermark.settle(job.event.seq);
    this.#pending = [];
    this.#durable = false;
    this.#parts.saveCursor();
  }

  #tell(): void {
    const recorded = this.#recorded;
    this.#recorded = undefined;
    if (recorded !== undefined) this.#parts.told(recorded);
  }
}
