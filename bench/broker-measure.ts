import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Runner } from "../src/engine/broker/runners/runner.ts";
import { WaitingRoom } from "../src/engine/broker/waiting-room.ts";
import { configSchema } from "../src/engine/config.ts";
import { systemClock } from "../src/engine/core/clock.ts";
import type { NewEvent } from "../src/engine/core/event.ts";
import { createIds } from "../src/engine/core/ids.ts";
import { Engine } from "../src/engine/engine.ts";
import { HookRegistry } from "../src/engine/registry/registry.ts";
import { DEFAULT_STORE_OPTIONS, openStore, type Store } from "../src/engine/store/open.ts";
import { percentile } from "./statistics.ts";

/** What one fresh process measures of the Broker; prints one JSON object. */
export type BrokerTask = { readonly load: "pending" | "answered" | "latency" | "memory"; readonly durability: "full" | "normal" };

const EVENTS = 5_000;
const SESSIONS = 500;
const BATCH = 16;
/** Batches under way at the same time. */
const WINDOW = 16;
const SINGLE = 200;
const WAITING = 100_000;
const IDLE_RSS_LOOKS = 5;

const fires = `export default (ctx) => ctx.event.type === "message" ? { fire: true, context: { prompt: "do it" } } : undefined;\n`;

function register(store: Store): void {
  const hash = new Bun.CryptoHasher("sha256").update(fires).digest("hex");
  const limits = { timeout_ms: 30_000, concurrency: 1, memory_mb: 256, llm_calls: 0 };
  const metadata = { name: "fires", mode: "persistent", stage: "runAutomations", priority: 0, isolation: "warm", config: {}, limits } as const;
  const registry = new HookRegistry({ store, clock: systemClock, ids: createIds(), deleteRetentionDays: 30 });
  registry.register({ slug: "fires", metadata, sourcePath: "/bench/fires.ts", sourceHash: hash, bundle: fires, bundleHash: hash }, { creator: {} });
}

function event(n: number): NewEvent {
  const now = Date.now();
  return { id: `bench:${n}`, timestamp: now, received_at: now, type: "message", channel: "bench", content: `message ${n}`, content_types: [], direction: "received", sender_id: `s${n % SESSIONS}`, source_adapter: "bench", source_id: String(n), metadata: {}, depth: 0 };
}

/** Answers at once, with nothing. */
function noOp(onStart: () => void): () => Runner {
  return () => ({
    start: () => {
      onStart();
      return { ended: Promise.resolve({ status: "done", text: "" }), steer: () => Promise.resolve(false), interrupt: () => undefined };
    },
  });
}

/** The engine with one hook that fires for every message, and an agent, or none. */
async function withEngine<T>(task: BrokerTask, agents: object, runner: () => Runner, body: (engine: Engine, store: Store) => Promise<T>, onRecorded: (dispatches: number) => void = () => undefined): Promise<T> {
  const home = mkdtempSync(join(tmpdir(), "nexus-bench-"));
  const store = openStore(home, { ...DEFAULT_STORE_OPTIONS, durability: task.durability, checkpoints: true });
  try {
    register(store);
    const config = configSchema.parse({ durability: task.durability, agents, broker: { max_turns: 1_000 }, queue: { mode: "followup", cap: 10_000 } });
    await using engine = new Engine({ store, config, timers: false, broker: { runner }, onRecorded: ({ dispatches }) => onRecorded(dispatches.length), onFatal: (error) => { throw error; } });
    await engine.start();
    return await body(engine, store);
  } finally {
    store.close();
    rmSync(home, { recursive: true, force: true });
  }
}

const AGENT = { agent: { runner: "command", command: ["unused"], max_turns: 1_000 } };

async function throughput(task: BrokerTask): Promise<object> {
  return withEngine(task, task.load === "pending" ? {} : AGENT, noOp(() => undefined), async (engine) => {
    await engine.emit([event(-1)]);
    await engine.drain();
    const started = performance.now();
    for (let n = 0; n < EVENTS; n += BATCH * WINDOW) {
      const batches = Array.from({ length: WINDOW }, (_, batch) => Array.from({ length: BATCH }, (__, index) => n + batch * BATCH + index).filter((number) => number < EVENTS));
      await Promise.all(batches.filter(({ length }) => length > 0).map((numbers) => engine.emit(numbers.map(event))));
    }
    await engine.drain();
    return { dispatches_per_s: EVENTS / ((performance.now() - started) / 1_000) };
  });
}

async function latency(task: BrokerTask): Promise<object> {
  let fired = 0;
  const took: number[] = [];
  const runner = noOp(() => took.push(performance.now() - fired));
  return withEngine(task, AGENT, runner, async (engine) => {
    for (let n = 0; n < SINGLE; n += 1) {
      await engine.emit([event(n)]);
      await engine.drain();
    }
    const warm = took.slice(SINGLE / 10);
    return { fire_to_start_p50_ms: percentile(warm, 0.5), fire_to_start_p99_ms: percentile(warm, 0.99) };
  }, (dispatches) => {
    if (dispatches > 0) fired = performance.now();
  });
}

/** What the queue keeps of each dispatch that waits; rows read as the Broker reads them. */
async function memory(): Promise<object> {
  const rss = async (): Promise<number> => {
    const looks: number[] = [];
    for (let look = 0; look < IDLE_RSS_LOOKS; look += 1) {
      Bun.gc(true);
      await new Promise((resolve) => setImmediate(resolve));
      looks.push(process.memoryUsage().heapUsed);
    }
    return Math.min(...looks);
  };
  const before = await rss();
  const room = new WaitingRoom();
  for (let n = 0; n < WAITING; n += 1) {
    const id = `dsp_${String(n).padStart(26, "0")}`;
    const session_key = `agent:default:bench:dm:s${n % (WAITING / 20)}`;
    room.add({ rowid: n + 1, id, event_id: `bench:${n}`, agent: null, session_key, persona: "default", queue_mode: null, created_at: n, not_before: 0, attempts: 0, profile: "full", channel: "bench", thread_id: null }, { id, order: n, mode: "followup", agent: "agent", group: `agent\nbench\n`, created_at: n, not_before: 0, blocked: false, unsteered: false });
  }
  const after = await rss();
  if (room.count !== WAITING) throw new Error(`${room.count} wait`);
  return { bytes_per_waiting: (after - before) / WAITING };
}

async function main(task: BrokerTask): Promise<void> {
  const measures = { pending: () => throughput(task), answered: () => throughput(task), latency: () => latency(task), memory };
  process.stdout.write(`${JSON.stringify(await measures[task.load]())}\n`);
}

await main(JSON.parse(process.argv[2] ?? "{}") as BrokerTask);
