/** Bytes of stray output that are passed on in a second. */
const BYTES_PER_SECOND = 16_384;
const SECOND_MS = 1_000;

/** Lets a trickle of what hooks write past the capture through, and counts the rest of a flood. */
export class StrayGate {
  readonly #now: () => number;
  readonly #pass: (text: string) => void;
  #begun = 0;
  #passed = 0;
  #dropped = 0;

  /** `now` is monotonic, ms. */
  constructor(now: () => number, pass: (text: string) => void) {
    this.#now = now;
    this.#pass = pass;
  }

  /** How long the source is not to be read; ms. What it then writes waits in its pipe, and it with it. */
  take(bytes: Uint8Array): number {
    const now = this.#now();
    if (now - this.#begun >= SECOND_MS) {
      this.report();
      this.#begun = now;
      this.#passed = 0;
    }
    const passed = bytes.subarray(0, BYTES_PER_SECOND - this.#passed);
    this.#passed += passed.length;
    this.#dropped += bytes.length - passed.length;
    if (passed.length > 0) this.#pass(new TextDecoder().decode(passed));
    return this.#passed < BYTES_PER_SECOND ? 0 : PAUSE_MS;
  }

  /** Says how much was dropped, if anything was. */
  report(): void {
    if (this.#dropped === 0) return;
    this.#pass(`(${this.#dropped} bytes of output dropped)`);
    this.#dropped = 0;
  }
}

/** 64 KiB each time: 6.5 MB/s at the most, at 0.2 % of a core; flat out a pipe gives 1.5 GB/s and takes a whole one (measured). */
const PAUSE_MS = 10;
