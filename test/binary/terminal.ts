import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Unicode11Addon } from "@xterm/addon-unicode11";
import { Terminal as Emulator } from "@xterm/headless";
import { BINARY, childEnv } from "../faults/program.ts";

/** For a machine with more to do than this; nothing waits for its own sake. */
const DEADLINE_MS = 30_000;
const LOOK_MS = 10;

export interface SessionOptions {
  readonly columns?: number;
  readonly rows?: number;
  readonly env?: Readonly<Record<string, string>>;
  /** One that does not say that a frame has arrived. */
  readonly mute?: true;
  /** One that signals nobody when it hangs up. */
  readonly signals?: false;
}

/** As a person starts it: what was there before stays, what comes after is seen, and keys that nobody took are echoed. */
const SHELL = 'echo before; (echo $BASHPID > "$PID_FILE"; exec "$@"); echo "after $?"; exec cat > /dev/null';
/** With job control: Enter is `fg`. */
const JOB_SHELL = `set -m; echo before; "$@"; ${'echo "after $?"; jobs -p > "$PID_FILE"; read -r; fg > /dev/null; '.repeat(9)}`;

/**
 * A program in a pseudo-terminal, and the terminal: the emulator shows what it gets as xterm would, and answers what it is
 * asked.
 */
export class TerminalSession implements AsyncDisposable {
  readonly process: Bun.Subprocess;
  /** What was asked to be shown above the window. */
  readonly titles: string[] = [];
  readonly #pidFile: string;
  readonly #pty: Bun.Terminal;
  readonly #emulator: Emulator;
  readonly #chunks: Uint8Array[] = [];
  #cursorShown = true;
  #held: string[] | undefined;

