import type { Hook } from "../../engine/core/hook.ts";
import { hookById } from "../../engine/store/hooks.ts";
import type { Store } from "../../engine/store/open.ts";

/** What actions need to know of a hook: which make sense now, and what undoes them. */
export interface HookStanding {
  readonly id: string;
  readonly slug: string;
  readonly status: string;
  readonly version: number;
  readonly deleted: boolean;
  readonly reason?: string;
}

export function standingOf({ id, slug, status, version, deleted_at, disabled_reason }: Hook): HookStanding {
  return { id, slug, status, version: version.version, deleted: deleted_at !== undefined, ...(disabled_reason === undefined ? {} : { reason: disabled_reason }) };
}

/** Undefined when retention has removed it. */
export function standingById(store: Store, id: string): HookStanding | undefined {
  const hook = hookById(store, id);
  return hook === undefined ? undefined : standingOf(hook);
}
