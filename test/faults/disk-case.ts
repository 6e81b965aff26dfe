import { openStore } from "../../src/engine/store/open.ts";
import { DaemonProcess } from "./daemon-process.ts";
import { CONFIG, loadEvent, prepareHome } from "./load.ts";
import { violations } from "./oracle.ts";
import { Producer } from "./producer.ts";
import { runProgram, type Program } from "./program.ts";
import type { Fault, FaultyDisk } from "./shim.ts";

/** Events that are handed over together, how far apart, and how many wait for their acknowledgement. */
const BURST = 4;
const BURST_MS = 10;
const WINDOW = 16;
/** So many acknowledged events after a fault are a daemon and a producer that go on. */
const GOES_ON = 20;
/** A producer that was refused is followed by the next one after so long, ms. */
const AGAIN_MS = 100;
/** What has not come about after so long never will, ms. */
const LONGEST_MS = 30_000;

export interface DiskCase {
  /** How the daemon ended by itself; undefined when it did not. */
  readonly exit: number | undefined;
  /** What it said of its storage: storage_failed, storage_restored. */
  readonly told: readonly string[];
  /** Why producers ended with an error. */
  readonly refusals: readonly string[];
  /** Must be empty. */
  readonly violations: readonly string[];
}

/** A home whose daemon, and if asked its producers too, write to a disk that fails as it is told. One case after the other. */
export class DiskBench {
  readonly #program: Program;
  readonly #home: string;
  readonly #disk: FaultyDisk;
  /** Whether the producers' writes fail as well; the daemon's always do. */
  readonly #shared: boolean;
  readonly #acked = new Map<string, number>();
  #unacked = new Set<number>();
  #next = 0;
  #refusals: string[] = [];
  #violations: string[] = [];
  #daemon: DaemonProcess | undefined;
  #producer: Producer | undefined;
  #feeding: ReturnType<typeof setInterval> | undefined;

  constructor(program: Program, home: string, disk: FaultyDisk, shared: boolean) {
    this.#program = program;
    this.#home = home;
    this.#disk = disk;
    this.#shared = shared;
  }

  /** A small ballast, and no free space asked for: the disk of the test itself may be rather full. */
  async prepare(): Promise<void> {
    await prepareHome(this.#program, this.#home, `${CONFIG}[storage]\nballast_bytes = 65536\nmin_free_bytes = 0\n`, ["quick", "counter", "once"]);
  }

  get acks(): number {
    return this.#acked.size;
  }

  get daemon(): DaemonProcess {
    if (this.#daemon === undefined) throw new Error("no daemon was started");
    return this.#daemon;
  }

  /** One fault under load: a single one must be survived, one that stays must end the daemon. Then all is compared. */
  async run(fault: Fault): Promise<DiskCase> {
    await this.start();
    this.#disk.fail(fault);
    await this.#until(() => this.#disk.counts.failed > 0);
    if (fault.once === true) {
      await this.goesOn();
      // Producers write beside it: they may be ahead of a daemon that is still reopening.
      await this.#until(() => this.#toldOf("storage_failed") === this.#toldOf("storage_restored"));
    } else await this.#endsItself();
    return await this.finish();
  }

  async start(): Promise<void> {
    this.#refusals = [];
    this.#violations = [];
    this.#daemon = new DaemonProcess(this.#disk.under(this.#program), this.#home);
    await this.#daemon.until("started");
    this.#producer = this.#startProducer();
    this.#feeding = setInterval(() => this.#feed(), BURST_MS);
  }

  /** Resolves when so many more are acknowledged, or the daemon has ended. */
  async goesOn(count = GOES_ON): Promise<void> {
    const goal = this.#acked.size + count;
    await this.#until(() => this.#acked.size >= goal);
  }

  #toldOf(kind: string): number {
    return this.daemon.lines.filter(({ event }) => event === kind).length;
  }

  async #until(condition: () => boolean): Promise<void> {
    const { process, lines } = this.daemon;
    for (const until = performance.now() + LONGEST_MS; !condition() && process.exitCode === null; await Bun.sleep(BURST_MS)) {
      if (performance.now() > until) throw new Error(`nothing goes on: ${this.#acked.size} acknowledged, refused: ${this.#refusals.slice(-3).join(", ")}\n${JSON.stringify(lines.slice(-10))}`);
    }
  }

  /** The disk is whole again: ends everything and compares; what is not evaluated yet the next start takes up. */
  async finish(): Promise<DiskCase> {
    clearInterval(this.#feeding);
    const exit = this.daemon.process.exitCode ?? undefined;
    this.#disk.heal();
    const producer = this.#producer;
    this.#producer = undefined;
    await producer?.finish();
    if (exit === undefined) {
      const code = await this.daemon.end("SIGTERM");
      if (code !== 0) this.#violations.push(`SIGTERM ended the daemon with ${code}: ${await this.daemon.stderr}`);
    } else await this.daemon.ended();
    this.#violations.push(...this.#compare(false));
    const told = this.daemon.lines.flatMap(({ event }) => (event.startsWith("storage_") ? [event] : []));
    return { exit, told, refusals: this.#refusals, violations: this.#violations };
  }

  /** A last start, on a disk that is whole, after which everything has its outcome. Returns what does not hold. */
  async complete(): Promise<string[]> {
    const { code, err } = await runProgram(this.#program, this.#home, ["serve", "--once", "--json"]);
    return [...(code === 0 ? [] : [`the last start ended with ${code}: ${err}`]), ...this.#compare(true)];
  }

  #compare(complete: boolean): string[] {
    const store = openStore(this.#home);
    try {
      return violations(store, this.#acked, { complete });
    } finally {
      store.close();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#feeding);
    const producer = this.#producer;
    this.#producer = undefined;
    await producer?.kill();
    await this.#daemon?.[Symbol.asyncDispose]();
  }

  async #endsItself(): Promise<void> {
    const ended = await Promise.race([this.daemon.ended(), Bun.sleep(LONGEST_MS).then(() => undefined)]);
    if (ended === undefined) this.#violations.push("the daemon did not end by itself");
  }

  #feed(): void {
    const events: object[] = [];
    while (events.length < BURST && this.#unacked.size < WINDOW) {
      this.#unacked.add(this.#next);
      events.push(loadEvent(this.#next));
      this.#next += 1;
    }
    if (events.length > 0) this.#producer?.send(events);
  }

  #startProducer(): Producer {
    const producer = new Producer(this.#shared ? this.#disk.under(this.#program) : this.#program, this.#home, ({ id, seq }) => {
      this.#unacked.delete(Number(id.slice(id.indexOf(":") + 1)));
      this.#acked.set(id, seq);
    });
    producer.send([...this.#unacked].map(loadEvent));
    void this.#again(producer);
    return producer;
  }

  /** A producer whose event was refused ends and says why; its unacknowledged events go to the next. */
  async #again(producer: Producer): Promise<void> {
    const { code, err } = await producer.ended();
    if (this.#producer !== producer) return;
    const refused = /\[(DATABASE_\w+)\]/.exec(err)?.[1];
    if (refused === undefined || code !== 7) this.#violations.push(`a producer ended with ${code}: ${err}`);
    this.#refusals.push(refused ?? err);
    await Bun.sleep(AGAIN_MS);
    if (this.#producer === producer) this.#producer = this.#startProducer();
  }
}
