import type { FailureCode } from "./runner.ts";

export interface ClockSettings {
  readonly start_timeout_ms: number;
  readonly silence_timeout_ms: number;
  readonly timeout_ms: number;
}

/**
 * The three clocks of a turn: until the first sign of life, since the last one, and of the whole. The first that runs
 * out is told, once, with the name of the setting that says how long it is.
 */
export class TurnClocks {
  readonly #onExpired: (code: FailureCode, message: string) => void;
  readonly #whole: ReturnType<typeof setTimeout>;
  #next: ReturnType<typeof setTimeout>;
  #lastSign: number | undefined;
  #silenceMs: number;
  #onSilence: () => void;

  constructor(settings: ClockSettings, onExpired: (code: FailureCode, message: string) => void) {
    this.#onExpired = onExpired;
    this.#silenceMs = settings.silence_timeout_ms;
    this.#onSilence = () => this.#expire("AGENT_SILENT", `silent for silence_timeout_ms = ${settings.silence_timeout_ms}`);
    this.#whole = setTimeout(() => this.#expire("AGENT_TIMEOUT", `not done within timeout_ms = ${settings.timeout_ms}`), settings.timeout_ms);
    this.#next = setTimeout(() => this.#expire("AGENT_START_TIMEOUT", `no sign of life within start_timeout_ms = ${settings.start_timeout_ms}`), settings.start_timeout_ms);
  }

  /** It gave a sign of life. */
  alive(): void {
    const first = this.#lastSign === undefined;
    this.#lastSign = performance.now();
    if (first) this.#watchSilence(this.#silenceMs);
  }

  /** Its work is done: from now on silence of `ms` is no failure, but the end. */
  finishing(ms: number, onQuiet: () => void): void {
    this.#silenceMs = ms;
    this.#onSilence = onQuiet;
    this.#watchSilence(ms);
  }

  stop(): void {
    clearTimeout(this.#whole);
    clearTimeout(this.#next);
  }

  /** Looks again when silence could have lasted long enough: a timer for each piece of output would cost more. */
  #watchSilence(ms: number): void {
    clearTimeout(this.#next);
    this.#next = setTimeout(() => {
      const left = this.#silenceMs - (performance.now() - (this.#lastSign ?? 0));
      if (left > 0) this.#watchSilence(left);
      else this.#onSilence();
    }, ms);
  }

  #expire(code: FailureCode, message: string): void {
    this.stop();
    this.#onExpired(code, message);
  }
}
