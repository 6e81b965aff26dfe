import { NexusError } from "../../engine/core/errors.ts";
import { cancelRun, runById } from "../../engine/store/runs.ts";
import type { Run } from "../call.ts";
import { flag } from "../call.ts";
import { wrongState } from "../handler-call.ts";
import { emit, emitJson, paint } from "../output.ts";
import { runView } from "../ref-views.ts";
import { withStore } from "../workspace.ts";

export const run: Run = (call) =>
  withStore(call, "change", (store) => {
    const [id = ""] = call.args;
    const dryRun = flag(call, "dryRun");
    const found = store.write(() => {
      const before = runById(store, id);
      if (before === undefined) throw new NexusError("RUN_NOT_FOUND", `no run has the id ${JSON.stringify(id)}`, { next: ["nexus runs list"] });
      if (!["pending", "running"].includes(before.status)) throw wrongState(id, before.status, "what waits or runs can be cancelled");
      if (!dryRun) cancelRun(store, id, Date.now());
      return runById(store, id) ?? before;
    });
    if (call.json) return emitJson({ ...runView(found), ...(dryRun ? { dry_run: true } : {}) });
    emit(call.quiet ? id : `${paint("green", "✓")} ${dryRun ? "[dry run] " : ""}${id} cancelled`);
  });
