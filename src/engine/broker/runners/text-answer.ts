import type { Answer, AnswerReader } from "./answer.ts";
import { KeptOutput } from "./kept-output.ts";

/** Format `text`: all it prints is its answer, head and tail of it if that is too much. */
export class TextAnswer implements AnswerReader {
  readonly #kept: KeptOutput;

  constructor(limit: number) {
    this.#kept = new KeptOutput(limit);
  }

  feed(bytes: Uint8Array): void {
    this.#kept.add(bytes);
  }

  finish(): Answer {
    return { text: this.#kept.text(), truncated_bytes: this.#kept.leftOut };
  }
}
