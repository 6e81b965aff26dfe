import type { Socket } from "bun";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { FromEvaluator, ToEvaluator } from "./protocol.ts";
import { FrameReader, FrameWriter } from "./frames.ts";
import { descendantsOf, endKin, KIN_MARK } from "./kin.ts";
import { selfCommand } from "./self-command.ts";
import { StrayGate } from "./stray-gate.ts";

export interface EvaluatorOptions {
  readonly warmWorkers: number;
  readonly idleMs: number;
  readonly graceMs: number;
  readonly loadMs: number;
  /** Of the whole evaluator, MiB. */
  readonly memoryMb: number;
  /** Its main thread answers within so long. */
  readonly answerMs: number;
}

export interface EvaluatorProcessEvents {
  onMessage(message: FromEvaluator, lines: readonly string[]): void;
  /** What hook code wrote past the capture, straight to the file descriptors. A flood is cut. */
  onStray(text: string): void;
  /** Once: it is gone, however that came about. */
  onGone(details: { code: number | null; signal: string | null }): void;
}

/** Only these pass from the daemon's environment to hook code: nothing secret, nothing that loads code. */
const ENV_ALLOWED = ["PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR"] as const;

/** One evaluator child: its start, its socket, its end. Everything it says comes through `events`. */
export class EvaluatorProcess {
  readonly #child: Bun.Subprocess<"ignore", "pipe", "pipe">;
  readonly #server: Bun.UnixSocketListener<undefined>;
  readonly #folder: string;
  readonly #events: EvaluatorProcessEvents;
  #socket: Socket<undefined> | undefined;
  #writer: FrameWriter | undefined;
  readonly #mark = crypto.randomUUID();
  readonly #stray: StrayGate;
  #family: ReturnType<typeof descendantsOf> = [];
  #early: string[] = [];
  #killed = false;
  #gone = false;
  /** Resolved once `onGone` has been told and nothing that it started is left. */
  readonly #ending = Promise.withResolvers<void>();

  constructor(options: EvaluatorOptions, events: EvaluatorProcessEvents) {
    this.#events = events;
    this.#stray = new StrayGate(() => performance.now(), (text) => events.onStray(text));
    // A short path of its own: a Unix socket's path ends at about 107 bytes, and a home may be deep.
    this.#folder = mkdtempSync(join(tmpdir(), "nexus-ev-"));
    const path = join(this.#folder, "s");
    const reader = new FrameReader<FromEvaluator>((message, lines) => {
      if (!this.#gone) this.#events.onMessage(message, lines);
    });
    this.#server = Bun.listen<undefined>({
      unix: path,
      socket: {
        open: (socket) => this.#connected(socket),
        data: (_, bytes) => this.#read(reader, bytes),
        drain: () => this.#writer?.drained(),
      },
    });
    this.#child = Bun.spawn([...selfCommand(), "__evaluator", path, JSON.stringify(options)], {
      // Not the caller's folder: nothing is read from there.
      cwd: this.#folder,
      env: { ...scrubbedEnvironment(), [KIN_MARK]: this.#mark },
      stdin: "ignore",
      stdout: "pipe",
      stderr: "pipe",
      detached: true,
      onExit: (_, code, signal) => this.#ended(code, signal === null ? null : String(signal)),
    });
    void this.#drain(this.#child.stdout);
    void this.#drain(this.#child.stderr);
  }

  get pid(): number {
    return this.#child.pid;
  }

  /** Bytes it has not taken yet. */
  get backlog(): number {
    return this.#writer?.backlog ?? 0;
  }

  send(header: ToEvaluator, lines: readonly string[] = []): void {
    const text = lines.length === 0 ? `${JSON.stringify(header)}\n` : `${JSON.stringify(header)}\n${lines.join("\n")}\n`;
    if (this.#writer === undefined) this.#early.push(text);
    else this.#writer.write(text);
  }

  /** Ends it and everything it started, at once: the only sure end for a thread stuck in native code. */
  kill(): void {
    if (this.#gone || this.#killed) return;
    this.#killed = true;
    // Once it is dead nobody knows any more whose they were.
    this.#family = descendantsOf(this.#child.pid);
    try {
      process.kill(-this.#child.pid, "SIGKILL");
    } catch {
      this.#child.kill("SIGKILL");
    }
  }

  /** Resolves when it is gone, with everything that it started. */
  get ended(): Promise<void> {
    return this.#ending.promise;
  }

  #connected(socket: Socket<undefined>): void {
    if (this.#socket !== undefined) {
      socket.end();
      return;
    }
    this.#socket = socket;
    this.#writer = new FrameWriter(socket);
    for (const text of this.#early.splice(0)) this.#writer.write(text);
    this.#server.stop();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #read(reader: FrameReader<FromEvaluator>, bytes: Uint8Array): void {
    try {
      reader.feed(bytes);
    } catch (error) {
      // Not the protocol: whatever wrote there, this process can no longer be believed.
      if (!(error instanceof SyntaxError)) throw error;
      this.kill();
    }
  }

  #ended(code: number | null, signal: string | null): void {
    if (this.#gone) return;
    this.#gone = true;
    this.#socket?.terminate();
    this.#server.stop(true);
    rmSync(this.#folder, { recursive: true, force: true });
    try {
      // Children that hooks left behind are in its process group.
      process.kill(-this.#child.pid, "SIGKILL");
    } catch {
      // No one was left.
    }
    this.#events.onGone({ code, signal });
    void endKin(this.#mark, this.#family).finally(() => this.#ending.resolve());
  }

  async #drain(stream: ReadableStream<Uint8Array>): Promise<void> {
    for await (const bytes of stream) {
      const pauseMs = this.#stray.take(bytes);
      if (pauseMs > 0) await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
    this.#stray.report();
  }
}

function scrubbedEnvironment(): Record<string, string> {
  const env: Record<string, string> = {};
  for (const name of ENV_ALLOWED) {
    const value = process.env[name];
    if (value !== undefined) env[name] = value;
  }
  return env;
}
