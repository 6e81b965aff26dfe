import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DEFAULT_STORE_OPTIONS, openStore, type Store } from "../src/engine/store/open.ts";
import { bigHome, EVENTS } from "./big-database.ts";
import { memoryOf } from "./memory-suite.ts";
import type { Row } from "./report.ts";
import { median } from "./statistics.ts";
import { eventsEvery, processorSeconds, serve } from "./tui-load.ts";
import { FRAME_END, TerminalBehindLine } from "./tui-terminal.ts";
import { besideSaturated } from "./tui-throughput.ts";
import { registerTrivialHooks } from "./trivial-hooks.ts";

const SIZE = { columns: 200, rows: 50 };
const HOOKS = { matching: 4, others: 36 };
const EVENTS_A_SECOND = 200;
/** Each main screen that lists what happens. */
const SCREENS = { 1: "Overview", 2: "Hooks", 3: "Live", 4: "Events", 8: "Schedule" } as const;
const SETTLE_MS = 2_000;
const WATCH_MS = 20_000;
const SLOW_BYTES = 8_192;
const MINUTE_MS = 60_000;
const MOVES = 20;
const HELD = 60;
const FIRST_FRAMES = 10;
const MANY_HOOKS = 10_000;

interface Options {
  readonly rounds: number;
  readonly progress: (what: string) => void;
}

/** What a dashboard costs, and how long a key takes, in each of the situations that it is made for. */
export async function tuiRows(binary: string | undefined, { rounds, progress }: Options): Promise<Row[]> {
  if (binary === undefined) return [{ measure: "dashboard", unit: "", note: "there is no dist/nexus" }];
  const rows: Row[] = [];
  progress("dashboard: 200 events/s");
  await inHome(async (home, store) => {
    await using _ = await serve(binary, home);
    rows.push(...(await underLoad(binary, home, store)));
    progress("dashboard: behind a slow line");
    rows.push(await behindSlowLine(binary, home, store));
    rows.push(await firstFrame(binary, home));
  });
  progress("dashboard: beside a busy daemon");
  await inHome(async (home, store) => void rows.push(await besideSaturated(binary, { home, store, matching: HOOKS.matching, pairs: rounds })));
  progress("dashboard: a million events, 10 000 hooks");
  rows.push(...(await bigAnswers(binary)));
  return rows;
}

async function inHome(work: (home: string, store: Store) => Promise<void>): Promise<void> {
  const home = mkdtempSync(join(tmpdir(), "nexus-bench-tui-"));
  const store = openStore(home);
  try {
    registerTrivialHooks(store, HOOKS);
    await work(home, store);
  } finally {
    store.close();
    rmSync(home, { recursive: true, force: true });
  }
}

const LOAD = `200x50, ${HOOKS.matching + HOOKS.others} hooks, ${EVENTS_A_SECOND} events/s`;

async function underLoad(binary: string, home: string, store: Store): Promise<Row[]> {
  await using screen = new TerminalBehindLine([binary, "tui"], home, SIZE);
  const bytes: number[] = [];
  const busy: number[] = [];
  {
    using _ = eventsEvery(store, EVENTS_A_SECOND);
    for (const key of Object.keys(SCREENS)) {
      screen.press(key);
      await Bun.sleep(SETTLE_MS);
      // A frame has just been paid for: the window holds whole periods of frame and rest.
      await screen.written(WATCH_MS);
      const before = { bytes: screen.bytes, seconds: processorSeconds(screen.child.pid) };
      await Bun.sleep(WATCH_MS);
      bytes.push(((screen.bytes - before.bytes) / WATCH_MS) * 1_000);
      busy.push(((processorSeconds(screen.child.pid) - before.seconds) / WATCH_MS) * 100_000);
    }
  }
  const worst = (values: readonly number[]): number => Math.max(...values);
  const named = (values: readonly number[]): string => Object.values(SCREENS).map((name, at) => `${name} ${values[at]?.toFixed(1)}`).join(", ");
  const { rss, pss } = memoryOf(screen.child.pid);
  // Until rates and figures stand still; and ages go in steps of a minute.
  await Bun.sleep(3 * SETTLE_MS);
  await Bun.sleep(MINUTE_MS - (Date.now() % MINUTE_MS) + 2 * SETTLE_MS);
  const still = screen.bytes;
  await Bun.sleep(WATCH_MS);
  return [
    { measure: `dashboard, ${LOAD}: written, the worst screen`, unit: "B/s", nexus: worst(bytes), limit: "≤ 1024 B/s", ok: worst(bytes) <= 1_024, note: `bytes a second: ${named(bytes)}` },
    { measure: `dashboard, ${LOAD}: of a core, the worst screen`, unit: "%", nexus: worst(busy), limit: "≤ 5 %", ok: worst(busy) <= 5, note: `percent: ${named(busy)}` },
    { measure: `dashboard, ${LOAD}: RSS after all of them`, unit: "MB", nexus: rss, limit: "≤ 100 MB", ok: rss <= 100, note: `PSS ${pss.toFixed(0)} MB: the program's own pages are shared with the daemon` },
    { measure: "dashboard, nothing happens: written between two minutes", unit: "B/s", nexus: ((screen.bytes - still) / WATCH_MS) * 1_000, limit: "0 B/s", ok: screen.bytes === still },
    { measure: "dashboard: scrollback erased", unit: "times", nexus: screen.erased, limit: "0", ok: screen.erased === 0 },
  ];
}

