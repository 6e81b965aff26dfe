import type { Run } from "../call.ts";
import { changeHook } from "../change.ts";

export const run: Run = (call) =>
  changeHook(
    call,
    (registry, write) => registry.enable(call.args[0] ?? "", write),
    ({ hook, changed }) => (changed ? `Hook enabled: ${hook.slug}. It sees events from now on.` : `${hook.slug} was enabled already`),
  );
