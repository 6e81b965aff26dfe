import type { Run } from "../call.ts";
import { flag } from "../call.ts";
import { changeHook } from "../change.ts";
import { newVersionLines } from "../new-version.ts";
import { countOption } from "../options.ts";

export const run: Run = (call) => {
  const to = call.options["to"] === undefined ? undefined : countOption(call, "to", 1);
  const keepState = flag(call, "keepState");
  return changeHook(
    call,
    (registry, write) => registry.rollback(call.args[0] ?? "", { ...write, to, keepState }),
    (change) => {
      const { hook, changed, repeats } = change;
      const is = `${hook.slug} is ${changed ? "now " : ""}version ${hook.version.version}${repeats === undefined || repeats === hook.version.version ? "" : ` (= version ${repeats})`}`;
      return changed ? `Hook rolled back: ${is}${newVersionLines(change, keepState)}` : `Hook unchanged: ${is}`;
    },
  );
};
