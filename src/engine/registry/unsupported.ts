import type { Finding } from "../core/errors.ts";
import { NexusError } from "../core/errors.ts";
import type { HookMetadata } from "../core/hook.ts";

/** What the contract knows and this version cannot run yet: better refused than accepted and never called. */
export function unsupported(metadata: HookMetadata): Finding | undefined {
  if (metadata.stage === "runAutomations") return undefined;
  return { code: "METADATA_INVALID", message: `stage ${JSON.stringify(metadata.stage)} is not run by this version of nexus; only "runAutomations" is` };
}

export function refuseUnsupported(metadata: HookMetadata): void {
  const finding = unsupported(metadata);
  if (finding !== undefined) throw new NexusError("METADATA_INVALID", finding.message, { hint: "remove `stage`" });
}
