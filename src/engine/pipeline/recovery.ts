import type { StoredEvent } from "../core/event.ts";
import type { Job } from "../runtime/job.ts";
import { dropLeases, leaseAttempts, takeLease } from "../store/leases.ts";
import type { Store } from "../store/open.ts";

/** From so many ends in a row at the same place on, something there may be ending the daemon: one pair at a time. */
const CAREFUL_AFTER = 3;

export interface RecoveryParts {
  readonly store: Store;
  readonly now: () => number;
  /** Ends of the daemon in a row without getting past the cursor; 0 after a clean stop. */
  readonly recoveries: number;
  readonly epoch: number;
  /** A pair is given out alone so often at the most. */
  readonly maxAttempts: number;
}

interface Single {
  readonly hookId: string;
  readonly job: Job;
}

/**
 * What was under way when the daemon ended, given out again.
 *
 *   together ── the daemon ended three times at the same place ──▶ careful: one pair at a time, each under a lease
 *      ▲                                                              │
 *      └──────────── everything from before the start is done ◀───────┘
 *
 * A lease is on disk before its pair is handed over, so a pair that takes the daemon with it is known by its attempts
 * and becomes `dead`, and what stands behind it is evaluated. Without such an end nothing here costs anything.
 */
export class Recovery {
  readonly #parts: RecoveryParts;
  /** Events up to here were stored before this start. */
  readonly until: number;
  readonly #singles: Single[] = [];
  #careful: boolean;

  constructor(until: number, parts: RecoveryParts) {
    this.#parts = parts;
    this.until = until;
    this.#careful = parts.recoveries >= CAREFUL_AFTER;
  }

  get careful(): boolean {
    return this.#careful;
  }

  /** Pairs that wait for their turn. */
  get waiting(): number {
    return this.#singles.length;
  }

  /** Which attempt a pair of an event is. */
  attemptOf(event: StoredEvent): number {
    return event.seq <= this.until ? 1 + this.#parts.recoveries : 1;
  }

  add(hookId: string, job: Job): void {
    this.#singles.push({ hookId, job });
  }

  /** The next pair, leased; `dead` when it has used up its attempts. */
  next(): (Single & { readonly dead: boolean }) | undefined {
    const single = this.#singles.shift();
    if (single === undefined) return undefined;
    const { store, now, epoch, maxAttempts, recoveries } = this.#parts;
    const { hookId, job } = single;
    const attempt = leaseAttempts(store, job.event.id, hookId) + 1;
    if (attempt > maxAttempts) return { ...single, dead: true };
    store.write(() => takeLease(store, { eventId: job.event.id, hookId, attempt, epoch, at: now() }));
    job.attempt = attempt + recoveries;
    return { ...single, dead: false };
  }

  /** Everything from before the start is given out: back to batches. */
  finish(): void {
    if (!this.#careful) return;
    this.#careful = false;
    this.#parts.store.write(() => dropLeases(this.#parts.store), false);
  }
}
