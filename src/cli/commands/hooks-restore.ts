import type { Run } from "../call.ts";
import { changeHook } from "../change.ts";

export const run: Run = (call) =>
  changeHook(
    call,
    (registry, write) => registry.restore(call.args[0] ?? "", write),
    ({ hook }) => {
      const sees = hook.status === "active" || hook.status === "paused";
      return `Hook restored: ${hook.slug}, ${hook.status} as it was. ${sees ? "It sees events from now on." : `\`nexus hooks enable ${hook.slug}\` lets it see events.`}`;
    },
  );
