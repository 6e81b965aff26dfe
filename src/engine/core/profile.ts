import type { Principal, PrincipalType } from "./event.ts";

/**
 * What an agent may do in a turn. `reduced`: text of an untrusted source is among the turn's causes, so the agent gets no
 * secrets and read-only tools, and cannot change hooks.
 */
export type Profile = "full" | "reduced";

/** Whose events are their own: the owner, nexus itself, and agents, whose turns carry on what they were begun for. */
const TRUSTED: readonly PrincipalType[] = ["owner", "system", "agent"];

/** Whether what an event says may lead an agent with all its powers: by who sent it, or by the access policy that let it in (`trusted`). Pure. */
export function isTrusted({ type }: Principal, byPolicy: boolean | undefined): boolean {
  return TRUSTED.includes(type) || byPolicy === true;
}
