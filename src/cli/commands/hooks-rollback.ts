import { NexusError } from "../../engine/core/errors.ts";
import type { Run } from "../call.ts";
import { flag } from "../call.ts";
import { changeHook } from "../change.ts";
import { countOption } from "../options.ts";

export const run: Run = (call) => {
  const to = call.options["to"] === undefined ? undefined : countOption(call, "to", 1);
  let before: number | undefined;
  return changeHook(
    call,
    (registry, write) => {
      const change = registry.rollback(call.args[0] ?? "", { ...write, to, keepState: flag(call, "keepState") });
      before = to ?? change.hook.version.version - 2;
      if (before < 1) throw new NexusError("VERSION_NOT_FOUND", `${change.hook.slug} has no earlier version`);
      return change;
    },
    ({ hook, changed }) => (changed ? `Hook rolled back: ${hook.slug} is now version ${hook.version.version} (= version ${before ?? "?"})` : `${hook.slug} is at that version already`),
  );
};
