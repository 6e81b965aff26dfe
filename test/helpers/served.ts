import { nexusProcess } from "./nexus-command.ts";

export interface ServeLine {
  readonly event: string;
  readonly at: string;
  readonly [field: string]: unknown;
}

/** `nexus serve --json` as a process, with its lines as they come. Killed at the end of the `using` block. */
export class Served {
  readonly process: ReturnType<typeof nexusProcess>;
  readonly lines: ServeLine[] = [];
  readonly #lines: AsyncGenerator<ServeLine>;

  constructor(home: string, ...args: string[]) {
    this.process = nexusProcess(home, ["serve", "--json", ...args]);
    this.#lines = this.#read();
  }

  async until(wanted: (line: ServeLine) => boolean): Promise<ServeLine> {
    for (;;) {
      const { value, done } = await this.#lines.next();
      if (done === true) throw new Error(`serve ended: ${JSON.stringify(this.lines)}\n${await new Response(this.process.stderr).text()}`);
      if (wanted(value)) return value;
    }
  }

  /** Its exit code, after `signal`. */
  async end(signal: NodeJS.Signals): Promise<number> {
    this.process.kill(signal);
    return await this.process.exited;
  }

  async *#read(): AsyncGenerator<ServeLine> {
    let rest = "";
    for await (const text of this.process.stdout.pipeThrough(new TextDecoderStream())) {
      const parts = (rest + text).split("\n");
      rest = parts.pop() ?? "";
      for (const part of parts) {
        const line = JSON.parse(part) as ServeLine;
        this.lines.push(line);
        yield line;
      }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.process.kill("SIGKILL");
    await this.process.exited;
  }
}
