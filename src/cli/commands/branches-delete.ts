import type { Branch } from "../../engine/core/ref.ts";
import { removeBranch } from "../../engine/refs/branch-updates.ts";
import type { Run } from "../call.ts";
import { flag } from "../call.ts";
import { updateFromCall } from "../ref-update.ts";
import { branchView } from "../ref-views.ts";

export const run: Run = (call) => {
  const [name = ""] = call.args;
  let removed: Branch | undefined;
  return updateFromCall(call, {
    mode: "change",
    ask: () => (store) => {
      const asked = removeBranch(store, name, flag(call, "refs"));
      removed = asked.branch;
      return asked;
    },
    sentence: ({ updates }) => `${name} deleted${updates.length === 0 ? "; its refs stay" : ` with ${updates.length} ${updates.length === 1 ? "ref" : "refs"}`}`,
    facts: () => (removed === undefined ? {} : { branch: branchView(removed) }),
  });
};
