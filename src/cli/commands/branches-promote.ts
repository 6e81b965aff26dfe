import type { Branch } from "../../engine/core/ref.ts";
import { promoteBranch } from "../../engine/refs/branch-updates.ts";
import type { Run } from "../call.ts";
import { updateFromCall } from "../ref-update.ts";
import { branchView } from "../ref-views.ts";

export const run: Run = (call) => {
  const [source = "", target = ""] = call.args;
  let moved: Branch | undefined;
  return updateFromCall(call, {
    mode: "change",
    ask: () => (store) => {
      const asked = promoteBranch(store, source, target, call.options["hooks"] !== false);
      moved = asked.target;
      return asked;
    },
    sentence: ({ updates }) => {
      const count = updates.filter(({ action }) => action === "promote").length;
      return count === 0 ? `${target} is where ${source} is already` : `${source} promoted to ${target}: ${count} ${count === 1 ? "ref" : "refs"} moved`;
    },
    facts: () => (moved === undefined ? {} : { branch: branchView(moved) }),
  });
};
