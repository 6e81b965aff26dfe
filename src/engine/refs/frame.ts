import type { Config } from "../config.ts";
import type { Clock } from "../core/clock.ts";
import type { NewEvent } from "../core/event.ts";
import type { IdFactory, IdPrefix } from "../core/ids.ts";
import type { RefExecution } from "../core/ref.ts";
import type { Store } from "../store/open.ts";
import type { ForeignJob } from "./actions/action.ts";
import { uselessExecution, type Begun } from "./execution.ts";
import type { HandlerOutcome } from "./handlers.ts";

/** What an update needs of the process that makes it: a command, or the daemon. */
export interface RefHost {
  readonly store: Store;
  readonly config: Pick<Config, "refs" | "events">;
  readonly clock: Clock;
  readonly ids: IdFactory;
  /** All of `work` in one immediate transaction; when it throws, nothing of it, and what it threw is thrown. */
  transaction<T>(work: () => T): T;
  /** Inside that transaction, as its last act: stores events. */
  accept(events: readonly NewEvent[]): void;
  /** Runs foreign code, with its deadline. Never rejects for what the code does. */
  foreign(job: ForeignJob): Promise<HandlerOutcome>;
}

export interface UpdateOptions {
  /** The agent, or person, that asks. */
  readonly actor?: string | undefined;
  /** The event or dispatch that caused it. */
  readonly cause?: string | undefined;
  readonly dryRun?: boolean;
}

/** What stays the same through all tries of one update: its time, its ids by their order, what foreign code answered. */
export class Frame {
  readonly at: number;
  readonly #host: RefHost;
  readonly #ids = new Map<string, string>();
  readonly #answers = new Map<string, HandlerOutcome>();
  readonly #asked = new Map<number, number>();
  readonly #ran: { readonly key: string; readonly begun: Begun; readonly answer: HandlerOutcome }[] = [];

  constructor(host: RefHost) {
    this.#host = host;
    this.at = host.clock.now();
  }

  /** The `index`-th id of a try; the same in each. */
  id(prefix: IdPrefix, index: number): string {
    const key = `${index}${prefix}`;
    const known = this.#ids.get(key);
    if (known !== undefined) return known;
    const made = this.#host.ids.make(prefix, this.at);
    this.#ids.set(key, made);
    return made;
  }

  answer(key: string): HandlerOutcome | undefined {
    return this.#answers.get(key);
  }

  /** Runs it, for the next try. Returns how often something else had been asked in its place before. */
  async find({ key, place, job, begun }: MissingAnswer): Promise<number> {
    const before = this.#asked.get(place) ?? 0;
    this.#asked.set(place, before + 1);
    const answer = await this.#host.foreign(job);
    this.#answers.set(key, answer);
    this.#ran.push({ key, begun, answer });
    return before;
  }

  /** What ran for nothing, where these answers were used: it is on record, too. */
  useless(used: ReadonlySet<string>): RefExecution[] {
    return this.#ran.filter(({ key }) => !used.has(key)).map(({ begun, answer }) => uselessExecution({ ...begun, id: this.#host.ids.make("rhx", this.at) }, answer));
  }
}

/** Thrown out of a transaction that cannot go on before foreign code has answered: it must not run while the write lock is held. */
export class MissingAnswer extends Error {
  readonly key: string;
  /** Which execution of the update it belongs to, counted from 0. */
  readonly place: number;
  readonly job: ForeignJob;
  readonly begun: Begun;

  constructor({ key, place, job, begun }: Pick<MissingAnswer, "key" | "place" | "job" | "begun">) {
    super("foreign code has to run first");
    this.key = key;
    this.place = place;
    this.job = job;
    this.begun = begun;
  }
}
