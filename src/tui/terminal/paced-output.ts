import { Writable } from "node:stream";

/** Ends every frame that Ink writes (DEC mode 2026, synchronized output). */
const FRAME_END = "\u001b[?2026l";
const ENTER_ALTERNATE = "\u001b[?1049h";
const LEAVE_ALTERNATE = "\u001b[?1049l";
/** "Device status": a terminal answers `ESC [ 0 n` when everything before has reached it. */
const QUESTION = "\u001b[5n";
/** A terminal that has not answered for so long does not; from then on only the budget holds. */
const SILENT_MS = 1_500;
/** So much may be under way when the next frame is drawn: small frames follow each other, large ones do not pile up. */
const MOST_UNDER_WAY = 2_048;

interface PacedOptions {
  readonly out: NodeJS.WriteStream;
  /** Bytes a second that data may take on the average, and in one go. */
  readonly budget: { readonly perSecond: number; readonly most: number };
  readonly now: () => number;
}

/**
 * The terminal as Ink writes to it, with flow control. Bun's writes to a terminal block, and behind SSH lie 64 KB of queue: without
 * it a key is answered after everything that was written before (11 s at 8 KB/s, measured). So each frame asks the terminal
 * to say when it has arrived, and data waits for that, and for its share of the bytes. Keys wait only while much is under way: what is
 * drawn then is what they have led to by that time, so that a key that is held down leaves no queue of screens behind it.
 */
export class PacedOutput extends Writable {
  readonly isTTY = true;
  readonly #options: PacedOptions;
  /** Whose the frames are that come now. What the operator does is not set against the data's budget. */
  drawsFor: "data" | "keys" = "keys";
  #askedAt: number | undefined;
  #silent = false;
  #tokens: number;
  #filledAt: number;
  #unanswered = 0;
  /** Of those, what went out behind the question. */
  #unasked = 0;
  #clear: PromiseWithResolvers<void> | undefined;
  #asks = true;
  #muted = false;
  #alternate = false;
  #lastAnswer: PromiseWithResolvers<void> | undefined;

  constructor(options: PacedOptions) {
    super({ decodeStrings: false });
    this.#options = options;
    this.#tokens = options.budget.most;
    this.#filledAt = options.now();
    options.out.on("resize", () => this.emit("resize"));
  }

  get columns(): number {
    return this.#options.out.columns;
  }

  get rows(): number {
    return this.#options.out.rows;
  }

  /** Whether data may be drawn now: the last frame has arrived, and there is budget. */
  get ready(): boolean {
    this.#fill();
    this.#listen();
    return this.#askedAt === undefined && this.#tokens > 0;
  }

  /** Whether another frame may be drawn, whoever wants it. */
  get clear(): boolean {
    this.#listen();
    return this.#askedAt === undefined || this.#unanswered <= MOST_UNDER_WAY;
  }

  /** Resolves when it is clear, or its terminal is found not to answer. */
  async untilClear(): Promise<void> {
    if (this.clear) return;
    const clear = (this.#clear ??= Promise.withResolvers<void>());
    const timer = setTimeout(clear.resolve, SILENT_MS);
    await clear.promise;
    clearTimeout(timer);
    this.#clear = undefined;
  }

  #listen(): void {
    if (this.#askedAt === undefined || this.#options.now() - this.#askedAt <= SILENT_MS) return;
    this.#silent = true;
    this.#askedAt = undefined;
  }

  /** The terminal has answered. */
  arrived(): void {
    this.#askedAt = undefined;
    this.#silent = false;
    this.#unanswered = this.#unasked;
    if (this.#unasked > 0 && this.#asks) this.#ask();
    else this.#lastAnswer?.resolve();
    if (this.clear) this.#clear?.resolve();
  }

  /**
   * Asks nothing any more, and resolves when the last answer is here or is not to be expected. One that comes after the terminal
   * was given back is typed into the shell (`^[[0n` at its prompt, seen).
   */
  async settle(): Promise<void> {
    this.#asks = false;
    if (this.#askedAt === undefined) return;
    const last = (this.#lastAnswer ??= Promise.withResolvers<void>());
    const timer = setTimeout(last.resolve, Math.max(0, SILENT_MS - (this.#options.now() - this.#askedAt)));
    await last.promise;
    clearTimeout(timer);
  }

  /** Somebody else has the terminal while `work` lasts; not twice at a time. */
  async lend(work: () => Promise<void>): Promise<void> {
    if (!this.#asks) return;
    await this.settle();
    try {
      await work();
    } finally {
      this.#askedAt = undefined;
      this.#lastAnswer = undefined;
      this.#asks = true;
    }
  }

  /** No answer will come any more. */
  expectNothing(): void {
    this.#asks = false;
    this.#askedAt = undefined;
    this.#lastAnswer?.resolve();
  }

  /** Lets nothing through any more. */
  mute(): void {
    this.#muted = true;
  }

  /** Whether the terminal shows its alternate screen. */
  get alternate(): boolean {
    return this.#alternate;
  }

  /** Text that is no frame: the clipboard, a title. */
  aside(text: string): void {
    this.#send(text);
  }

  override _write(chunk: string | Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    const text = typeof chunk === "string" ? chunk : chunk.toString("utf8");
    this.#send(text);
    if (text.endsWith(FRAME_END) && this.#asks && !this.#silent && this.#askedAt === undefined) this.#ask();
    done();
  }

  #ask(): void {
    this.#send(QUESTION);
    this.#askedAt = this.#options.now();
    this.#unasked = 0;
  }

  #send(text: string): void {
    if (this.#muted) return;
    if (text.includes(ENTER_ALTERNATE)) this.#alternate = true;
    if (text.includes(LEAVE_ALTERNATE)) this.#alternate = false;
    const bytes = Buffer.byteLength(text);
    this.#unanswered += bytes;
    this.#unasked += bytes;
    this.#fill();
    if (this.drawsFor === "data") this.#tokens -= bytes;
    this.#options.out.write(text);
  }

  #fill(): void {
    const { budget, now } = this.#options;
    const at = now();
    this.#tokens = Math.min(budget.most, this.#tokens + ((at - this.#filledAt) / 1_000) * budget.perSecond);
    this.#filledAt = at;
  }
}
