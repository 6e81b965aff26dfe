import { loadConfig } from "../../engine/config.ts";
import { enableRefHook } from "../../engine/refs/hook-change.ts";
import type { Run } from "../call.ts";
import { flag } from "../call.ts";
import { printRefHook } from "../ref-hook-text.ts";
import { withStore } from "../workspace.ts";

export const run: Run = (call) =>
  withStore(call, "change", (store) => {
    const dryRun = flag(call, "dryRun");
    const change = enableRefHook(store, call.args[0] ?? "", true, { limits: loadConfig(call.home).refs, dryRun });
    printRefHook(call, change, `${change.hook.id} ${change.changed ? "enabled" : "was enabled already"}: ${change.hook.action_type} on ${change.hook.ref_name}`, dryRun);
  });
