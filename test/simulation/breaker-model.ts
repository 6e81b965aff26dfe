interface Moment {
  readonly wall: number;
  readonly monotonic: number;
}

/**
 * The contract's breaker (section 3, faults C27) written a second time, as plainly as possible, over what can be seen from
 * outside: events handed to the runtime, rows in the order of the ledger, commands, ends of the process.
 */
export class BreakerModel {
  state: "closed" | "open" | "half-open" = "closed";
  failures = 0;
  openedAt: Moment = { wall: 0, monotonic: 0 };
  opened = 0;
  closedAgain = 0;
  /** Grows with every move; what was begun in an earlier one counts no more. */
  #era = 0;
  readonly #limit: number;
  readonly #cooldownMs: number;
  #begun = new Map<string, number>();

  constructor(limit: number, cooldownMs: number) {
    this.#limit = limit;
    this.#cooldownMs = cooldownMs;
  }

  /** Events are handed over together; returns what is wrong with that. `elapsed` is the time since it opened. */
  submit(events: readonly string[], elapsed: number): string | undefined {
    let wrong: string | undefined;
    if (this.state === "half-open") wrong = "a second event was handed over beside the trial";
    if (this.state === "open") {
      if (events.length !== 1) wrong = `${events.length} events were handed over with an open breaker`;
      if (elapsed < this.#cooldownMs) wrong = `the trial came after ${elapsed} ms of a cooldown of ${this.#cooldownMs}`;
      this.state = "half-open";
      this.#era += 1;
    }
    for (const event of events) this.#begun.set(event, this.#era);
    return wrong;
  }

  /** Events came back without an answer: a trial that was cut short by no fault of the hook says nothing. */
  returned(events: readonly string[]): void {
    for (const event of events) {
      if (this.state === "half-open" && this.#begun.get(event) === this.#era) this.state = "open";
      this.#begun.delete(event);
    }
  }

  /** Another start: what was under way is begun anew. */
  restart(): void {
    if (this.state === "half-open") this.state = "open";
    this.#begun = new Map();
  }

  /** Closed by hand, or another version. */
  reset(): void {
    this.state = "closed";
    this.failures = 0;
    this.#era += 1;
  }

  /** A row that is an answer of the hook. */
  row(event: string, failed: boolean, now: Moment): void {
    const era = this.#begun.get(event) ?? this.#era;
    this.#begun.delete(event);
    if (era !== this.#era || this.state === "open") return;
    if (!failed) {
      this.failures = 0;
      if (this.state === "closed") return;
      this.state = "closed";
      this.closedAgain += 1;
      this.#era += 1;
      return;
    }
    this.failures += 1;
    if (this.state === "closed" && this.failures < this.#limit) return;
    this.state = "open";
    this.openedAt = now;
    this.opened += 1;
    this.#era += 1;
  }
}
