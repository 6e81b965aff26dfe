import { createIds } from "../../engine/core/ids.ts";
import { forkBranch } from "../../engine/refs/branch-updates.ts";
import type { Run } from "../call.ts";
import { textOption } from "../call.ts";
import { choiceOption } from "../options.ts";
import { updateFromCall } from "../ref-update.ts";

export const run: Run = (call) => {
  const [source = "", target = ""] = call.args;
  const hooks = choiceOption(call, "hooks", ["on", "off"]);
  const [ids, now] = [createIds(), Date.now()];
  return updateFromCall(
    call,
    "change",
    ({ actor }) => (store) => forkBranch(store, source, target, { ids, now, description: textOption(call, "description"), hooksEnabled: hooks === "on", created_by: actor }),
    ({ updates }) => `${target} forked from ${source}: ${updates.length} ${updates.length === 1 ? "ref" : "refs"}, hooks ${hooks ?? "off"}`,
  );
};
