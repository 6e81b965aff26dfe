import { describePermissions, type HookPermissions } from "../engine/core/hook-permissions.ts";
import type { HookMetadata } from "../engine/core/hook.ts";
import type { Change } from "../engine/registry/registry.ts";
import { oneLine } from "./output.ts";
import { stageLines } from "./views.ts";

/** What else a new version changed: a script that says nothing of its mode or name falls back to the defaults. */
export function newVersionLines({ before, hook, changed }: Change, keepState: boolean): string {
  if (!changed || before === undefined) return "";
  const [was, is] = [before.version.metadata, hook.version.metadata];
  const lines = [
    ...(was.name === is.name ? [] : [`Name: ${oneLine(was.name)} → ${oneLine(is.name)}`]),
    ...(was.mode === is.mode ? [] : [`Mode: ${was.mode} → ${is.mode}`]),
    ...(stageOf(was) === stageOf(is) ? [] : [`Stage: ${stageOf(was)} → ${stageOf(is)}`]),
    ...permissionLine(was.permissions, is.permissions),
    ...(before.status === hook.status ? [] : [`Status: ${before.status} → ${hook.status}`]),
    ...(before.circuit_state === "closed" ? [] : [`Breaker: closed (it was ${before.circuit_state}); new code starts afresh`]),
    `State: ${keepState ? `carried over from version ${before.version.version}` : "begins empty (--keep-state carries it over)"}`,
  ];
  return lines.map((line) => `\n  ${line}`).join("");
}

function stageOf(metadata: HookMetadata): string {
  return stageLines(metadata)[0]?.replace("Stage: ", "") ?? metadata.stage;
}

function permissionLine(was: HookPermissions | undefined, is: HookPermissions | undefined): string[] {
  const [one, other] = [describePermissions(was), describePermissions(is)];
  return one === other ? [] : [`Permissions: ${oneLine(one)} → ${oneLine(other)}`];
}
