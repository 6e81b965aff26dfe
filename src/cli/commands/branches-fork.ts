import { createIds } from "../../engine/core/ids.ts";
import type { Branch } from "../../engine/core/ref.ts";
import { forkBranch } from "../../engine/refs/branch-updates.ts";
import type { Run } from "../call.ts";
import { textOption } from "../call.ts";
import { choiceOption } from "../options.ts";
import { updateFromCall } from "../ref-update.ts";
import { branchView } from "../ref-views.ts";

export const run: Run = (call) => {
  const [source = "", target = ""] = call.args;
  const hooks = choiceOption(call, "hooks", ["on", "off"]);
  const [ids, now] = [createIds(), Date.now()];
  let made: Branch | undefined;
  return updateFromCall(call, {
    mode: "change",
    ask: ({ actor }) => (store) => {
      const asked = forkBranch(store, source, target, { ids, now, description: textOption(call, "description"), hooksEnabled: hooks === "on", created_by: actor });
      made = asked.branch;
      return asked;
    },
    sentence: ({ updates }) => `${target} forked from ${source}: ${updates.length} ${updates.length === 1 ? "ref" : "refs"}, hooks ${hooks ?? "off"}`,
    facts: () => (made === undefined ? {} : { branch: branchView(made) }),
  });
};
