import type { Run } from "../call.ts";
import { flag } from "../call.ts";
import { prepareForCall, registryOf } from "../authoring.ts";
import { printChange } from "../change.ts";
import { callerFromEnv, withStore } from "../workspace.ts";

export const run: Run = async (call) => {
  const [path = ""] = call.args;
  const prepared = await prepareForCall(call, path);
  await withStore(call, "create", (store) => {
    const dryRun = flag(call, "dryRun");
    const change = registryOf(store, call.home).register(prepared, { creator: callerFromEnv(process.env), upsert: flag(call, "upsert"), dryRun });
    const { hook, changed } = change;
    const by = hook.creator.agent === undefined ? "" : `\n  Created by: ${hook.creator.agent}${hook.creator.session === undefined ? "" : ` (session: ${hook.creator.session})`}`;
    const what = !changed ? "Hook unchanged" : hook.version.version > 1 ? `Hook updated to version ${hook.version.version}` : "Hook registered";
    printChange(call, change, `${what}: ${hook.slug}\n  ID: ${hook.id}\n  Status: ${hook.status}\n  Mode: ${hook.version.metadata.mode}${by}`, dryRun, { warnings: prepared.findings });
  });
};
