/** Looked through together when so many pieces came: many tiny ones cost more than their bytes. */
const PIECES = 1_024;

/** The head and the tail of an output of any length, in at most twice `limit` bytes of memory. */
export class KeptOutput {
  readonly #headLimit: number;
  readonly #tailLimit: number;
  readonly #head: Uint8Array[] = [];
  #headBytes = 0;
  #tail: Uint8Array[] = [];
  #tailBytes = 0;
  #total = 0;

  constructor(limit: number) {
    this.#headLimit = Math.ceil(limit / 2);
    this.#tailLimit = limit - this.#headLimit;
  }

  /** Bytes that came. */
  get total(): number {
    return this.#total;
  }

  /** Bytes that are in neither the head nor the tail. */
  get leftOut(): number {
    return Math.max(0, this.#total - this.#headLimit - this.#tailLimit);
  }

  add(bytes: Uint8Array): void {
    this.#total += bytes.length;
    const room = this.#headLimit - this.#headBytes;
    if (room > 0) {
      const part = bytes.subarray(0, room);
      this.#head.push(part);
      this.#headBytes += part.length;
    }
    if (bytes.length <= room) return;
    const rest = room > 0 ? bytes.subarray(room) : bytes;
    this.#tail.push(rest);
    this.#tailBytes += rest.length;
    if (this.#tailBytes > 2 * this.#tailLimit || this.#tail.length > PIECES) this.#compact();
  }

  /** UTF-8; where something is left out a line says how much. */
  text(): string {
    this.#compact();
    if (this.leftOut === 0) return Buffer.concat([...this.#head, ...this.#tail]).toString("utf8");
    return `${wholeAtEnd(Buffer.concat(this.#head)).toString("utf8")}\n[${this.leftOut} bytes left out]\n${wholeAtStart(Buffer.concat(this.#tail)).toString("utf8")}`;
  }

  #compact(): void {
    const all = Buffer.concat(this.#tail);
    // A copy: a slice would keep the whole of it in memory.
    const last = Buffer.from(all.subarray(Math.max(0, all.length - this.#tailLimit)));
    this.#tail = last.length === 0 ? [] : [last];
    this.#tailBytes = last.length;
  }
}

const isContinuation = (byte: number | undefined): boolean => byte !== undefined && (byte & 0xc0) === 0x80;

/** Without the first bytes of a character whose rest is cut off. */
function wholeAtEnd(bytes: Buffer): Buffer {
  let start = bytes.length - 1;
  while (start > bytes.length - 4 && start >= 0 && isContinuation(bytes[start])) start -= 1;
  const lead = bytes[start] ?? 0;
  let length = 1;
  if (lead >= 0xf0) length = 4;
  else if (lead >= 0xe0) length = 3;
  else if (lead >= 0xc0) length = 2;
  return start + length > bytes.length ? bytes.subarray(0, start) : bytes;
}

/** Without the last bytes of a character whose beginning is cut off. */
function wholeAtStart(bytes: Buffer): Buffer {
  let start = 0;
  while (start < 3 && isContinuation(bytes[start])) start += 1;
  return bytes.subarray(start);
}
