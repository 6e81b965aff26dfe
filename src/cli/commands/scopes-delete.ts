import { removeScope } from "../../engine/refs/scope-change.ts";
import type { Run } from "../call.ts";
import { flag } from "../call.ts";
import { emit, emitJson, paint, printable } from "../output.ts";
import { scopeView } from "../ref-views.ts";
import { withStore } from "../workspace.ts";

export const run: Run = (call) =>
  withStore(call, "change", (store) => {
    const dryRun = flag(call, "dryRun");
    const scope = removeScope(store, call.args[0] ?? "", dryRun);
    if (call.json) emitJson({ ...scopeView(scope), deleted: !dryRun, ...(dryRun ? { dry_run: true } : {}) });
    else if (call.quiet) emit(printable(scope.name));
    else emit(`${paint("green", "✓")} ${dryRun ? "[dry run] " : ""}${printable(`${scope.name} deleted`)}`);
  });
