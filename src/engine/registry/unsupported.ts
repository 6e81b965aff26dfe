import type { Finding } from "../core/errors.ts";
import { NexusError } from "../core/errors.ts";
import type { HookMetadata, HookStage } from "../core/hook.ts";

/** Stages of the contract that no request comes to in this version. */
const NOT_RUN: ReadonlySet<HookStage> = new Set(["afterReceiveEvent", "afterResolveIdentity", "afterResolveAccess", "afterRunAutomations"]);

/** What the contract knows and this version cannot run yet: better refused than accepted and never called. */
export function unsupported(metadata: HookMetadata): Finding | undefined {
  if (!NOT_RUN.has(metadata.stage)) return undefined;
  return { code: "METADATA_INVALID", message: `stage ${JSON.stringify(metadata.stage)} is not run by this version of nexus; stage hooks run from afterAssembleContext on, and an automation ("runAutomations") sees every event before` };
}

export function refuseUnsupported(metadata: HookMetadata): void {
  const finding = unsupported(metadata);
  if (finding !== undefined) throw new NexusError("METADATA_INVALID", finding.message, { hint: "choose another `stage`, or remove it" });
}
