import { findHook } from "../../engine/registry/find-hook.ts";
import { prepareForCall, registryOf } from "../authoring.ts";
import type { Run } from "../call.ts";
import { flag } from "../call.ts";
import { printChange } from "../change.ts";
import { newVersionLines } from "../new-version.ts";
import { callerFromEnv, withStore } from "../workspace.ts";

export const run: Run = async (call) => {
  const [name = "", path = ""] = call.args;
  // An unknown hook is told before the script is looked at.
  const before = await withStore(call, "must exist", (store) => findHook(store, name));
  const prepared = await prepareForCall(call, path, before);
  await withStore(call, "must exist", (store) => {
    const dryRun = flag(call, "dryRun");
    const keepState = flag(call, "keepState");
    const change = registryOf(store, call.home).update(name, prepared, { creator: callerFromEnv(process.env), keepState, dryRun });
    const { hook, changed } = change;
    const sentence = changed ? `Hook updated: ${hook.slug} is now version ${hook.version.version}` : `Hook unchanged: ${hook.slug} stays at version ${hook.version.version}`;
    printChange(call, change, sentence + newVersionLines(change, keepState), dryRun, { warnings: prepared.findings });
  });
};
