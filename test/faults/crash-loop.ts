import { openStore } from "../../src/engine/store/open.ts";
import { DaemonProcess } from "./daemon-process.ts";
import { leftBehind } from "./left-behind.ts";
import { loadEvent, prepareHome } from "./load.ts";
import { violations } from "./oracle.ts";
import { Producer } from "./producer.ts";
import { runProgram, type Program } from "./program.ts";

const VICTIMS = ["daemon", "producer", "both", "evaluator"] as const;
type Victim = (typeof VICTIMS)[number];
/** Of 20 kills. */
const SHARES: Readonly<Record<Victim, number>> = { daemon: 10, producer: 4, both: 3, evaluator: 3 };
/** Events that wait for their acknowledgement at the same time. */
const WINDOW = 32;
/** A producer without a pause leaves a backlog that takes longer than all kills; so many events every few ms are load enough. */
const BURST = 4;
const BURST_MS = 8;
/**
 * Events by the next kill. Thousands of kills leave evaluation little time, and a backlog that only grows ends at
 * events.max_waiting (measured: after 3 000).
 */
const EVENTS_PER_KILL = 150;

export interface CrashReport {
  readonly kills: Readonly<Record<Victim, number>>;
  readonly acks: number;
  /** Events that were handed over again after a kill, and were there already. */
  readonly duplicates: number;
  readonly pairs: number;
  readonly dispatches: number;
  readonly restarts: number;
  /** The start after the last kill: until everything had its outcome. */
  readonly drainMs: number;
  readonly ms: number;
  /** Must be empty. */
  readonly violations: readonly string[];
}

/** Keeps a daemon and a producer going, kills them at any moment, starts them again, and compares at the end. */
class CrashLoop {
  readonly #program: Program;
  readonly #home: string;
  readonly #acked = new Map<string, number>();
  readonly #violations: string[] = [];
  readonly #kills: Record<Victim, number> = { daemon: 0, producer: 0, both: 0, evaluator: 0 };
  #unacked = new Set<number>();
  #next = 0;
  #allowed = EVENTS_PER_KILL;
  #restarts = 0;
  #duplicates = 0;
  #fresh = true;
  readonly #feeding = setInterval(() => this.#feed(), BURST_MS);
  #daemon: DaemonProcess;
  #producer: Producer;

  constructor(program: Program, home: string) {
    this.#program = program;
    this.#home = home;
    this.#daemon = new DaemonProcess(program, home);
    this.#producer = this.#startProducer();
  }

  async run(kills: number, onKill: (done: number) => void): Promise<void> {
    for (let done = 0; done < kills; done += 1) {
      // One in four starts is killed before it may be done.
      if (this.#fresh && Math.random() > 0.25) await this.#daemon.until("started").catch(() => this.#violations.push("a daemon ended by itself at its start"));
      await Bun.sleep(30 + Math.random() * 80);
      await this.#kill(pick());
      this.#allowed += EVENTS_PER_KILL;
      onKill(done + 1);
    }
    clearInterval(this.#feeding);
    await this.#daemon[Symbol.asyncDispose]();
    const { code, err } = await this.#producer.finish();
    if (code !== 0) this.#violations.push(`the producer ended with ${code}: ${err}`);
  }

  async report(started: number): Promise<CrashReport> {
    const draining = performance.now();
    const { code, err } = await runProgram(this.#program, this.#home, ["serve", "--once", "--json"]);
    if (code !== 0) this.#violations.push(`the last start ended with ${code}: ${err}`);
    const drainMs = performance.now() - draining;
    this.#violations.push(...(await leftBehind(this.#home)).map((what) => `left behind: ${what}`));
    const store = openStore(this.#home);
    try {
      this.#violations.push(...violations(store, this.#acked, { complete: true }));
      const count = (table: string): number => store.db.query<{ n: number }, []>(`SELECT count(*) AS n FROM ${table}`).get()?.n ?? 0;
      return {
        kills: this.#kills,
        acks: this.#acked.size,
        duplicates: this.#duplicates,
        pairs: count("hook_invocations"),
        dispatches: count("dispatches"),
        restarts: this.#restarts,
        drainMs: Math.round(drainMs),
        ms: Math.round(performance.now() - started),
        violations: this.#violations,
      };
    } finally {
      store.close();
    }
  }

  async #kill(victim: Victim): Promise<void> {
    this.#fresh = false;
    const { evaluatorPid } = this.#daemon;
    if (victim === "evaluator") {
      // None yet, or it has just ended: then this is no kill.
      if (evaluatorPid === undefined || !killed(evaluatorPid)) return this.#kill("daemon");
    }
    this.#kills[victim] += 1;
    const both = victim === "both";
    await Promise.all([victim === "daemon" || both ? this.#restartDaemon() : undefined, victim === "producer" || both ? this.#restartProducer() : undefined]);
  }

  async #restartDaemon(): Promise<void> {
    const code = this.#daemon.process.exitCode;
    if (code !== null) this.#violations.push(`a daemon ended by itself with ${code}: ${await this.#daemon.stderr}`);
    await this.#daemon[Symbol.asyncDispose]();
    this.#restarts += 1;
    this.#fresh = true;
    this.#daemon = new DaemonProcess(this.#program, this.#home);
  }

  async #restartProducer(): Promise<void> {
    const code = this.#producer.process.exitCode;
    await this.#producer.kill();
    if (code !== null) this.#violations.push(`a producer ended by itself with ${code}: ${(await this.#producer.ended()).err}`);
    this.#producer = this.#startProducer();
  }

  /** Hands over again what was not acknowledged: whether it was stored, the one that was killed can no longer say. */
  #startProducer(): Producer {
    const producer = new Producer(this.#program, this.#home, ({ id, seq, duplicate }) => {
      const n = Number(id.slice(id.indexOf(":") + 1));
      if (duplicate) this.#duplicates += 1;
      if (!this.#unacked.delete(n)) this.#violations.push(`${id} was acknowledged twice`);
      this.#acked.set(id, seq);
    });
    producer.send([...this.#unacked].map(loadEvent));
    return producer;
  }

  #feed(): void {
    const events: object[] = [];
    while (this.#unacked.size < WINDOW && events.length < BURST && this.#next < this.#allowed) {
      this.#unacked.add(this.#next);
      events.push(loadEvent(this.#next));
      this.#next += 1;
    }
    if (events.length > 0) this.#producer.send(events);
  }
}

function pick(): Victim {
  let at = Math.random() * VICTIMS.reduce((sum, victim) => sum + SHARES[victim], 0);
  return VICTIMS.find((victim) => (at -= SHARES[victim]) < 0) ?? "daemon";
}

function killed(pid: number): boolean {
  try {
    process.kill(pid, "SIGKILL");
    return true;
  } catch {
    return false;
  }
}

/** C1 of design/faults.md. The home must be empty. */
export async function crashLoop(program: Program, home: string, kills: number, onKill: (done: number) => void = () => undefined): Promise<CrashReport> {
  const started = performance.now();
  await prepareHome(program, home);
  const loop = new CrashLoop(program, home);
  await loop.run(kills, onKill);
  return await loop.report(started);
}
