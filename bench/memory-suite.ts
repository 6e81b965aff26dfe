import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { NewEvent } from "../src/engine/core/event.ts";
import { insertEvents } from "../src/engine/store/events.ts";
import { openStore, type Store } from "../src/engine/store/open.ts";
import { commandEnvironment } from "./binary.ts";
import type { Row } from "./report.ts";
import { type Figures, inRounds, medianOf } from "./rounds.ts";
import { median } from "./statistics.ts";
import { CHANNEL, registerTrivialHooks } from "./trivial-hooks.ts";

const FEW = 10;
const MANY = 110;
const MAX_MB_A_HOOK = 2.5;
/** Events that every hook has seen before memory is read: Workers are warm, code is loaded. */
const EVENTS = 20;
/** How long a daemon may take to evaluate them, and how long it is left alone after that. */
const READY_MS = 20_000;
const IDLE_MS = 1_000;

/** Memory of the daemon and its evaluator, idle and warm, with 10 hooks and for each further one. */
export async function memoryRows(binary: string | undefined, rounds: number): Promise<Row[]> {
  const compiled = binary === undefined ? undefined : [binary, "serve"];
  const argv = compiled !== undefined && (await canServe(compiled)) ? compiled : undefined;
  const found = await inRounds(rounds, { few: () => memoryWith(FEW, argv), many: () => memoryWith(MANY, argv) });
  const note = `${argv === undefined ? "from source" : "`dist/nexus serve`"}; PSS shares what several processes map, RSS counts it in each`;
  const mb = (name: string): number => medianOf(found.few, name);
  const perHook = median(found.many.map((many, round) => ((many["pss"] ?? Number.NaN) - (found.few[round]?.["pss"] ?? Number.NaN)) / (MANY - FEW)));
  return [
    { measure: `daemon, idle, ${FEW} warm hooks, RSS`, unit: "MB", nexus: mb("daemon_rss"), note },
    { measure: `daemon, idle, ${FEW} warm hooks, PSS`, unit: "MB", nexus: mb("daemon_pss"), note },
    { measure: `evaluator, idle, ${FEW} warm hooks, RSS`, unit: "MB", nexus: mb("evaluator_rss"), note },
    { measure: `evaluator, idle, ${FEW} warm hooks, PSS`, unit: "MB", nexus: mb("evaluator_pss"), note },
    { measure: "each further warm hook, both processes, PSS", unit: "MB", nexus: perHook, limit: `≤ ${MAX_MB_A_HOOK} MB`, ok: perHook <= MAX_MB_A_HOOK, note },
  ];
}

async function canServe(argv: readonly string[]): Promise<boolean> {
  try {
    await memoryWith(1, argv);
    return true;
  } catch (error) {
    process.stderr.write(`measured from source: ${error instanceof Error ? error.message : String(error)}\n`);
    return false;
  }
}

async function memoryWith(hooks: number, argv: readonly string[] | undefined): Promise<Figures> {
  const home = mkdtempSync(join(tmpdir(), "nexus-bench-"));
  const store = openStore(home);
  registerTrivialHooks(store, { matching: hooks });
  const command = argv ?? [process.execPath, new URL("./daemon.ts", import.meta.url).pathname, home];
  const daemon = Bun.spawn([...command], { cwd: home, env: commandEnvironment(home), stdin: "ignore", stdout: "ignore", stderr: "pipe" });
  try {
    await evaluated(store, hooks, daemon);
    await Bun.sleep(IDLE_MS);
    const evaluator = childrenOf(daemon.pid)[0];
    if (evaluator === undefined) throw new Error("the daemon has no evaluator");
    const ours = memoryOf(daemon.pid);
    const theirs = memoryOf(evaluator);
    return { daemon_rss: ours.rss, daemon_pss: ours.pss, evaluator_rss: theirs.rss, evaluator_pss: theirs.pss, pss: ours.pss + theirs.pss };
  } finally {
    daemon.kill("SIGTERM");
    const stubborn = setTimeout(() => daemon.kill("SIGKILL"), 3_000);
    await daemon.exited;
    clearTimeout(stubborn);
    store.close();
    rmSync(home, { recursive: true, force: true });
  }
}

/** Stores events from here, as any other process may, and waits until the daemon has evaluated all of them. */
async function evaluated(store: Store, hooks: number, daemon: Bun.Subprocess<"ignore", "ignore", "pipe">): Promise<void> {
  const rows = store.db.query<{ n: number }, []>("SELECT count(*) AS n FROM hook_invocations");
  const deadline = performance.now() + READY_MS;
  for (let n = 0; n < EVENTS; n += 1) {
    store.write(() => insertEvents(store, [event(n)], { maxDepth: 8, maxChain: 256 }));
    while ((rows.get()?.n ?? 0) < (n + 1) * hooks) {
      if (daemon.exitCode !== null) throw new Error(`the daemon ended with ${daemon.exitCode}: ${(await daemon.stderr.text()).slice(0, 500)}`);
      if (performance.now() > deadline) throw new Error(`the daemon did not evaluate ${EVENTS} events in ${READY_MS} ms`);
      await Bun.sleep(5);
    }
  }
}

function event(n: number): NewEvent {
  const now = Date.now();
  return {
    id: `bench:${n}`,
    timestamp: now,
    received_at: now,
    type: "message",
    channel: CHANNEL,
    content: `message ${n}`,
    content_types: [],
    direction: "received",
    sender_id: "sender",
    source_adapter: "bench",
    source_id: String(n),
    metadata: {},
    depth: 0,
  };
}

/** Whichever of its threads started them. */
function childrenOf(pid: number): number[] {
  return readdirSync(`/proc/${pid}/task`).flatMap((thread) => readFileSync(`/proc/${pid}/task/${thread}/children`, "utf8").split(" ").filter(Boolean).map(Number));
}

/** MB. */
export function memoryOf(pid: number): { readonly rss: number; readonly pss: number } {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, "utf8");
  const mb = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(text)?.[1]) / 1_024;
  return { rss: mb("Rss"), pss: mb("Pss") };
}
