import type { LogLine } from "../../core/invocation.ts";

/** The first and the last part of what one invocation writes are kept; the middle of a flood is counted and dropped. */
const HEAD_BYTES = 32_768;
const TAIL_BYTES = 32_768;
const LINE_BYTES = 8_192;

export class LogCapture {
  readonly #head: LogLine[] = [];
  readonly #tail: LogLine[] = [];
  #headBytes = 0;
  #tailBytes = 0;
  #dropped = 0;

  add(at: number, level: LogLine["level"], message: string): void {
    const text = message.length > LINE_BYTES ? message.slice(0, LINE_BYTES) : message;
    this.#dropped += message.length - text.length;
    const line = { at, level, text };
    if (this.#headBytes + text.length <= HEAD_BYTES && this.#tail.length === 0) {
      this.#head.push(line);
      this.#headBytes += text.length + 1;
      return;
    }
    this.#tail.push(line);
    this.#tailBytes += text.length + 1;
    while (this.#tailBytes > TAIL_BYTES) {
      const gone = this.#tail.shift();
      if (gone === undefined) break;
      this.#tailBytes -= gone.text.length + 1;
      this.#dropped += gone.text.length;
    }
  }

  get lines(): LogLine[] {
    return [...this.#head, ...this.#tail];
  }

  get dropped(): number {
    return this.#dropped;
  }
}
