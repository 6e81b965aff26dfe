import type { Vitals } from "./vitals.ts";

export interface HealthLimits {
  /** Memory of the whole evaluator, MiB. */
  readonly memoryMb: number;
  /** Its main thread answers a ping within so long. */
  readonly answerMs: number;
}

/** What an evaluator says of itself in answer to a ping. */
export interface SelfReport {
  readonly workers: number;
  /** Children that are still there although a Worker ended and none works. */
  readonly leftBehind: number;
}

/** `ill`: it is killed at once, and what ran is suspected. `tired`: it is replaced at the next moment of rest. */
export type Verdict = { readonly state: "ill" | "tired"; readonly message: string };

/** How often an evaluator is looked at, ms. */
export const LOOK_MS = 100;
/** Looks between two pings, and between two counts of descriptors. */
const PING_EVERY = 10;
/** A process has so long to come up; a sandbox, a cold disk and a crowd of others make it slow. */
const START_FACTOR = 4;
/** Memory that is kept while nothing runs, as a part of the limit. */
const REST_PART = 0.75;
/**
 * Without Workers an evaluator holds 8 descriptors and 7 threads, a Worker 2 and 1 (measured); a database, a socket and
 * a pool are a hook's right.
 */
const DESCRIPTORS = 72;
const DESCRIPTORS_PER_WORKER = 16;
const THREADS = 40;
const THREADS_PER_WORKER = 4;

/**
 * Judges one evaluator by what was measured. Pure: times and measurements are arguments.
 *
 * It is not replaced by age or by a number of invocations: it makes 100 000 of those in a second, and what can make an
 * old one worse than a new one (memory, descriptors, threads, children) is measured.
 */
export class Health {
  readonly #limits: HealthLimits;
  #looks = 0;
  #lastLook: number | undefined;
  #silentMs = 0;
  #asked = 0;
  #answered = 0;
  #report: SelfReport = { workers: 0, leftBehind: 0 };

  constructor(limits: HealthLimits) {
    this.#limits = limits;
  }

  get #hasAnswered(): boolean {
    return this.#answered > 0;
  }

  /** Counts a look; the number of the ping that is due, if one is. */
  beat(): number | undefined {
    this.#looks += 1;
    if (this.#asked > this.#answered || (this.#looks - 1) % PING_EVERY !== 0) return undefined;
    this.#asked += 1;
    return this.#asked;
  }

  /** Whether descriptors are to be counted with this look. */
  get countsDescriptors(): boolean {
    return this.#looks % PING_EVERY === 0;
  }

  answered(n: number, report: SelfReport): void {
    this.#answered = Math.max(this.#answered, Math.min(n, this.#asked));
    this.#silentMs = 0;
    this.#report = report;
  }

  /** `now` is monotonic, ms. */
  judge(now: number, { vitals, descriptors, atRest }: { readonly vitals?: Vitals | undefined; readonly descriptors?: number | undefined; readonly atRest: boolean }): Verdict | undefined {
    return this.#silence(now) ?? this.#memory(vitals, atRest) ?? this.#leaks(vitals, descriptors);
  }

  /** A gap in the looks (the machine slept, the daemon itself was late) says nothing about the evaluator: it counts as one. */
  #silence(now: number): Verdict | undefined {
    const gap = this.#lastLook === undefined ? 0 : now - this.#lastLook;
    this.#lastLook = now;
    if (this.#asked === this.#answered) return undefined;
    this.#silentMs += Math.min(gap, LOOK_MS * 2);
    const limit = this.#limits.answerMs * (this.#hasAnswered ? 1 : START_FACTOR);
    if (this.#silentMs <= limit) return undefined;
    return { state: "ill", message: `the evaluator did not answer for ${limit} ms` };
  }

  #memory(vitals: Vitals | undefined, atRest: boolean): Verdict | undefined {
    if (vitals === undefined) return undefined;
    const usedMb = Math.round(vitals.rssBytes / 1_048_576);
    const { memoryMb } = this.#limits;
    if (usedMb > memoryMb) return { state: "ill", message: `MEMORY: the evaluator used ${usedMb} MiB, more than evaluator.memory_mb = ${memoryMb}` };
    if (atRest && usedMb > memoryMb * REST_PART) return { state: "tired", message: `${usedMb} MiB at rest` };
    return undefined;
  }

  #leaks(vitals: Vitals | undefined, descriptors: number | undefined): Verdict | undefined {
    const { workers, leftBehind } = this.#report;
    const counted = `with ${workers} Workers`;
    if (descriptors !== undefined && descriptors > DESCRIPTORS + workers * DESCRIPTORS_PER_WORKER) return { state: "tired", message: `${descriptors} file descriptors ${counted}` };
    if (vitals !== undefined && vitals.threads > THREADS + workers * THREADS_PER_WORKER) return { state: "tired", message: `${vitals.threads} threads ${counted}` };
    if (leftBehind > 0) return { state: "tired", message: `${leftBehind} processes that ended Workers left behind` };
    return undefined;
  }
}
