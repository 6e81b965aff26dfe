import { promoteBranch } from "../../engine/refs/branch-updates.ts";
import type { Run } from "../call.ts";
import { updateFromCall } from "../ref-update.ts";

export const run: Run = (call) => {
  const [source = "", target = ""] = call.args;
  return updateFromCall(
    call,
    "change",
    () => (store) => promoteBranch(store, source, target, call.options["hooks"] !== false),
    ({ updates }) => {
      const moved = updates.filter(({ action }) => action === "promote").length;
      return moved === 0 ? `${target} is where ${source} is already` : `${source} promoted to ${target}: ${moved} ${moved === 1 ? "ref" : "refs"} moved`;
    },
  );
};
