import { loadConfig } from "../../engine/config.ts";
import { createIds } from "../../engine/core/ids.ts";
import { createRefHook } from "../../engine/refs/hook-change.ts";
import type { Run } from "../call.ts";
import { flag } from "../call.ts";
import { objectOption } from "../object-option.ts";
import { printRefHook } from "../ref-hook-text.ts";
import { withStore } from "../workspace.ts";

export const run: Run = (call) =>
  withStore(call, "create", (store) => {
    const [ref_name = "", action_type = ""] = call.args;
    const dryRun = flag(call, "dryRun");
    const given = { ref_name, action_type, config: objectOption(call, "config") ?? {}, enabled: !flag(call, "disabled") };
    const change = createRefHook(store, given, { limits: loadConfig(call.home).refs, ids: createIds(), now: Date.now(), dryRun });
    printRefHook(call, change, `Hook created: ${dryRun ? "" : `${change.hook.id}, `}${action_type} on every update of ${ref_name}${given.enabled ? "" : " once it is enabled"}`, dryRun);
  });
