import { removeBranch } from "../../engine/refs/branch-updates.ts";
import type { Run } from "../call.ts";
import { flag } from "../call.ts";
import { updateFromCall } from "../ref-update.ts";

export const run: Run = (call) => {
  const [branch = ""] = call.args;
  return updateFromCall(
    call,
    "change",
    () => (store) => removeBranch(store, branch, flag(call, "refs")),
    ({ updates }) => `${branch} deleted${updates.length === 0 ? "; its refs stay" : ` with ${updates.length} ${updates.length === 1 ? "ref" : "refs"}`}`,
  );
};
