import type { RefsTask } from "./refs-measure.ts";
import type { Row } from "./report.ts";
import { fresh, type Figures, inRounds, medianOf, ratioOf } from "./rounds.ts";

const MEASURE = new URL("./refs-measure.ts", import.meta.url).pathname;

interface Options {
  readonly rounds: number;
  readonly durability: "full" | "normal";
  readonly progress: (what: string) => void;
}

/** Updates of one ref by one process, each synced before the next; against the same rows written bare. */
export async function refsRows({ rounds, durability, progress }: Options): Promise<Row[]> {
  progress("refs: updates");
  const measure = (load: RefsTask["load"], hooks: number) => () => fresh(MEASURE, { load, hooks, durability });
  const found = await inRounds(rounds, { floor: measure("floor", 0), none: measure("hooks", 0), one: measure("hooks", 1), ten: measure("hooks", 10), script: measure("script", 1) });
  const row = (what: string, figures: readonly Figures[], note?: string): Row => ({
    measure: `ref updates, ${what}`,
    unit: "per s",
    floor: medianOf(found.floor, "updates_per_s"),
    nexus: medianOf(figures, "updates_per_s"),
    ratio: ratioOf(figures, found.floor, "updates_per_s"),
    ...(note === undefined ? {} : { note }),
    raw: { floor: all(found.floor), nexus: all(figures) },
  });
  return [
    row("no hooks", found.none, "`floor`: passage, ref and a row of history in one transaction; nexus also stores the event"),
    row("1 hook (audit_log)", found.one),
    row("10 hooks (audit_log)", found.ten),
    row("1 script", found.script, "in an evaluator of its own, with two transactions: one that is undone, one that commits"),
  ];
}

function all(figures: readonly Figures[]): number[] {
  return figures.map((round) => round["updates_per_s"] ?? Number.NaN);
}
