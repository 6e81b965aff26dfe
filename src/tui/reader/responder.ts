import { asNexusError } from "../../engine/core/errors.ts";
import type { Reply } from "./protocol.ts";
import { ReaderHome } from "./reader-home.ts";
import { read, type Query } from "./readers.ts";

/** Of the so many questions that were asked last the answer is known: fewer than a feed keeps, so that "same" always means one it has. */
const MOST_KNOWN = 16;

/** Answers only what has changed: most of what a dashboard asks each second is as it was. */
export class Responder implements Disposable {
  readonly #path: string;
  readonly #known = new Map<string, string>();
  #home: ReaderHome | undefined;

  constructor(path: string) {
    this.#path = path;
  }

  /** In the order of the queries, one after the other. */
  async replies(queries: readonly Query[]): Promise<Reply[]> {
    const replies: Reply[] = [];
    for (const query of queries) replies.push(await this.#reply(query));
    return replies;
  }

  async #reply(query: Query): Promise<Reply> {
    const { now: _, ...question } = query;
    const name = JSON.stringify(question);
    try {
      // Opened when it is first asked, and again after a failure: a home that is restored has another database.
      this.#home ??= new ReaderHome(this.#path);
      const json = JSON.stringify(await read(this.#home, query)) ?? "null";
      const same = this.#known.get(name) === json;
      this.#remember(name, json);
      return same ? { same } : { json };
    } catch (error) {
      const { code, message } = asNexusError(error, "the home cannot be read");
      this.#known.delete(name);
      if (code.startsWith("DATABASE_")) this.#close();
      return { error: { code, message } };
    }
  }

  #remember(name: string, json: string): void {
    this.#known.delete(name);
    this.#known.set(name, json);
    for (const oldest of [...this.#known.keys()].slice(0, -MOST_KNOWN)) this.#known.delete(oldest);
  }

  #close(): void {
    this.#home?.[Symbol.dispose]();
    this.#home = undefined;
  }

  [Symbol.dispose](): void {
    this.#close();
  }
}
