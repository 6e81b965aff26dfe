import type { Run } from "../call.ts";
import { textOption } from "../call.ts";
import { changeHook } from "../change.ts";
import { oneLine } from "../output.ts";

export const run: Run = (call) =>
  changeHook(
    call,
    (registry, write) => registry.disable(call.args[0] ?? "", { ...write, reason: textOption(call, "reason") }),
    ({ hook, changed }) => {
      const reason = hook.disabled_reason === undefined ? "" : ` (${oneLine(hook.disabled_reason)})`;
      return changed ? `Hook disabled: ${hook.slug}${reason}` : `${hook.slug} was disabled already${reason}`;
    },
  );
