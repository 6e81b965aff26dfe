import { refreshNow } from "../../engine/refs/scope-change.ts";
import type { Run } from "../call.ts";
import { flag } from "../call.ts";
import { emit, emitJson, paint, printable } from "../output.ts";
import { withStore } from "../workspace.ts";

export const run: Run = (call) =>
  withStore(call, "change", (store) => {
    const [name = ""] = call.args;
    const dryRun = flag(call, "dryRun");
    const { version, passages } = refreshNow(store, name, { now: Date.now(), dryRun });
    if (call.json) emitJson({ name, version, passages, ...(dryRun ? { dry_run: true } : {}) });
    else if (call.quiet) emit(String(version));
    else emit(`${paint("green", "✓")} ${dryRun ? "[dry run] " : ""}${printable(`${name} is version ${version}, ${passages} ${passages === 1 ? "passage" : "passages"}`)}`);
  });
