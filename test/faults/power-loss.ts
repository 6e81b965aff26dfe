import { copyFileSync, cpSync, mkdirSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { configSchema } from "../../src/engine/config.ts";
import { Daemon } from "../../src/engine/daemon.ts";
import { openStore, type Store } from "../../src/engine/store/open.ts";
import { linesOf } from "./lines-of.ts";
import { CONFIG, prepareHome } from "./load.ts";
import { violations } from "./oracle.ts";
import { childEnv, SOURCE } from "./program.ts";
import type { FaultyDisk, Traced } from "./shim.ts";

/** The log's own header, and that of each page in it. */
const LOG_HEADER = 32;
const FRAME = 24 + 4_096;
/** So far into the next frame a torn write goes. */
const TORN = 100;
/** One in so many cuts is not only looked at: a daemon starts on it and goes on. */
const GO_ON = 40;

type Durability = "full" | "normal";

/** What was promised, and how much of the log had been synced at that moment. */
interface Promised {
  readonly words: readonly string[];
  readonly synced: number;
}

export interface Cuts {
  readonly frames: number;
  readonly opens: number;
  readonly acks: number;
  readonly told: number;
  /** Syncs of the log while it grew. */
  readonly syncs: number;
  /** Events of the whole run that the shortest, and the longest, log still has. */
  readonly kept: readonly [number, number];
  /** Must be empty. */
  readonly violations: readonly string[];
}

/** Leaves a home as a kill leaves it, its log unfolded, and returns what the shim saw of it. */
async function runUntilKilled(home: string, disk: FaultyDisk, durability: Durability, rounds: number): Promise<Traced[]> {
  await prepareHome(SOURCE, home, `durability = "${durability}"\n${CONFIG}`);
  const store = openStore(home);
  store.fold();
  store.close();
  const child = Bun.spawn([process.execPath, join(import.meta.dir, "power-loss-child.ts"), home, durability, String(rounds), disk.tracePath], {
    cwd: home,
    env: childEnv(disk.under(SOURCE, { trace: true }), home),
    stdin: "ignore",
    stdout: "pipe",
    stderr: "inherit",
  });
  for await (const line of linesOf(child.stdout)) if (line === "done") child.kill("SIGKILL");
  await child.exited;
  return disk.traced();
}

/** Goes through the trace once: how far the log was synced whenever something was promised. */
function promises(trace: readonly Traced[]): { promised: Promised[]; syncs: number } {
  const promised: Promised[] = [];
  let [written, synced, syncs] = [0, 0, 0];
  for (const call of trace) {
    if (call.kind === "said") promised.push({ words: call.words, synced });
    else if (!call.file.endsWith("-wal")) continue;
    else if (call.kind === "write") written = Math.max(written, call.offset + call.length);
    else if (call.kind === "sync") [synced, syncs] = [written, syncs + 1];
  }
  return { promised, syncs };
}

/**
 * C2 of design/faults.md: cuts the log at frame boundaries and into the next frame, at most so many times, and opens what
 * is left as a start after a power loss does. What the disk had been told to keep (synced before it was promised) must
 * be there; whatever else is left must be a whole.
 */
export async function powerLoss(home: string, disk: FaultyDisk, { durability, rounds, opens }: { durability: Durability; rounds: number; opens: number }): Promise<Cuts> {
  const trace = await runUntilKilled(home, disk, durability, rounds);
  const { promised, syncs } = promises(trace);
  const log = readFileSync(join(home, "state", "nexus.db-wal")).byteLength;
  const frames = Math.floor((log - LOG_HEADER) / FRAME);
  const step = Math.max(1, Math.ceil((frames * 2) / opens));
  const found: string[] = [];
  const kept: number[] = [];
  let opened = 0;
  for (let frame = 0; frame <= frames; frame += step) {
    for (const cut of frame === frames ? [LOG_HEADER + frame * FRAME] : [LOG_HEADER + frame * FRAME, LOG_HEADER + frame * FRAME + TORN]) {
      const goOn = opened % GO_ON === 0;
      const broken = await openCut(home, cut, durability === "full" ? promised.filter(({ synced }) => synced <= cut) : [], goOn, kept);
      found.push(...broken.map((what) => `cut at ${cut} (frame ${frame} of ${frames}): ${what}`));
      opened += 1;
    }
  }
  const acks = promised.filter(({ words }) => words[0] === "ack").length;
  return { frames, opens: opened, acks, told: promised.length - acks, syncs, kept: [kept[0] ?? 0, kept.at(-1) ?? 0], violations: found };
}

async function openCut(home: string, cut: number, promised: readonly Promised[], goOn: boolean, kept: number[]): Promise<string[]> {
  const copy = join(home, "cut");
  mkdirSync(join(copy, "state"), { recursive: true });
  for (const file of ["nexus.db", "nexus.db-wal"]) copyFileSync(join(home, "state", file), join(copy, "state", file));
  writeFileSync(join(copy, "state", "nexus.db-shm"), "");
  truncateSync(join(copy, "state", "nexus.db-wal"), cut);
  const store = openStore(copy);
  const found: string[] = [];
  try {
    const acked = new Map(promised.flatMap(({ words: [kind, id = "", seq] }) => (kind === "ack" ? [[id, Number(seq)] as const] : [])));
    found.push(...violations(store, acked, { complete: false }), ...missing(store, promised), ...gaps(store));
    kept.push(store.db.query<{ n: number }, []>("SELECT count(*) AS n FROM events").get()?.n ?? 0);
  } finally {
    store.close();
  }
  return goOn ? [...found, ...(await goesOn(home, copy))] : found;
}

/** Dispatches that someone was told of, and that are not there. */
function missing(store: Store, promised: readonly Promised[]): string[] {
  const there = new Set(store.db.query<{ id: string }, []>("SELECT id FROM dispatches").all().map(({ id }) => id));
  const lost = promised.filter(({ words: [kind, id = ""] }) => kind === "told" && !there.has(id));
  return lost.length === 0 ? [] : [`I1: ${lost.length} dispatches that were told of are not there`];
}

/** What is lost is a suffix: of two events the earlier one never is missing alone. */
function gaps(store: Store): string[] {
  const row = store.db.query<{ n: number; last: number | null }, []>("SELECT count(*) AS n, max(seq) AS last FROM events").get();
  return row === null || row.n === (row.last ?? 0) ? [] : [`${row.n} events are there, and the last has seq ${row.last}`];
}

async function goesOn(home: string, copy: string): Promise<string[]> {
  cpSync(join(home, "state", "hooks"), join(copy, "state", "hooks"), { recursive: true });
  const daemon = await Daemon.start({ home: copy, config: configSchema.parse({}), timers: false });
  try {
    await daemon.drain();
    return violations(daemon.store, new Map(), { complete: true }).map((what) => `after going on: ${what}`);
  } finally {
    await daemon.stop();
  }
}
