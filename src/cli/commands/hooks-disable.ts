import type { Run } from "../call.ts";
import { textOption } from "../call.ts";
import { changeHook } from "../change.ts";

export const run: Run = (call) =>
  changeHook(
    call,
    (registry, write) => registry.disable(call.args[0] ?? "", { ...write, reason: textOption(call, "reason") }),
    ({ hook, changed }) => (changed ? `Hook disabled: ${hook.slug}${hook.disabled_reason === undefined ? "" : ` (${hook.disabled_reason})`}` : `${hook.slug} was disabled already`),
  );
