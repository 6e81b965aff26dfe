import { userInfo } from "node:os";
import type { Run } from "../call.ts";
import { flag, textOption } from "../call.ts";
import { changeHook } from "../change.ts";

export const run: Run = (call) => {
  const by = flag(call, "withdraw") ? undefined : (textOption(call, "by") ?? userInfo().username);
  return changeHook(
    call,
    (registry, write) => registry.approve(call.args[0] ?? "", { ...write, by }),
    ({ hook, changed, before }) => {
      const what = `version ${hook.version.version} of ${hook.slug}`;
      if (by === undefined) return changed ? `Approval taken back: ${what}` : `${what} was not approved`;
      return changed ? `Approved: ${what}, by ${by}. What untrusted sources send through it reaches agents with all their powers.` : `${what} was approved already, by ${before?.version.approved?.by ?? ""}`;
    },
  );
};
