import type { Socket } from "bun";
import { mkdirSync, mkdtempSync } from "node:fs";
import { rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { HookPermissions } from "../core/hook-permissions.ts";
import type { FromEvaluator, ToEvaluator } from "./protocol.ts";
import { FrameReader, FrameWriter } from "./frames.ts";
import { descendantsOf, endBearers, killKnown, KIN_MARK } from "./kin.ts";
import { innermostProcess } from "./sandbox/innermost-process.ts";
import { policyOf } from "./sandbox/policy.ts";
import type { Mechanism } from "./sandbox/probe-mechanism.ts";
import { sandboxedCommand } from "./sandbox/sandboxed-command.ts";
import { StrayGate } from "./stray-gate.ts";
import { descriptorsOf, vitalsOf, type Vitals } from "./vitals.ts";

export interface EvaluatorOptions {
  readonly warmWorkers: number;
  readonly idleMs: number;
  readonly graceMs: number;
  readonly loadMs: number;
  /** Of the whole evaluator, MiB. */
  readonly memoryMb: number;
  /** Its main thread answers within so long. */
  readonly answerMs: number;
  /** The database. Scratch folders are made beside it, where a start finds what a kill left. */
  readonly database: string;
  /** What it is put into, and what the hooks in it declared. Undefined: a process without a sandbox. */
  readonly sandbox?: { readonly mechanism: Mechanism; readonly permissions: HookPermissions | undefined };
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

/**
 * Bun's allocator gives back the free blocks inside used pages whenever a thread waits, and Workers wait after every batch:
 * that took a third of both cores and made evaluation 1.6 times slower (perf and bench/against.ts, Bun 1.4.5). Whole free
 * pages are still given back.
 */
const ALLOCATOR = { MIMALLOC_PURGE_HOLES: "0" };

/** Where evaluators have their scratch folders. */
export function scratchRoot(database: string): string {
  return join(dirname(database), "scratch");
}

/** One evaluator child: its start, its socket, its end. Everything it says comes through `events`. */
export class EvaluatorProcess {
  readonly #child: Bun.Subprocess<"ignore", "pipe", "pipe">;
  readonly #scratch: string;
  readonly #events: EvaluatorProcessEvents;
  readonly #wrapped: boolean;
  #pid: number;
  #socket: Socket<undefined> | undefined;
  #writer: FrameWriter | undefined;
  readonly #mark: string;
  readonly #stray: StrayGate;
  #family: ReturnType<typeof descendantsOf> = [];
  #early: string[] = [];
  #killed = false;
  #gone = false;
  /** Resolved once `onGone` has been told, nothing that it started is left, and its scratch folder is gone. */
  readonly #ending = Promise.withResolvers<void>();

  constructor(options: EvaluatorOptions, events: EvaluatorProcessEvents) {
    this.#events = events;
    this.#stray = new StrayGate(() => performance.now(), (text) => events.onStray(text));
    const { database, sandbox, ...limits } = options;
    mkdirSync(scratchRoot(database), { recursive: true, mode: 0o700 });
    this.#scratch = mkdtempSync(join(scratchRoot(database), "nexus-ev-"));
    this.#mark = basename(this.#scratch);
    this.#wrapped = sandbox?.mechanism === "bubblewrap";
    const env = { ...scrubbedEnvironment(), ...ALLOCATOR, [KIN_MARK]: this.#mark, ...(sandbox === undefined ? {} : { TMPDIR: this.#scratch }) };
    const policy = sandbox === undefined ? undefined : policyOf(sandbox.permissions, { scratch: this.#scratch, state: dirname(database) });
    const command = sandboxedCommand(sandbox?.mechanism ?? "none", policy, ["__evaluator", JSON.stringify(limits)], env, this.#scratch);
    this.#child = Bun.spawn(command, {
      // Not the caller's folder: nothing is read from there.
      cwd: this.#scratch,
      env,
      // The fourth is a socket pair: nothing to bind, to find or to leave behind (as fast as a socket with a path, measured).
      stdio: ["ignore", "pipe", "pipe", "pipe"],
      detached: true,
      onExit: (_, code, signal) => this.#ended(code, signal === null ? null : String(signal)),
    });
    this.#pid = this.#child.pid;
    void this.#connect(Number(this.#child.stdio[3]));
    void this.#drain(this.#child.stdout);
    void this.#drain(this.#child.stderr);
  }

  /** Of the evaluator itself, which under bubblewrap is a grandchild. */
  get pid(): number {
    return this.#pid;
  }

  get vitals(): Vitals | undefined {
    return vitalsOf(this.pid);
  }

  get descriptors(): number | undefined {
    return descriptorsOf(this.pid);
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

  async #connect(fd: number): Promise<void> {
    const reader = new FrameReader<FromEvaluator>((message, lines) => {
      if (this.#gone) return;
      if (this.#wrapped && message.t === "ready") this.#pid = innermostProcess(this.#child.pid);
      this.#events.onMessage(message, lines);
    });
    const socket = { data: (_: Socket<undefined>, bytes: Uint8Array) => this.#read(reader, bytes), drain: () => this.#writer?.drained() };
    // The types know only hosts and paths.
    const connected = await Bun.connect<undefined>({ fd, socket } as unknown as Bun.UnixSocketOptions<undefined>);
    this.#socket = connected;
    if (this.#gone) {
      connected.terminate();
      return;
    }
    this.#writer = new FrameWriter(connected);
    for (const text of this.#early.splice(0)) this.#writer.write(text);
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
    try {
      // Children that hooks left behind are in its process group.
      process.kill(-this.#child.pid, "SIGKILL");
    } catch {
      // No one was left.
    }
    this.#events.onGone({ code, signal });
    void this.#cleanUp().finally(() => this.#ending.resolve());
  }

  /** What cannot be removed is removed at the next start. */
  async #cleanUp(): Promise<void> {
    killKnown(this.#family);
    await endBearers(`${KIN_MARK}=${this.#mark}`);
    await rm(this.#scratch, { recursive: true, force: true }).catch(() => undefined);
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
