import { commandEnvironment } from "./binary.ts";

/** Ends a frame (DEC mode 2026, synchronized output). */
export const FRAME_END = "\u001b[?2026l";
/** Asks whether all of it arrived, and what a terminal answers ("device status"). */
const QUESTION = "\u001b[5n";
const ANSWER = "\u001b[0n";
/** Erases what the operator could scroll back to. */
const ERASES_SCROLLBACK = "\u001b[3J";
/** The queue of a slow line: TCP and SSH together, as measured for the design. */
const LINE_QUEUE_BYTES = 65_536;
const PATIENCE_MS = 20_000;

interface Expected {
  readonly text: string;
  readonly since: number;
  readonly resolve: (at: number) => void;
}

/** A dashboard on a terminal behind a line: what it writes arrives at so many bytes a second, and only then is answered. */
export class TerminalBehindLine implements AsyncDisposable {
  readonly child: Bun.Subprocess;
  readonly startedAt = performance.now();
  firstFrameAt: number | undefined;
  bytes = 0;
  erased = 0;
  /** The most that was ever under way, bytes. */
  mostQueued = 0;
  readonly #pty: Bun.Terminal;
  readonly #bytesPerSecond: number;
  readonly #decoder = new TextDecoder();
  #queued = 0;
  #freeAt = 0;
  #expected: Expected | undefined;

  constructor(argv: readonly string[], home: string, line: { readonly columns: number; readonly rows: number; readonly bytesPerSecond?: number }) {
    this.#bytesPerSecond = line.bytesPerSecond ?? Number.POSITIVE_INFINITY;
    this.#pty = new Bun.Terminal({ cols: line.columns, rows: line.rows, data: (_, bytes) => this.#send(bytes) });
    this.child = Bun.spawn([...argv], { cwd: home, terminal: this.#pty, env: { ...commandEnvironment(home), TERM: "xterm-256color", LANG: "C.UTF-8" } });
  }

  press(key: string): void {
    this.#pty.write(key);
  }

  /** Milliseconds from the key to the arrival of a text that was written after it. */
  async pressed(key: string, text: string): Promise<number> {
    const since = performance.now();
    const arrived = this.shown(text);
    this.press(key);
    return (await arrived) - since;
  }

  /** When a text that is written from now on has arrived, on the clock of `performance.now()`. */
  async shown(text: string): Promise<number> {
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    this.#expected = { text, since: performance.now(), resolve };
    const timer = setTimeout(() => reject(new Error(`${JSON.stringify(text)} did not come within ${PATIENCE_MS} ms`)), PATIENCE_MS);
    return promise.finally(() => clearTimeout(timer));
  }

  /** Resolves when it writes next, or after so many ms. */
  async written(withinMs: number): Promise<void> {
    const { bytes } = this;
    for (const began = performance.now(); this.bytes === bytes && performance.now() - began < withinMs; ) await Bun.sleep(10);
  }

  #send(bytes: Uint8Array): void {
    const now = performance.now();
    const text = this.#decoder.decode(bytes, { stream: true });
    this.bytes += bytes.length;
    this.#queued += bytes.length;
    this.mostQueued = Math.max(this.mostQueued, this.#queued);
    if (this.#queued > LINE_QUEUE_BYTES) throw new Error(`${this.#queued} bytes are under way: a real line would have stopped the program here`);
    if (text.includes(ERASES_SCROLLBACK)) this.erased += 1;
    this.#freeAt = Math.max(now, this.#freeAt) + (bytes.length / this.#bytesPerSecond) * 1_000;
    const arrive = (): void => this.#arrive(text, bytes.length, now);
    if (this.#freeAt - now < 1) arrive();
    else setTimeout(arrive, this.#freeAt - now);
  }

  #arrive(text: string, bytes: number, sentAt: number): void {
    this.#queued -= bytes;
    if (text.includes(FRAME_END)) this.firstFrameAt ??= performance.now();
    for (let at = text.indexOf(QUESTION); at >= 0; at = text.indexOf(QUESTION, at + 1)) this.#pty.write(ANSWER);
    const { text: wanted = "", since = 0, resolve } = this.#expected ?? {};
    // Colours stand between words only: what is looked for is one word.
    if (resolve === undefined || sentAt < since || !text.includes(wanted)) return;
    this.#expected = undefined;
    resolve(performance.now());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.child.kill("SIGTERM");
    await this.child.exited;
    this.#pty.close();
  }
}
