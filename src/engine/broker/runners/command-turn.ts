import type { Subprocess } from "bun";
import type { CommandAgent } from "../../core/agent-settings.ts";
import type { AnswerReader } from "./answer.ts";
import { commandEnd } from "./command-end.ts";
import type { CommandPlan } from "./command-plan.ts";
import { KeptOutput } from "./kept-output.ts";
import { markOf } from "./process-mark.ts";
import { ProcessTree } from "./process-tree.ts";
import type { FailureCode, RunnerEvents, RunningTurn, TurnEnd, TurnInput } from "./runner.ts";
import { StdinWriter } from "./stdin-writer.ts";
import { TurnClocks } from "./turn-clocks.ts";
import type { Stop } from "./turn-stop.ts";

/** Of stderr: enough for a stack, little enough for a message. */
const STDERR_BYTES = 4_096;
/** All who could hold the pipes have been killed by then: what still keeps one open is not waited for. */
const DRAIN_MS = 1_000;

export interface Patience {
  /** From SIGTERM to SIGKILL. */
  readonly graceMs: number;
  /** Silence after which a program that said that its turn is over is ended, if it does not end by itself. */
  readonly lingerMs: number;
}

/** Time until the first output: of a program that tells what it does while it works, and of one that only answers. */
const START_MS = 30_000;
const ANSWER_MS = 600_000;

/**
 * A program at work on one turn.
 *
 * running -(a clock, the limit, an interrupt)-> stopped: SIGTERM to its group, SIGKILL to all of it after `graceMs`
 * running, stopped -(the program exits)-> exited: the rest of it is killed, what it wrote is read to the end -> ended
 */
export class CommandTurn implements RunningTurn {
  readonly ended: Promise<TurnEnd>;
  readonly #child: Subprocess<"pipe", "pipe", "pipe">;
  readonly #plan: CommandPlan;
  readonly #patience: Patience;
  readonly #limit: number;
  readonly #tree: ProcessTree;
  readonly #stdin: StdinWriter;
  readonly #answer: AnswerReader;
  readonly #errors = new KeptOutput(STDERR_BYTES);
  readonly #clocks: TurnClocks;
  #output = 0;
  #stop: Stop | undefined;
  #stoppedAt = 0;
  #killer: ReturnType<typeof setTimeout> | undefined;
  #complete = false;
  #exited = false;

  /** @throws what Bun.spawn throws, where nothing ran. */
  constructor(plan: CommandPlan, settings: CommandAgent, input: TurnInput, events: RunnerEvents, patience: Patience) {
    this.#plan = plan;
    this.#patience = patience;
    this.#limit = settings.output_limit_bytes;
    this.#child = Bun.spawn([...plan.argv], { cwd: plan.cwd, env: plan.env, stdin: "pipe", stdout: "pipe", stderr: "pipe", detached: true });
    const { pid } = this.#child;
    this.#tree = new ProcessTree(pid, input.turn_id);
    this.#stdin = new StdinWriter(this.#child.stdin);
    this.#clocks = new TurnClocks({ ...settings, start_timeout_ms: settings.start_timeout_ms ?? (plan.tells ? START_MS : ANSWER_MS) }, (code, message) => this.#end(code, message));
    this.#answer = plan.answer({ onSession: (session) => this.#tell(() => events.onAgentSession(session)), onComplete: () => this.#completed() });
    this.#tell(() => events.onProcess(markOf(pid) ?? { pid, pgid: pid, started: "" }));
    if (this.#stop === undefined) void this.#stdin.write(plan.stdin);
    if (plan.steerLine === undefined) this.#stdin.end();
    this.ended = this.#run();
  }

  async steer(text: string): Promise<boolean> {
    if (this.#plan.steerLine === undefined || this.#isOver()) return false;
    const taken = await this.#stdin.write(`${this.#plan.steerLine(text)}\n`);
    return taken && !this.#isOver();
  }

  interrupt(): void {
    if (!this.#exited) this.#end("AGENT_INTERRUPTED", "interrupted");
  }

  #isOver(): boolean {
    return this.#exited || this.#complete || this.#stop !== undefined;
  }

  async #run(): Promise<TurnEnd> {
    const streams = [this.#child.stdout.getReader(), this.#child.stderr.getReader()] as const;
    const drained = Promise.all([drain(streams[0], (bytes) => this.#wrote(bytes, this.#answer)), drain(streams[1], (bytes) => this.#wrote(bytes, this.#errors))]);
    await this.#child.exited;
    this.#exited = true;
    this.#clocks.stop();
    this.#stdin.end();
    // The rest of a group that was asked to end has its time; of one whose program ended by itself nothing is waited for.
    if (this.#stop !== undefined) await this.#tree.groupEnded(this.#stoppedAt + this.#patience.graceMs - performance.now());
    clearTimeout(this.#killer);
    await this.#tree.endRest();
    await within(drained, DRAIN_MS);
    await Promise.all(streams.map((stream) => stream.cancel().catch(() => undefined)));
    await drained;
    return commandEnd({ program: this.#plan.argv[0], code: this.#child.exitCode, signal: this.#child.signalCode, complete: this.#complete, stop: this.#stop, answer: this.#answer.finish(), errors: this.#errors.text() });
  }

  #wrote(bytes: Uint8Array, to: Pick<AnswerReader, "feed"> | KeptOutput): void {
    this.#output += bytes.length;
    this.#clocks.alive();
    if (this.#output > this.#limit) this.#end("AGENT_OUTPUT_LIMIT", `wrote more than output_limit_bytes = ${this.#limit}`);
    else if (to instanceof KeptOutput) to.add(bytes);
    else to.feed(bytes);
  }

  #completed(): void {
    this.#complete = true;
    // It would wait for more otherwise. What it was told before it has yet to read, and to answer.
    this.#stdin.end();
    this.#clocks.finishing(this.#patience.lingerMs, () => this.#terminate());
  }

  /** What its events could not take in is not lost in silence: the turn fails. */
  #tell(event: () => void): void {
    try {
      event();
    } catch (error) {
      this.#end("AGENT_LOST", `what it did could not be recorded: ${String(error)}`);
    }
  }

  #end(code: FailureCode, message: string): void {
    if (this.#stop !== undefined) return;
    this.#stop = { code, message };
    this.#stoppedAt = performance.now();
    if (!this.#exited) this.#terminate();
  }

  #terminate(): void {
    this.#clocks.stop();
    clearTimeout(this.#killer);
    this.#tree.terminate();
    this.#killer = setTimeout(() => this.#tree.kill(), this.#patience.graceMs);
  }
}

/** What the two declarations of a stream's reader have in common. */
interface ByteReader {
  read(): Promise<{ readonly done: boolean; readonly value?: Uint8Array | undefined }>;
}

async function drain(reader: ByteReader, onBytes: (bytes: Uint8Array) => void): Promise<void> {
  try {
    for (let part = await reader.read(); part.value !== undefined; part = await reader.read()) onBytes(part.value);
  } catch {
    // A pipe that cannot be read any more has ended.
  }
}

async function within(done: Promise<unknown>, ms: number): Promise<void> {
  const late = Promise.withResolvers<void>();
  const timer = setTimeout(late.resolve, ms);
  await Promise.race([done, late.promise]);
  clearTimeout(timer);
}
