import { PassThrough } from "node:stream";

/** What a terminal answers to "device status" (`ESC [ 5 n`). */
const ANSWER = "\u001b[0n";

/**
 * The keyboard as Ink reads it, without the terminal's answers to our own questions. An answer that is cut in two by the network is
 * put together again; a lone Escape is handed on at once.
 */
export class AnsweredInput extends PassThrough {
  readonly isTTY = true;
  readonly #in: NodeJS.ReadStream;
  readonly #answered: () => void;
  /** A character may come in two pieces. */
  readonly #decoder = new TextDecoder();
  #held = "";
  #lent = false;

  /** `gone`: there will be no key any more, as the terminal is not there. */
  constructor(input: NodeJS.ReadStream, { answered, gone }: { readonly answered: () => void; readonly gone: () => void }) {
    super();
    this.#in = input;
    this.#answered = answered;
    input.on("data", this.#take);
    input.on("end", gone);
  }

  /** As Ink asks, who lets go of the terminal at once when it breaks: the answer to its last frame would be echoed. */
  setRawMode(raw: boolean): this {
    if (!raw && !this.#lent) return this;
    try {
      this.#in.setRawMode(raw);
    } catch {
      // The terminal went away: its hangup comes by itself.
    }
    return this;
  }

  /** Somebody else has the keyboard while `work` lasts. */
  async lend(work: () => Promise<void>): Promise<void> {
    this.#lent = true;
    try {
      await work();
    } finally {
      this.#lent = false;
    }
  }

  ref(): this {
    this.#in.ref();
    return this;
  }

  unref(): this {
    this.#in.unref();
    return this;
  }

  /** Lets go of the real one. */
  release(): void {
    this.#in.off("data", this.#take);
    this.#in.pause();
  }

  readonly #take = (chunk: Buffer | string): void => {
    const text = this.#held + (typeof chunk === "string" ? chunk : this.#decoder.decode(chunk, { stream: true }));
    this.#held = "";
    const parts = text.split(ANSWER);
    for (let answers = parts.length - 1; answers > 0; answers -= 1) this.#answered();
    const rest = parts.join("");
    const cut = /\u001b\[0?$/.exec(rest)?.[0] ?? "";
    this.#held = cut;
    const keys = cut === "" ? rest : rest.slice(0, -cut.length);
    if (keys !== "") this.write(keys);
  };
}
