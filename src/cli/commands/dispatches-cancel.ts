import { NexusError } from "../../engine/core/errors.ts";
import { dispatchById, settleDispatch } from "../../engine/store/dispatches.ts";
import { nextWork } from "../../engine/store/meta.ts";
import type { Run } from "../call.ts";
import { flag } from "../call.ts";
import { dispatchView } from "../broker-views.ts";
import { emit, emitJson, paint } from "../output.ts";
import { withStore } from "../workspace.ts";

export const run: Run = (call) =>
  withStore(call, "change", (store) => {
    const id = call.args[0] ?? "";
    const dryRun = flag(call, "dryRun");
    const dispatch = store.write(() => {
      const before = dispatchById(store, id);
      if (before === undefined) throw new NexusError("DISPATCH_NOT_FOUND", `no dispatch has the id ${id}`, { next: ["nexus dispatches list"] });
      const { status } = before;
      if (status !== "pending" && status !== "running") throw new NexusError("DISPATCH_WRONG_STATE", `${id} is ${status}: only what waits or runs can be cancelled`);
      if (dryRun) return before;
      settleDispatch(store, id, status, "cancelled", Date.now(), "cancelled by hand");
      nextWork(store);
      return dispatchById(store, id) ?? before;
    });
    if (call.json) return emitJson({ ...dispatchView(dispatch), ...(dryRun ? { dry_run: true } : {}) });
    emit(`${paint("green", "✓")} ${dryRun ? "[dry run] " : ""}Dispatch cancelled: ${id}`);
  });
