import type { FailureCode, TurnEnd } from "./runner.ts";
import { TurnClocks, type ClockSettings } from "./turn-clocks.ts";
import { failure } from "./turn-end.ts";

/** Why nexus ended a turn. */
export interface Stop {
  readonly code: FailureCode;
  readonly message: string;
}

/** The clocks and the end of a turn that is a call to somewhere else: what it waits for is given up when it is stopped. */
export class TurnStop {
  readonly clocks: TurnClocks;
  readonly #abort = new AbortController();
  readonly #stopped = Promise.withResolvers<never>();
  #stop: Stop | undefined;
  #over = false;

  constructor(settings: ClockSettings) {
    this.clocks = new TurnClocks(settings, (code, message) => this.end(code, message));
    // It may be that nobody waits when it is stopped.
    this.#stopped.promise.catch(() => undefined);
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** The first reason counts; none does when the turn is over. */
  end(code: FailureCode, message: string): void {
    if (this.#over || this.#stop !== undefined) return;
    this.#stop = { code, message };
    this.clocks.stop();
    this.#abort.abort();
    this.#stopped.reject(new Error(message));
  }

  /** What resolves as `work` does, or rejects as soon as the turn is stopped. */
  async or<T>(work: Promise<T>): Promise<T> {
    return await Promise.race([work, this.#stopped.promise]);
  }

  /** The turn is over; where it was stopped, that is its end. Output that is too much would be so again. */
  close(end: TurnEnd): TurnEnd {
    this.#over = true;
    this.clocks.stop();
    if (this.#stop === undefined) return end;
    const { code, message } = this.#stop;
    return failure(code, message, { retryable: code !== "AGENT_OUTPUT_LIMIT", text: end.text });
  }
}
