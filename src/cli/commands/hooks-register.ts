import type { Hook } from "../../engine/core/hook.ts";
import { describePermissions } from "../../engine/core/hook-permissions.ts";
import type { Change } from "../../engine/registry/registry.ts";
import { prepareForCall, registryOf } from "../authoring.ts";
import type { Run } from "../call.ts";
import { flag } from "../call.ts";
import { printChange } from "../change.ts";
import { newVersionLines } from "../new-version.ts";
import { oneLine } from "../output.ts";
import { stageLines } from "../views.ts";
import { callerFromEnv, withStore } from "../workspace.ts";

export const run: Run = async (call) => {
  const [path = ""] = call.args;
  const dryRun = flag(call, "dryRun");
  const prepared = await prepareForCall(call, path);
  await withStore(call, "create", (store) => {
    const change = registryOf(store, call.home).register(prepared, { creator: callerFromEnv(process.env), upsert: flag(call, "upsert"), dryRun });
    printChange(call, change, describe(change, dryRun), dryRun, { warnings: prepared.findings });
  });
};

function describe(change: Change, dryRun: boolean): string {
  const { hook, changed } = change;
  const isNew = changed && change.before === undefined;
  const what = !changed ? "Hook unchanged" : isNew ? "Hook registered" : `Hook updated to version ${hook.version.version}`;
  // The id of a dry run is nobody's: the real one is made when it is real.
  const id = dryRun && isNew ? "" : `\n  ID: ${hook.id}`;
  return `${what}: ${hook.slug}${id}\n  Status: ${hook.status}\n  Mode: ${hook.version.metadata.mode}${stageLines(hook.version.metadata).map((line) => `\n  ${line}`).join("")}${reach(hook)}${createdBy(hook)}${newVersionLines(change, false)}`;
}

function createdBy({ creator: { agent, session } }: Hook): string {
  if (agent === undefined) return "";
  return `\n  Created by: ${oneLine(agent)}${session === undefined ? "" : ` (session: ${oneLine(session)})`}`;
}

/** What it declares; a hook that declares nothing gets nothing, and needs no line. */
function reach({ version: { metadata } }: Hook): string {
  const described = describePermissions(metadata.permissions);
  return described === "none" ? "" : `\n  Permissions: ${oneLine(described)}`;
}
