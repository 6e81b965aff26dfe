import { holdSource } from "../../engine/registry/source-holding.ts";
import type { Run } from "../call.ts";
import { flag, textOption } from "../call.ts";
import { isoTime, oneLine, say } from "../output.ts";
import { holder, holdParts, printHold } from "../source-view.ts";
import { withStore } from "../workspace.ts";

export const run: Run = (call) =>
  withStore(call, "change", (store) => {
    const change = holdSource(holdParts(store), call.args[0] ?? "", { by: holder(), reason: textOption(call, "reason"), dryRun: flag(call, "dryRun") });
    const { source, held_at = 0, reason } = change.hold;
    const why = reason === undefined ? "" : ` (${oneLine(reason)})`;
    printHold(call, change, change.changed ? `Source held: ${source}${why}. Its events are stored and wait; \`nexus sources release ${source}\` lets them go` : `${source} is held since ${isoTime(held_at)}${why}`);
    if (!change.known && !call.quiet) say(`note: no event of a source called ${JSON.stringify(source)} is stored; \`nexus sources list\` shows those that are`);
  });
