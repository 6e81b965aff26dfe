import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { reviveWebhook, webhookById } from "../../src/engine/store/ref-outbox.ts";
import type { Store } from "../../src/engine/store/open.ts";
import { RefDesk } from "../engine/refs/ref-desk.ts";
import { DaemonProcess } from "../faults/daemon-process.ts";
import { linesOf } from "../faults/lines-of.ts";
import { BINARY, childEnv } from "../faults/program.ts";
import { drawOf, type Random } from "../simulation/random.ts";
import { WebhookReceiver } from "./webhook-receiver.ts";

const UPDATER = join(import.meta.dir, "..", "engine", "refs", "updater-process.ts");
/** Refs that writers move: by SQL alone, with a script between the hooks, and with one at the end that may undo it all. */
const WRITTEN = ["plain", "cascading", "picky"];
const WRITERS = 3;
/** Updates of a writer that nobody kills. */
const UPDATES = 15;
/** How often a condition is looked at that nothing tells of, ms. */
const LOOK_MS = 10;
/** A drain takes a second or two; what is not done by then never will be. */
const DRAIN_MS = 15_000;
const CONFIG = `durability = "normal"
isolation = "process"

[refs]
webhook_private = true
webhook_attempts = 100
run_attempts = 100
`;

/** When a process dies: after so many lines, or webhooks (of that ref), and then a little later. */
interface Death {
  readonly after: number;
  readonly of?: string;
  readonly pauseMs: number;
}

/**
 * A home whose refs have hooks of every durable kind, a daemon and writers that are killed in rounds, and a receiver of
 * webhooks that refuses some and takes its time with others.
 */
export class RefKillWorld implements AsyncDisposable {
  /** Updates that writers said to be committed, and transactions that they said to be undone. */
  readonly said = { done: [] as string[], undone: [] as string[] };
  readonly kills = { daemon: 0, writers: 0 };
  /** What ended by itself that should not have. */
  readonly problems: string[] = [];
  readonly receiver: WebhookReceiver;
  readonly #desk = new RefDesk({ refs: { webhook_private: true } });
  readonly #processes = new Set<Bun.Subprocess>();
  readonly #insisting = setInterval(() => this.#insist(), LOOK_MS);

  constructor(seed: number) {
    this.receiver = new WebhookReceiver((body, before) => {
      const share = (what: string): number => drawOf(seed, what, body.ref_name, body.passage.content);
      const status = before === 0 && share("refused") < 0.08 ? 500 : 200;
      return { status, delayMs: share("late") < 0.15 ? 30 * share("how late") : 0 };
    });
    writeFileSync(join(this.home, "config.toml"), CONFIG);
    this.#hooks();
  }

  get home(): string {
    return this.#desk.home;
  }

  get store(): Store {
    return this.#desk.store;
  }

