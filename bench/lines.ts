/** Cuts a byte stream into its lines. */
export class LineReader {
  readonly #onLine: (line: string) => void;
  readonly #decoder = new TextDecoder();
  #rest = "";

  constructor(onLine: (line: string) => void) {
    this.#onLine = onLine;
  }

  feed(bytes: Uint8Array): void {
    const parts = (this.#rest + this.#decoder.decode(bytes, { stream: true })).split("\n");
    this.#rest = parts.pop() ?? "";
    for (const line of parts) this.#onLine(line);
  }
}

/** Writes lines to a socket that may take only part of what it is given. */
export class LineWriter {
  readonly #socket: { write(bytes: Uint8Array): number };
  readonly #encoder = new TextEncoder();
  #waiting: Uint8Array[] = [];

  constructor(socket: { write(bytes: Uint8Array): number }) {
    this.#socket = socket;
  }

  write(text: string): void {
    if (this.#waiting.push(this.#encoder.encode(text)) === 1) this.drained();
  }

  /** To be called when the socket takes bytes again. */
  drained(): void {
    for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
      const taken = Math.max(0, this.#socket.write(next));
      if (taken < next.length) {
        this.#waiting[0] = next.subarray(taken);
        return;
      }
      this.#waiting.shift();
    }
  }
}
