import { accessSync, constants, statSync } from "node:fs";
import { NexusError } from "../../core/errors.ts";
import type { HookMetadata } from "../../core/hook.ts";

/** Names in `permissions.run` become paths, once and for all: what PATH says later has no influence on what may run. */
export function withResolvedPrograms(scriptPath: string, metadata: HookMetadata, search: string): HookMetadata {
  const { permissions } = metadata;
  if (permissions?.run === undefined) return metadata;
  return { ...metadata, permissions: { ...permissions, run: permissions.run.map((program) => resolved(scriptPath, program, search)) } };
}

function resolved(scriptPath: string, program: string, search: string): string {
  const path = program.startsWith("/") ? program : Bun.which(program, { PATH: search });
  if (path !== null && isExecutable(path)) return path;
  const message = `\`permissions.run\` names ${JSON.stringify(program)}, and ${program.startsWith("/") ? "there is no such program" : "no folder of PATH has such a program"}`;
  throw new NexusError("METADATA_INVALID", `${scriptPath}: ${message}`, {
    hint: "install it on this machine first, or give its absolute path",
    findings: [{ code: "METADATA_INVALID", message, file: scriptPath }],
  });
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