  /** The daemon and the writers side by side, until each has had its death. */
  async round(number: number, random: Random): Promise<void> {
    // One start in seven is not waited for.
    const daemon = { after: random.chance(0.15) ? 0 : random.between(1, 20), ...(random.chance(0.5) ? { of: "made" } : {}), pauseMs: 20 * random.next() };
    const deaths = Array.from({ length: WRITERS }, () => (random.chance(0.1) ? undefined : { after: random.between(0, UPDATES - 3), pauseMs: 10 * random.next() }));
    const writing = Promise.all(deaths.map((death, n) => this.#write(`w${n}.${number}`, death)));
    await Promise.all([this.#serve(daemon, writing), writing]);
  }

  /** A daemon that is left alone, until nothing waits any more. */
  async drain(): Promise<void> {
    const daemon = this.#start();
    await this.#rested(daemon);
    const code = await daemon.end("SIGTERM");
    if (code !== 0) this.problems.push(`the last daemon ended with ${code}: ${await daemon.stderr}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#insisting);
    for (const child of this.#processes) child.kill("SIGKILL");
    await Promise.all([...this.#processes].map((child) => child.exited));
    this.receiver[Symbol.dispose]();
    await this.#desk[Symbol.asyncDispose]();
  }

  #hooks(): void {
    const desk = this.#desk;
    const webhook = (ref: string): unknown => desk.hook(ref, "webhook", { url: this.receiver.url, include_passage: true });
    const audit = (ref: string): unknown => desk.hook(ref, "audit_log", { destination: ref });
    const run = (ref: string): unknown => desk.hook(ref, "trigger_run", { processor_type: "make" });
    const copy = (ref: string): unknown => desk.hook(ref, "copy", { to: `copy/${ref}` });
    desk.action("copy", "({ hook, passage }) => ({ emit: [{ type: 'ref_set', channel: 'ref', metadata: { ref_name: hook.config.to, passage_id: passage.id } }] })");
    desk.action("odd", "({ passage }) => { if (/[128]$/.test(passage.content)) throw new Error('not this one'); return {}; }");
    desk.processor("make", "async ({ run, refs }) => { await new Promise((resolve) => setTimeout(resolve, 4)); return { emit: [{ type: 'ref_set', channel: 'ref', content: 'made of ' + refs.passage(run.input.passage_id).content, metadata: { ref_name: 'made' } }] }; }");
    for (const make of [webhook, audit, run]) make("plain");
    for (const make of [webhook, copy, run, audit]) make("cascading");
    for (const make of [audit, webhook, run, copy]) make("picky");
    desk.hook("picky", "odd");
    for (const ref of ["copy/cascading", "copy/picky", "made"]) for (const make of [webhook, audit]) make(ref);
  }

  /** Webhooks and runs that are not done. */
  #open(): number {
    return this.store.db.query<{ n: number }, []>("SELECT (SELECT count(*) FROM ref_outbox WHERE status = 'pending') + (SELECT count(*) FROM runs WHERE status IN ('pending', 'running')) AS n").get()?.n ?? 0;
  }

  /** What was refused is tried again at once, as by `nexus refs outbox retry`: by itself it would be in 5 s, and what stands behind it would wait, too. */
  #insist(): void {
    const { refused } = this.receiver;
    for (const id of refused) {
      const webhook = webhookById(this.store, id);
      // The daemon has not stored that yet; or it was killed, and the next one sends it anew.
      if (webhook?.status === "pending" && webhook.attempts === 0) continue;
      refused.delete(id);
      if (webhook?.status === "pending") this.store.write(() => reviveWebhook(this.store, id));
    }
  }

  /** Resolves when nothing waits any more, or that cannot be hoped for. */
  async #rested({ process }: DaemonProcess): Promise<void> {
    const until = performance.now() + DRAIN_MS;
    while (process.exitCode === null && process.signalCode === null && this.#open() > 0 && performance.now() < until) await Bun.sleep(LOOK_MS);
  }

  #start(): DaemonProcess {
    const daemon = new DaemonProcess(BINARY, this.home);
    this.#processes.add(daemon.process);
    return daemon;
  }

  async #serve({ after, of, pauseMs }: Death, writing: Promise<unknown>): Promise<void> {
    const daemon = this.#start();
    if (after > 0) {
      await daemon.until("started");
      await Promise.race([this.receiver.more(after, of), writing.then(() => this.#rested(daemon))]);
    }
    await Bun.sleep(pauseMs);
    if (daemon.process.exitCode !== null) this.problems.push(`a daemon ended by itself with ${daemon.process.exitCode}: ${JSON.stringify(daemon.lines.slice(-5))} ${await daemon.stderr}`);
    await daemon.end("SIGKILL");
    this.kills.daemon += 1;
  }

  async #write(name: string, death: Death | undefined): Promise<void> {
    const child = Bun.spawn([process.execPath, UPDATER, this.home, name, String(UPDATES), ...WRITTEN], { cwd: this.home, env: childEnv(BINARY, this.home), stdin: "ignore", stdout: "pipe", stderr: "pipe" });
    this.#processes.add(child);
    const stderr = new Response(child.stderr).text();
    let lines = 0;
    let dying: Promise<void> | undefined;
    const die = async (): Promise<void> => {
      await Bun.sleep(death?.pauseMs ?? 0);
      child.kill("SIGKILL");
    };
    if (death?.after === 0) dying = die();
    for await (const line of linesOf(child.stdout)) {
      lines += 1;
      const [word = "", transaction] = line.split(" ");
      if (transaction === undefined) this.said.done.push(word);
      else this.said.undone.push(transaction);
      if (lines === death?.after) dying = die();
    }
    await dying;
    await child.exited;
    if (child.signalCode === "SIGKILL") this.kills.writers += 1;
    else if (child.exitCode !== 0 || lines !== UPDATES) this.problems.push(`${name} ended by itself with ${child.exitCode}, after ${lines} updates: ${await stderr}`);
  }
}
