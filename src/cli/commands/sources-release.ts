import { releaseSource, type HoldChange } from "../../engine/registry/source-holding.ts";
import type { Run } from "../call.ts";
import { flag } from "../call.ts";
import { holder, holdParts, printHold } from "../source-view.ts";
import { withStore } from "../workspace.ts";

export const run: Run = (call) =>
  withStore(call, "change", (store) => {
    const change = releaseSource(holdParts(store), call.args[0] ?? "", { by: holder(), discard: flag(call, "discard"), dryRun: flag(call, "dryRun") });
    printHold(call, change, sentence(change));
  });

function sentence({ hold: { source }, changed, waiting, discarded }: HoldChange): string {
  if (!changed) return waiting === 0 ? `${source} is not held` : `${source} was released already; ${events(waiting)} on the way`;
  if (discarded > 0) return `Source released: ${source}; ${events(discarded)} not to be evaluated, \`nexus why EVENT\` says so of each`;
  return `Source released: ${source}${waiting === 0 ? "" : `; ${events(waiting)} to be evaluated`}`;
}

function events(n: number): string {
  return n === 1 ? "1 event is" : `${n} events are`;
}
