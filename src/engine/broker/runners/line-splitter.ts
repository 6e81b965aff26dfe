const NEWLINE = 10;

/** Cuts a stream of bytes into lines. A line longer than `limit` bytes is cut there, its rest is dropped and counted. */
export class LineSplitter {
  readonly #limit: number;
  readonly #onLine: (line: string, droppedBytes: number) => void;
  #parts: Uint8Array[] = [];
  #kept = 0;
  #dropped = 0;

  constructor(limit: number, onLine: (line: string, droppedBytes: number) => void) {
    this.#limit = limit;
    this.#onLine = onLine;
  }

  feed(bytes: Uint8Array): void {
    let start = 0;
    for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE, start)) {
      this.#keep(bytes.subarray(start, end));
      this.#emit();
      start = end + 1;
    }
    this.#keep(bytes.subarray(start));
  }

  /** What is left is a line, too: not every program ends its last one. */
  end(): void {
    if (this.#kept + this.#dropped > 0) this.#emit();
  }

  #keep(bytes: Uint8Array): void {
    const part = bytes.subarray(0, this.#limit - this.#kept);
    if (part.length > 0) this.#parts.push(part);
    this.#kept += part.length;
    this.#dropped += bytes.length - part.length;
  }

  #emit(): void {
    const line = Buffer.concat(this.#parts).toString("utf8");
    const dropped = this.#dropped;
    this.#parts = [];
    this.#kept = 0;
    this.#dropped = 0;
    this.#onLine(line, dropped);
  }
}