  constructor(argv: readonly string[], home: string, { columns = 80, rows = 24, env = {}, mute, signals }: SessionOptions = {}) {
    this.#pidFile = join(home, `dashboard-${crypto.randomUUID()}.pid`);
    this.#emulator = new Emulator({ cols: columns, rows, allowProposedApi: true });
    this.#emulator.loadAddon(new Unicode11Addon());
    this.#emulator.unicode.activeVersion = "11";
    this.#emulator.onTitleChange((title) => this.titles.push(title));
    for (const final of ["h", "l"]) this.#emulator.parser.registerCsiHandler({ prefix: "?", final }, (params) => this.#takeMode(params, final === "h"));
    const pty: Bun.TerminalOptions = { cols: columns, rows, data: (_, data) => this.#take(data) };
    // Only one that is made by the spawn becomes the controlling terminal, whose hangup and size are told by signals.
    const terminal = signals === false ? new Bun.Terminal(pty) : pty;
    this.process = Bun.spawn([...argv], { cwd: home, env: { ...childEnv(BINARY, home), LANG: "C.UTF-8", TERM: "xterm-256color", PID_FILE: this.#pidFile, ...env }, terminal });
    this.#pty = terminal instanceof Bun.Terminal ? terminal : this.process.terminal!;
    if (mute !== true) this.#emulator.onData((answer) => (this.#held === undefined ? this.type(answer) : this.#held.push(answer)));
  }

  /** `nexus tui` itself. */
  static bare(home: string, args: readonly string[] = [], options: SessionOptions = {}): TerminalSession {
    return new TerminalSession([...BINARY.argv, "tui", "--home", home, ...args], home, options);
  }

  /** Started from a shell, which says `after CODE`. */
  static fromShell(home: string, args: readonly string[] = [], options: SessionOptions & { readonly jobs?: true } = {}): TerminalSession {
    return new TerminalSession(["bash", "-c", options.jobs === true ? JOB_SHELL : SHELL, "bash", ...BINARY.argv, "tui", "--home", home, ...args], home, options);
  }

  get dashboardPid(): number {
    const pid = Number(readFileSync(this.#pidFile, "utf8"));
    // 0 is what an empty file says, and would be everybody here.
    if (!(pid > 1)) throw new Error("the shell has no dashboard");
    return pid;
  }

  /** Everything that the terminal was sent. */
  get bytes(): Buffer {
    return Buffer.concat(this.#chunks);
  }

  get text(): string {
    return this.bytes.toString("utf8");
  }

  /** The screen, without blanks at the end of its lines. */
  get lines(): string[] {
    const { active } = this.#emulator.buffer;
    return Array.from({ length: this.#emulator.rows }, (_, y) => active.getLine(active.baseY + y)?.translateToString(true).trimEnd() ?? "");
  }

  /** The lines that have something on them. */
  get said(): string[] {
    return this.lines.filter((line) => line !== "");
  }

  /** What stands in each column of a line; a wide character stands in its first. */
  cells(y: number): string[] {
    const { active } = this.#emulator.buffer;
    return Array.from({ length: this.#emulator.cols }, (_, x) => active.getLine(active.baseY + y)?.getCell(x)?.getChars() ?? "");
  }

  /** Lines that the terminal had to break: they were too long. */
  get wrapped(): number[] {
    const { active } = this.#emulator.buffer;
    return this.lines.flatMap((_, y) => (active.getLine(active.baseY + y)?.isWrapped === true ? [y] : []));
  }

  /** Everything about the terminal that a program has to give back, in words. */
  get state(): Record<string, unknown> {
    const { modes, buffer } = this.#emulator;
    return { screen: buffer.active.type, cursor: this.#cursorShown, paste: modes.bracketedPasteMode, held: modes.synchronizedOutputMode, modes: termios(this.#pty) };
  }

  type(keys: string): void {
    if (!this.#pty.closed) this.#pty.write(keys);
  }

  /** From here on the line is slow. */
  holdAnswers(): void {
    this.#held = [];
  }

  giveAnswers(): void {
    for (const answer of this.#held ?? []) this.type(answer);
    this.#held = undefined;
  }

  /** The window is dragged. */
  resize(columns: number, rows: number): void {
    this.#emulator.resize(columns, rows);
    this.#pty.resize(columns, rows);
  }

  /** The line drops. */
  hangUp(): void {
    this.#pty.close();
  }

  async until(what: string, holds: () => boolean): Promise<void> {
    for (const end = Date.now() + DEADLINE_MS; Date.now() < end; await Bun.sleep(LOOK_MS)) if (holds()) return;
    throw new Error(`it did not come to this: ${what}\n${JSON.stringify(this.state)}\n${this.lines.join("\n")}`);
  }

  async untilShown(...texts: readonly string[]): Promise<void> {
    await this.until(`${JSON.stringify(texts)} on the screen`, () => texts.every((text) => this.lines.join("\n").includes(text)));
  }

  /** The dashboard has ended, and whatever else was typed or answered has been echoed. */
  async untilBackInShell(): Promise<void> {
    await this.untilShown("after ");
    this.type("!");
    await this.untilShown("!");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.process.kill("SIGKILL");
    this.#pty.close();
    await this.process.exited;
    // Whoever was in the shell's terminal was hung up with it; one that did not listen is not left behind either.
    try {
      process.kill(this.dashboardPid, "SIGKILL");
    } catch {
      // It has ended.
    }
    this.#emulator.dispose();
  }

  #take(data: Uint8Array): void {
    this.#chunks.push(data.slice());
    this.#emulator.write(data.slice());
  }

  #takeMode(params: readonly (number | number[])[], on: boolean): boolean {
    if (params.includes(25)) this.#cursorShown = on;
    return false;
  }
}

/** How a terminal is before anybody changes it, as `TerminalSession.state` says it. */
export function untouched(): Record<string, unknown> {
  const pty = new Bun.Terminal({ cols: 80, rows: 24 });
  try {
    return { screen: "normal", cursor: true, paste: false, held: false, modes: termios(pty) };
  } finally {
    pty.close();
  }
}

/** Echo, line editing, signals and the rest of termios: on a pty both of its ends tell the same. */
function termios({ inputFlags, outputFlags, localFlags, controlFlags }: Bun.Terminal): number[] {
  return [inputFlags, outputFlags, localFlags, controlFlags];
}
