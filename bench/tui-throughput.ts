import { cpus } from "node:os";
import type { Store } from "../src/engine/store/open.ts";
import type { Row } from "./report.ts";
import { mean, standardError } from "./statistics.ts";
import { processorSeconds, serve, storeEvents } from "./tui-load.ts";
import { TerminalBehindLine } from "./tui-terminal.ts";

/** What is said is about so many. */
const DASHBOARDS = 3;
/** What is measured is so many times as many: what three cost is less than what a machine varies by from one minute to the next. */
const TIMES = 10;
const SCREENS = ["overview", "hooks", "live"] as const;
const SIZE = { columns: 200, rows: 50 };
/** Waiting events, so that the daemon never has nothing to do. */
const BACKLOG = 10_000;
const FEED_EVENTS = 500;
const FEED_MS = 100;
const START_MS = 15_000;
/** After dashboards go on, all of them look at once; their next look, half a minute later, is within the window. */
const WINDOW_MS = 30_000;
const SETTLE_MS = { with: 10_000, without: 2_000 } as const;

interface Measured {
  readonly perSecond: number;
  /** Cores that the dashboards used. */
  readonly cores: number;
}

/**
 * What dashboards take from a daemon that has more to do than it gets done. One daemon works without a break; the dashboards beside it are
 * stopped and continued in turns (SIGSTOP, SIGCONT), and each time with them is compared with the times without them before and after it, so that
 * neither a growing database nor a machine that changes its speed counts as theirs.
 */
export async function besideSaturated(binary: string, { home, store, matching, pairs }: { readonly home: string; readonly store: Store; readonly matching: number; readonly pairs: number }): Promise<Row> {
  await using _ = await serve(binary, home);
  await using open = new AsyncDisposableStack();
  const screens = Array.from({ length: DASHBOARDS * TIMES }, (__, n) => open.use(new TerminalBehindLine([binary, "tui", SCREENS[n % SCREENS.length]!], home, SIZE)));
  const newest = store.db.query<{ n: number | null }, []>("SELECT max(rowid) AS n FROM hook_invocations");
  const done = (): number => (newest.get()?.n ?? 0) / matching;
  let stored = 0;
  const busyFor = async (ms: number): Promise<void> => {
    for (const began = performance.now(); performance.now() - began < ms; await Bun.sleep(FEED_MS)) {
      for (const wanted = done() + BACKLOG; stored < wanted; stored += FEED_EVENTS) storeEvents(store, stored, stored + FEED_EVENTS);
    }
  };
  const used = (): number => screens.reduce((sum, { child }) => sum + processorSeconds(child.pid), 0);
  const measured = async (phase: keyof typeof SETTLE_MS): Promise<Measured> => {
    for (const { child } of screens) child.kill(phase === "with" ? "SIGCONT" : "SIGSTOP");
    await busyFor(SETTLE_MS[phase]);
    const before = { at: performance.now(), done: done(), used: used() };
    await busyFor(WINDOW_MS);
    const seconds = (performance.now() - before.at) / 1_000;
    return { perSecond: (done() - before.done) / seconds, cores: (used() - before.used) / seconds };
  };
  await busyFor(START_MS);
  const without = [await measured("without")];
  const beside: Measured[] = [];
  for (let pair = 0; pair < pairs; pair += 1) {
    beside.push(await measured("with"));
    without.push(await measured("without"));
  }
  // A stopped process cannot end.
  for (const { child } of screens) child.kill("SIGCONT");
  return rowOf(beside, without);
}

function rowOf(beside: readonly Measured[], without: readonly Measured[]): Row {
  const losses = beside.map(({ perSecond }, pair) => (1 - perSecond / mean([without[pair]!.perSecond, without[pair + 1]!.perSecond])) * 100);
  const loss = mean(losses) / TIMES;
  const cores = mean(beside.map(({ cores: of }) => of)) / TIMES;
  return {
    measure: `a saturated daemon beside ${DASHBOARDS} dashboards: what it loses`, unit: "%", nexus: loss, limit: "≤ 2 %", ok: loss <= 2,
    note: `± ${(standardError(losses) / TIMES).toFixed(2)} (standard error of ${beside.length} pairs): ${DASHBOARDS}/${DASHBOARDS * TIMES} of what ${DASHBOARDS * TIMES} cost, ${mean(losses).toFixed(1)} % of ${Math.round(mean(without.map(({ perSecond }) => perSecond)))} events/s; ${DASHBOARDS} use ${((cores / cpus().length) * 100).toFixed(2)} % of the machine's processor time`,
  };
}
