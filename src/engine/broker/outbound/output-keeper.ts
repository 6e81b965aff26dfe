/** Reads a program's output to its end, so that it never waits for a reader, and keeps only its beginning and its end. */
export class OutputKeeper {
  #first = Buffer.alloc(0);
  #last = Buffer.alloc(0);
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #done: Promise<void>;

  constructor(stream: ReadableStream<Uint8Array>, limits: { readonly firstBytes: number; readonly lastBytes: number }) {
    this.#reader = stream.getReader() as ReadableStreamDefaultReader<Uint8Array>;
    this.#done = this.#read(limits.firstBytes, limits.lastBytes).catch(() => undefined);
  }

  get first(): string {
    return this.#first.toString("utf8");
  }

  get last(): string {
    return this.#last.toString("utf8");
  }

  /** When the stream has ended, or nothing more is waited for. */
  async ended(graceMs: number): Promise<void> {
    const timer = setTimeout(() => void this.#reader.cancel().catch(() => undefined), graceMs);
    await this.#done;
    clearTimeout(timer);
  }

  async #read(firstBytes: number, lastBytes: number): Promise<void> {
    for (;;) {
      const { done, value } = await this.#reader.read();
      if (done) return;
      if (this.#first.length < firstBytes) this.#first = Buffer.concat([this.#first, value.subarray(0, firstBytes - this.#first.length)]);
      if (lastBytes > 0) this.#last = Buffer.from(Buffer.concat([this.#last, value]).subarray(-lastBytes));
    }
  }
}
