import { linesOf } from "./lines-of.ts";
import { childEnv, type Program } from "./program.ts";

interface Line {
  readonly event: string;
  readonly [field: string]: unknown;
}

interface Waiter {
  readonly wanted: (line: Line) => boolean;
  readonly resolve: (line: Line) => void;
  readonly reject: (error: Error) => void;
}

/** How many of its last lines are kept. */
const KEPT = 1_000;

/** `nexus serve --json` as a process, read all the time: a full pipe would hold it up. */
export class DaemonProcess {
  readonly process: Bun.Subprocess<"ignore", "pipe", "pipe">;
  readonly stderr: Promise<string>;
  readonly lines: Line[] = [];
  /** The evaluator it started last. */
  evaluatorPid: number | undefined;
  readonly #reading: Promise<void>;
  #waiters: Waiter[] = [];
  #seen = 0;

  constructor(program: Program, home: string) {
    this.process = Bun.spawn([...program.argv, "serve", "--json"], { cwd: home, env: childEnv(program, home), stdin: "ignore", stdout: "pipe", stderr: "pipe" });
    this.stderr = new Response(this.process.stderr).text();
    this.#reading = this.#read();
  }

  /** The first such line that has not been waited for yet; rejects when it ends without one. */
  until(event: string, wanted: (line: Line) => boolean = () => true): Promise<Line> {
    const fits = (line: Line): boolean => line.event === event && wanted(line);
    const at = this.lines.findIndex((line, n) => n >= this.#seen && fits(line));
    const line = this.lines[at];
    if (line !== undefined) {
      this.#seen = at + 1;
      return Promise.resolve(line);
    }
    return new Promise((resolve, reject) => {
      this.#waiters.push({ wanted: fits, resolve, reject });
    });
  }

  /** Resolves with its exit code, when everything it said was read. */
  async ended(): Promise<number> {
    await this.#reading;
    return await this.process.exited;
  }

  async end(signal: NodeJS.Signals): Promise<number> {
    this.process.kill(signal);
    return await this.ended();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end("SIGKILL");
  }

  async #read(): Promise<void> {
    for await (const text of linesOf(this.process.stdout)) this.#take(JSON.parse(text) as Line);
    const waiters = this.#waiters;
    this.#waiters = [];
    if (waiters.length === 0) return;
    const error = new Error(`serve ended: ${JSON.stringify(this.lines.slice(-20))}\n${await this.stderr}`);
    for (const { reject } of waiters) reject(error);
  }

  #take(line: Line): void {
    if (line.event === "evaluator_started" && typeof line["pid"] === "number") this.evaluatorPid = line["pid"];
    this.lines.push(line);
    if (this.lines.length > KEPT) {
      this.lines.shift();
      this.#seen = Math.max(0, this.#seen - 1);
    }
    const waiting = this.#waiters;
    this.#waiters = [];
    for (const waiter of waiting) {
      if (waiter.wanted(line)) {
        this.#seen = this.lines.length;
        waiter.resolve(line);
      } else this.#waiters.push(waiter);
    }
  }
}
