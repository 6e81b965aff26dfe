import { appendFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DaemonProcess } from "./daemon-process.ts";
import { loadEvent, prepareHome } from "./load.ts";
import { flatness } from "./flatness.ts";
import { sampleOf, type ProcessSample } from "./process-sample.ts";
import { Producer } from "./producer.ts";
import { runProgram, type Program } from "./program.ts";

const SAMPLE_MS = 5_000;
const BURST_MS = 50;
/** Acknowledgements that are waited for; more would only fill the pipe. */
const WINDOW = 2_000;
/** Bad hooks beside the good ones; each of their outcomes is an error, a timeout or a crash, again and again. */
const BAD: Readonly<Record<string, string>> = {
  throws: "handler: () => { throw new Error('again') }",
  hangs: "limits: { timeout_ms: 50 }, handler: () => new Promise(() => undefined)",
  spins: "limits: { timeout_ms: 50 }, handler: () => { for (;;) {} }",
  exits: "handler: () => process.exit(3)",
  chatty: "handler: () => { for (let n = 0; n < 50; n += 1) console.log('x'.repeat(500)); return { fire: false }; }",
  hoards: "handler: async () => { const kept = new Uint8Array(8e6).fill(1); await new Promise((r) => setTimeout(r, 1)); return { fire: kept.length < 0 }; }",
};

export interface SteadyReport {
  readonly table: string;
  readonly passed: boolean;
  /** Where the samples are. */
  readonly path: string;
}

/** Keeps a daemon under an even load of good and bad hooks, and looks at what it holds every few seconds. */
export async function steadyLoad(program: Program, home: string, { minutes, eventsPerSecond, samples: path }: { minutes: number; eventsPerSecond: number; samples: string }): Promise<SteadyReport> {
  await prepare(program, home);
  writeFileSync(path, "");
  await using daemon = new DaemonProcess(program, home);
  await daemon.until("started");
  let acks = 0;
  let sent = 0;
  const begun = performance.now();
  await using producer = new Producer(program, home, () => (acks += 1));
  const feeding = setInterval(() => {
    const due = Math.floor(((performance.now() - begun) / 1_000) * eventsPerSecond) - sent;
    const events = Array.from({ length: Math.min(due, WINDOW - (sent - acks)) }, () => eventOf(sent++));
    if (events.length > 0) producer.send(events);
  }, BURST_MS);
  const samples: ProcessSample[] = [];
  try {
    for (const until = begun + minutes * 60_000; performance.now() < until; ) {
      await Bun.sleep(Math.min(SAMPLE_MS, until - performance.now()));
      const sample = sampleOf(daemon.process.pid, home, performance.now() - begun);
      if (sample === undefined) break;
      samples.push(sample);
      appendFileSync(path, `${JSON.stringify({ ...sample, sent, acks })}\n`);
    }
  } finally {
    clearInterval(feeding);
  }
  const ended = daemon.process.exitCode;
  const { code, err } = await producer.finish();
  const problems = [
    ...(ended === null ? [] : [`the daemon ended by itself with ${ended}: ${await daemon.stderr}`]),
    ...(code === 0 ? [] : [`the producer ended with ${code}: ${err}`]),
    ...(acks < (sent - WINDOW) * 0.9 ? [`only ${acks} of ${sent} events were acknowledged`] : []),
  ];
  const { table, flat } = flatness(samples);
  const head = [`${minutes} min, ${acks} events acknowledged, ${samples.length} samples`, ...problems.map((what) => `NOT WELL: ${what}`), ""];
  return { table: [...head, table].join("\n"), passed: flat && problems.length === 0, path };
}

async function prepare(program: Program, home: string): Promise<void> {
  // Breakers that close again soon: the bad hooks are to stay bad.
  await prepareHome(program, home, "[breaker]\ncooldown_ms = 1000\n");
  for (const [name, body] of Object.entries(BAD)) {
    const file = join(home, `${name}.ts`);
    writeFileSync(file, `export const hook: Hook = { name: "${name}", triggers: { event: { channels: ["load"], types: ["bad"] } }, ${body} };\n`);
    const { code, err } = await runProgram(program, home, ["hooks", "register", file]);
    if (code !== 0) throw new Error(`${name} was not registered: ${err}`);
  }
}

/** One in fifty is for the bad hooks. */
function eventOf(n: number): object {
  return n % 50 === 1 ? { ...loadEvent(n), type: "bad" } : loadEvent(n);
}
