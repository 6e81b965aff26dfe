/** No line is nearly so long: results of one chunk are 256 at most, of 256 KiB each, and are sent as they come. */
const LINE_CHARS = 256 * 1_048_576;

/** Cuts a byte stream into frames: a JSON header line, then as many raw lines as its `lines` says. */
export class FrameReader<Header extends { readonly t: string }> {
  readonly #onFrame: (header: Header, lines: readonly string[]) => void;
  readonly #decoder = new TextDecoder();
  #rest = "";
  #header: Header | undefined;
  #wanted = 0;
  #lines: string[] = [];

  constructor(onFrame: (header: Header, lines: readonly string[]) => void) {
    this.#onFrame = onFrame;
  }

  /** Throws a SyntaxError when the other side does not keep to the protocol. */
  feed(bytes: Uint8Array): void {
    const parts = (this.#rest + this.#decoder.decode(bytes, { stream: true })).split("\n");
    this.#rest = parts.pop() ?? "";
    if (this.#rest.length > LINE_CHARS) throw new SyntaxError(`a line of more than ${LINE_CHARS} characters`);
    for (const line of parts) this.#line(line);
  }

  #line(line: string): void {
    if (this.#header === undefined) {
      // The other side is our own binary; a line that is not JSON throws, and costs it its life.
      const header = JSON.parse(line) as Header & { readonly lines?: number };
      this.#wanted = header.lines ?? 0;
      this.#header = header;
    } else {
      this.#lines.push(line);
      this.#wanted -= 1;
    }
    if (this.#wanted > 0) return;
    const header = this.#header;
    const lines = this.#lines;
    this.#header = undefined;
    this.#lines = [];
    this.#onFrame(header, lines);
  }
}

interface ByteSink {
  write(data: Uint8Array | string): number;
}

/** Writes frames to a socket that takes only part of them; what is left follows on `drained`. */
export class FrameWriter {
  readonly #sink: ByteSink;
  readonly #encoder = new TextEncoder();
  #waiting: Uint8Array[] = [];

  constructor(sink: ByteSink) {
    this.#sink = sink;
  }

  write(text: string): void {
    let taken = 0;
    if (this.#waiting.length === 0) {
      // The socket encodes a text by itself; only what it does not take has to be kept as bytes.
      taken = Math.max(0, this.#sink.write(text));
      if (taken === Buffer.byteLength(text)) return;
    }
    const rest = this.#encoder.encode(text).subarray(taken);
    this.#waiting.push(rest);
  }

  /** To be called when the socket takes bytes again. */
  drained(): void {
    for (;;) {
      const next = this.#waiting[0];
      if (next === undefined) return;
      const taken = Math.max(0, this.#sink.write(next));
      if (taken < next.length) {
        this.#waiting[0] = next.subarray(taken);
        return;
      }
      this.#waiting.shift();
    }
  }
}
