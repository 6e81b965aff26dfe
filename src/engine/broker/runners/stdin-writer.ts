import type { FileSink } from "bun";

/** Writes to a program that may not read, may have closed its stdin, may be gone. Nothing here ever throws. */
export class StdinWriter {
  readonly #sink: FileSink;
  #last: Promise<boolean> = Promise.resolve(true);
  #closed = false;

  constructor(sink: FileSink) {
    this.#sink = sink;
  }

  /** Resolves to whether the pipe took all of it: not before what was written earlier, and when the program ends at the latest. */
  write(text: string): Promise<boolean> {
    if (this.#closed) return Promise.resolve(false);
    this.#last = this.#last.then((open) => (open ? this.#put(text) : false));
    return this.#last;
  }

  /** The end of stdin, after all that was written. */
  end(): void {
    if (this.#closed) return;
    this.#closed = true;
    void this.#last.then(() => this.#finish());
  }

  async #put(text: string): Promise<boolean> {
    try {
      await this.#sink.write(text);
      await this.#sink.flush();
      return true;
    } catch {
      // EPIPE: it closed its stdin, or ended.
      this.#closed = true;
      return false;
    }
  }

  async #finish(): Promise<void> {
    try {
      await this.#sink.end();
    } catch {
      // Whoever should have read it is gone.
    }
  }
}
