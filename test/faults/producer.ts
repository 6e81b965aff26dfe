import { linesOf } from "./lines-of.ts";
import { childEnv, type Program } from "./program.ts";

/** An answer of `events import --ack`. */
export interface Ack {
  readonly line: number;
  readonly id: string;
  readonly seq: number;
  readonly duplicate: boolean;
}

/** `nexus events import --ack` as a process that is fed line by line. */
export class Producer {
  readonly process: Bun.Subprocess<"pipe", "pipe", "pipe">;
  readonly #stderr: Promise<string>;
  readonly #reading: Promise<void>;

  constructor(program: Program, home: string, onAck: (ack: Ack) => void) {
    this.process = Bun.spawn([...program.argv, "events", "import", "--ack"], { cwd: home, env: childEnv(program, home), stdin: "pipe", stdout: "pipe", stderr: "pipe" });
    this.#stderr = new Response(this.process.stderr).text();
    this.#reading = this.#read(onAck);
  }

  /** Hands lines over; a producer that is gone takes nothing, which is no error of the one who kills it. */
  send(events: readonly object[]): void {
    const ignore = (): void => undefined;
    try {
      Promise.resolve(this.process.stdin.write(events.map((event) => `${JSON.stringify(event)}\n`).join(""))).catch(ignore);
      Promise.resolve(this.process.stdin.flush()).catch(ignore);
    } catch {
      // Killed.
    }
  }

  /** Resolves when it has ended and everything it said was read. */
  async ended(): Promise<{ code: number; err: string }> {
    await this.#reading;
    return { code: await this.process.exited, err: await this.#stderr };
  }

  /** No more input. */
  async finish(): Promise<{ code: number; err: string }> {
    await this.process.stdin.end();
    return await this.ended();
  }

  async kill(): Promise<void> {
    this.process.kill("SIGKILL");
    await this.ended();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }

  async #read(onAck: (ack: Ack) => void): Promise<void> {
    for await (const line of linesOf(this.process.stdout)) onAck(JSON.parse(line) as Ack);
  }
}