async function behindSlowLine(binary: string, home: string, store: Store): Promise<Row> {
  await using screen = new TerminalBehindLine([binary, "tui", "hooks"], home, { ...SIZE, bytesPerSecond: SLOW_BYTES });
  await screen.shown("/40");
  using _ = eventsEvery(store, EVENTS_A_SECOND);
  await Bun.sleep(SETTLE_MS);
  const took: number[] = [];
  // Of a line only what comes after the first difference is written.
  for (let move = 2; move < MOVES + 2; move += 1) {
    took.push(await screen.pressed("j", `${move % 10}/40`));
    // Not in step with the second at which data is read.
    await Bun.sleep(230);
  }
  const worst = Math.max(...took);
  const turned = await screen.pressed("1", "latency");
  screen.press("4");
  await Bun.sleep(SETTLE_MS);
  // A key that is held down, each time another screen of events.
  screen.mostQueued = 0;
  for (let press = 0; press < HELD; press += 1) {
    screen.press(press % 2 === 0 ? "G" : "g");
    await Bun.sleep(33);
  }
  return { measure: `dashboard, ${LOAD}, behind 8 KB/s: key to paint, the worst of ${MOVES}`, unit: "ms", nexus: worst, limit: "≤ 250 ms", ok: worst <= 250, note: `median ${median(took).toFixed(0)} ms; a whole other screen takes ${turned.toFixed(0)} ms; with a key held down that shows another screen each time, at most ${screen.mostQueued} bytes are under way` };
}

async function firstFrame(binary: string, home: string): Promise<Row> {
  const took: number[] = [];
  const withData: number[] = [];
  for (let start = 0; start < FIRST_FRAMES; start += 1) {
    await using screen = new TerminalBehindLine([binary, "tui"], home, SIZE);
    withData.push((await screen.shown("latency")) - screen.startedAt);
    took.push((screen.firstFrameAt ?? Number.NaN) - screen.startedAt);
  }
  const ms = median(took);
  return { measure: "dashboard: first frame", unit: "ms", nexus: ms, limit: "≤ 150 ms", ok: ms <= 150, note: `with its data ${median(withData).toFixed(0)} ms` };
}

/** One of each kind, on lists as long as they get. Nothing else happens here: the next frame is the answer. */
const KEYS = ["2", "j", "G", "k", "g", "s", "/", "o", "\u001b", "?", "\u001b", "\r", "\t", "\u001b", "3", "4", "5", "6", "7", "8", "1"] as const;

async function bigAnswers(binary: string): Promise<Row[]> {
  const home = mkdtempSync(join(tmpdir(), "nexus-bench-tui-big-"));
  try {
    cpSync(bigHome(Date.now()), home, { recursive: true });
    const store = openStore(home, { ...DEFAULT_STORE_OPTIONS, checkpoints: true });
    registerTrivialHooks(store, { matching: 1, others: MANY_HOOKS - 1, prefix: "many-" });
    store.close();
    await using screen = new TerminalBehindLine([binary, "tui"], home, SIZE);
    await screen.shown("latency");
    const took: { readonly key: string; readonly ms: number }[] = [];
    for (const key of KEYS) {
      await Bun.sleep(1_100);
      took.push({ key, ms: await screen.pressed(key, FRAME_END) });
    }
    const worst = took.reduce((one, other) => (other.ms > one.ms ? other : one));
    return [{ measure: `dashboard, ${MANY_HOOKS} hooks, ${EVENTS / 1e6} million events: the slowest key`, unit: "ms", nexus: worst.ms, limit: "≤ 100 ms", ok: worst.ms <= 100, note: took.map(({ key, ms }) => `${JSON.stringify(key)} ${ms.toFixed(0)}`).join(", ") }];
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}
