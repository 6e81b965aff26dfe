import type { ProcessSample } from "./process-sample.ts";
import { trendOf } from "./trend.ts";

/** What counts as flat after the first quarter, in which caches fill and Workers start: so much of a change at the most. */
const FLAT = { share: 0.1, count: 4, logKib: 65_536 };

type Figure = Exclude<keyof ProcessSample, "ms">;
type Sample = { readonly ms: number; readonly value: number };

/** How each figure is judged. Undefined: it is to grow. */
const JUDGES: Readonly<Record<Figure, ((samples: readonly Sample[]) => boolean) | undefined>> = {
  daemon_rss: (samples) => within(trendOf(samples), FLAT.share),
  daemon_fds: isEven,
  daemon_threads: isEven,
  children: isEven,
  children_rss: isNoHigher,
  children_fds: isEven,
  children_threads: isEven,
  db: undefined,
  wal: (samples) => samples.every(({ value }) => value <= FLAT.logKib),
};

/** A table of the figures' lines after the first quarter, and whether all that should be are flat. */
export function flatness(samples: readonly ProcessSample[]): { readonly table: string; readonly flat: boolean } {
  const warm = samples.slice(Math.ceil(samples.length / 4));
  if (warm.length < 4) return { table: "too few samples to judge", flat: false };
  let flat = true;
  const lines = ["figure               begin       end       min       max    an hour  verdict"];
  for (const [figure, judge] of Object.entries(JUDGES) as [Figure, (typeof JUDGES)[Figure]][]) {
    const values = warm.map((sample) => ({ ms: sample.ms, value: sample[figure] }));
    const { from, to, perHour, min, max } = trendOf(values);
    const verdict = judge?.(values);
    if (verdict === false) flat = false;
    const cells = [from, to, min, max, perHour].map((value, at) => String(Math.round(value)).padStart(at === 4 ? 11 : 10));
    lines.push(`${figure.padEnd(16)}${cells.join("")}  ${verdict === undefined ? "grows with what is stored" : verdict ? "flat" : "NOT FLAT"}`);
  }
  lines.push(`memory and sizes in KiB; flat: memory within ${FLAT.share * 100} %, counts within ${FLAT.count}, the log never over ${FLAT.logKib} KiB`);
  return { table: lines.join("\n"), flat };
}

function within({ from, to }: { readonly from: number; readonly to: number }, share: number): boolean {
  return to - from <= from * share;
}

function isEven(samples: readonly Sample[]): boolean {
  const { from, to } = trendOf(samples);
  return Math.abs(to - from) <= FLAT.count;
}

/** A saw has no slope to speak of, and its line may well have one: an evaluator grows and is replaced. Its peaks count. */
function isNoHigher(samples: readonly Sample[]): boolean {
  const middle = Math.floor(samples.length / 2);
  const peak = (part: readonly Sample[]): number => Math.max(...part.map(({ value }) => value));
  return within({ from: peak(samples.slice(0, middle)), to: peak(samples.slice(middle)) }, FLAT.share);
}
