import { Terminal } from "@xterm/headless";
import { keyBytes } from "./keys.ts";

export interface Size {
  readonly columns: number;
  readonly rows: number;
}

/** A screen on which nothing came for so long is taken as it is. Longer than a thread takes to read a panel, shorter than two looks at the data. */
const QUIET_MS = 400;
const POLL_MS = 25;
const PATIENCE_MS = 15_000;

/**
 * A program on a terminal of its own: a real pty, and an emulator behind it that answers what the program asks, as a terminal does.
 * `await using` ends the program.
 */
export class TerminalProgram implements AsyncDisposable {
  readonly emulator: Terminal;
  readonly #pty: Bun.Terminal;
  readonly #child: Bun.Subprocess;
  #changedAt = performance.now();
  #unwritten = 0;

  constructor(command: readonly string[], size: Size, env: Readonly<Record<string, string>>) {
    this.emulator = new Terminal({ cols: size.columns, rows: size.rows, allowProposedApi: true, scrollback: 0 });
    this.emulator.unicode.register(WIDTHS);
    this.emulator.unicode.activeVersion = WIDTHS.version;
    this.#pty = new Bun.Terminal({ cols: size.columns, rows: size.rows, data: (_, bytes) => this.#take(bytes) });
    this.emulator.onData((answer) => void this.#pty.write(answer));
    this.#child = Bun.spawn([...command], { terminal: this.#pty, env: { ...env, TERM: "xterm-256color" } });
  }

  /** What is on the screen, a line a row. */
  get text(): string {
    const { active } = this.emulator.buffer;
    return Array.from({ length: this.emulator.rows }, (_, row) => active.getLine(active.baseY + row)?.translateToString(true) ?? "").join("\n");
  }

  /** Presses them one after the other, each when what the one before has led to is there. */
  async press(...keys: readonly string[]): Promise<void> {
    for (const key of keys) {
      this.#changedAt = performance.now();
      this.#pty.write(keyBytes(key));
      await this.settled();
    }
  }

  /** Waits until the screen stands still and shows all of it. */
  async settled(...wanted: readonly string[]): Promise<void> {
    const began = performance.now();
    for (;;) {
      const missing = wanted.filter((one) => !this.text.includes(one));
      if (missing.length === 0 && this.#unwritten === 0 && performance.now() - this.#changedAt > QUIET_MS && this.text.trim() !== "") return;
      if (this.#child.exitCode !== null || performance.now() - began > PATIENCE_MS) throw new Error(`${JSON.stringify(missing)} did not come, or the screen did not stand still:\n${this.text}`);
      await Bun.sleep(POLL_MS);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGTERM");
    await this.#child.exited;
    this.#pty.close();
    this.emulator.dispose();
  }

  #take(bytes: Uint8Array): void {
    this.#changedAt = performance.now();
    this.#unwritten += 1;
    this.emulator.write(bytes, () => {
      this.#unwritten -= 1;
    });
  }
}

/** Widths as the terminals of today have them; the emulator's own are those of Unicode 6, for which an emoji is narrow. */
const WIDTHS = {
  version: "bun",
  wcwidth(codepoint: number): 0 | 1 | 2 {
    const width = Bun.stringWidth(String.fromCodePoint(codepoint));
    return width === 0 || width === 2 ? width : 1;
  },
  /** Bit 0: it joins the character before; bits 1 and 2: how wide it is then. */
  charProperties(codepoint: number, before: number): number {
    const width = WIDTHS.wcwidth(codepoint);
    const widthBefore = (before >> 1) & 3;
    const joins = width === 0 && widthBefore > 0;
    return ((joins ? widthBefore : width) << 1) | (joins ? 1 : 0);
  },
};
