import { createScope } from "../../engine/refs/scope-change.ts";
import type { Run } from "../call.ts";
import { flag, listOption } from "../call.ts";
import { countOption } from "../options.ts";
import { emit, emitJson, paint, printable } from "../output.ts";
import { scopeView } from "../ref-views.ts";
import { withStore } from "../workspace.ts";

export const run: Run = (call) =>
  withStore(call, "create", (store) => {
    const [name = ""] = call.args;
    const dryRun = flag(call, "dryRun");
    const [refs, types, tags] = ["refs", "types", "tags"].map((option) => listOption(call, option));
    const { scope, passages } = createScope(store, name, { refs, types, tags, limit: countOption(call, "limit", 100) }, { now: Date.now(), dryRun });
    if (call.json) emitJson({ ...scopeView(scope), passages, ...(dryRun ? { dry_run: true } : {}) });
    else if (call.quiet) emit(printable(name));
    else emit(`${paint("green", "✓")} ${dryRun ? "[dry run] " : ""}${printable(`Scope created: ${name}, ${passages} ${passages === 1 ? "passage" : "passages"}`)}`);
  });
