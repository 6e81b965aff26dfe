import type { Run } from "../call.ts";
import { changeHook } from "../change.ts";

export const run: Run = (call) =>
  changeHook(
    call,
    (registry, write) => registry.restore(call.args[0] ?? "", write),
    ({ hook }) => `Hook restored: ${hook.slug} (${hook.status}). It sees events from now on.`,
  );
