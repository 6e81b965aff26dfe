import type { Run } from "../call.ts";
import { changeHook } from "../change.ts";

export const run: Run = (call) =>
  changeHook(
    call,
    (registry, write) => registry.remove(call.args[0] ?? "", write),
    ({ hook }) => `Hook deleted: ${hook.slug}. Its history stays; \`nexus hooks restore ${hook.id}\` brings it back.`,
  );
