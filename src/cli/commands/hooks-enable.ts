import type { Run } from "../call.ts";
import { changeHook } from "../change.ts";

export const run: Run = (call) =>
  changeHook(
    call,
    (registry, write) => registry.enable(call.args[0] ?? "", write),
    ({ hook, changed, before }) => {
      if (!changed) return `${hook.slug} was enabled already`;
      return `Hook enabled: ${hook.slug}. ${before?.status === "paused" ? "Its breaker is closed." : "It sees events from now on."}`;
    },
  );
