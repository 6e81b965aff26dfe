import { asNexusError, type ErrorCode } from "../../engine/core/errors.ts";
import type { Reader } from "../reader/reader-thread.ts";
import type { Reply } from "../reader/protocol.ts";
import type { AnswerOf, Query, QueryName, Wish } from "../reader/readers.ts";
import type { Pulse } from "../reader/pulse.ts";

/** An answer, and when it was so. */
export interface Shown<Answer> {
  readonly answer: Answer;
  /** Unix ms. */
  readonly at: number;
}

interface Failure {
  readonly code: ErrorCode;
  readonly message: string;
}

/** How many events and invocations a second, from two looks at how many there ever were. */
export interface Rates {
  readonly events: number;
  readonly invocations: number;
}

/** Answers of places that were left: coming back shows the last at once. More than a reader remembers, and in the same order. */
const MOST_KEPT = 24;
/** Over so long the rates are taken: shorter, they jump. */
const RATE_MS = 5_000;

/**
 * What was read, outside React. It asks what the screen wishes for, one question at a time: while the reader is busy, or the
 * terminal has not taken the last frame, nothing is asked, and nothing piles up.
 */
export class Feed {
  readonly #reader: Reader;
  readonly #now: () => number;
  readonly #changed: () => void;
  readonly #answers = new Map<string, Shown<unknown>>();
  readonly #looks: { readonly at: number; readonly events: number; readonly invocations: number }[] = [];
  #asking: Promise<void> | undefined;
  #failure: Failure | undefined;
  #readAt = 0;

  constructor(reader: Reader, now: () => number, changed: () => void) {
    this.#reader = reader;
    this.#now = now;
    this.#changed = changed;
  }

  /** Why the last look came to nothing. */
  get failure(): Failure | undefined {
    return this.#failure;
  }

  /** When what is shown was so, Unix ms; 0 before the first answer. */
  get readAt(): number {
    return this.#readAt;
  }

  get busy(): boolean {
    return this.#asking !== undefined;
  }

  get pulse(): Pulse | undefined {
    return this.of({ of: "pulse" })?.answer;
  }

  get rates(): Rates | undefined {
    const [first] = this.#looks;
    const last = this.#looks.at(-1);
    if (first === undefined || last === undefined || last.at <= first.at) return undefined;
    const seconds = (last.at - first.at) / 1_000;
    return { events: rounded((last.events - first.events) / seconds), invocations: rounded((last.invocations - first.invocations) / seconds) };
  }

  /** The last answer to a wish. */
  of<Name extends QueryName>(wish: { readonly of: Name }): Shown<AnswerOf<Name>> | undefined {
    // Kept under the name of its own question.
    return this.#answers.get(nameOf(wish)) as Shown<AnswerOf<Name>> | undefined;
  }

  /** Asks for all of it once; resolves when it is there, or is known not to come (`failure`). A look that is under way is waited for first. */
  async look(wishes: readonly Wish[]): Promise<void> {
    while (this.#asking !== undefined) await this.#asking;
    this.#asking = this.#ask(wishes);
    try {
      await this.#asking;
    } finally {
      this.#asking = undefined;
    }
  }

  async #ask(given: readonly Wish[]): Promise<void> {
    const now = this.#now();
    const wishes: readonly Wish[] = [{ of: "pulse" }, ...given];
    // Each reader takes the time beside what it is asked.
    const replies = await this.#reader.ask(wishes.map((wish) => ({ ...wish, now }))).catch((error: unknown): readonly Reply[] => [{ error: asNexusError(error, "the home cannot be read") }]);
    const changed = replies.map((reply, at) => this.#take(wishes[at] ?? { of: "pulse" }, reply, now)).some(Boolean);
    this.#failure = replies.flatMap((reply) => ("error" in reply ? [reply.error] : []))[0];
    if (this.#failure === undefined) this.#readAt = now;
    const rates = JSON.stringify(this.rates);
    this.#count(now);
    if (changed || rates !== JSON.stringify(this.rates) || this.#failure !== undefined) this.#changed();
  }

  #take(wish: Wish, reply: Reply, at: number): boolean {
    const name = nameOf(wish);
    const before = this.#answers.get(name);
    if ("error" in reply) return false;
    const answer: unknown = "same" in reply ? before?.answer : JSON.parse(reply.json);
    if (answer === undefined) return false;
    this.#answers.delete(name);
    this.#answers.set(name, { answer, at });
    for (const oldest of [...this.#answers.keys()].slice(0, -MOST_KEPT)) this.#answers.delete(oldest);
    return !("same" in reply);
  }

  #count(at: number): void {
    const pulse = this.pulse;
    if (pulse === undefined) return;
    this.#looks.push({ at, events: pulse.events, invocations: pulse.invocations });
    while (this.#looks.length > 2 && (this.#looks[1]?.at ?? at) <= at - RATE_MS) this.#looks.shift();
  }
}

/** Two figures: the third would never stand still. */
function rounded(rate: number): number {
  return Number(rate.toPrecision(2));
}

function nameOf(wish: { readonly of: QueryName }): string {
  const { now: _, ...question } = wish as Query;
  return JSON.stringify(question);
}
