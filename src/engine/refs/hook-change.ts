import type { Config } from "../config.ts";
import { NexusError } from "../core/errors.ts";
import type { IdFactory } from "../core/ids.ts";
import type { RefHook } from "../core/ref.ts";
import { countRefHooks, deleteRefHook, findRefHook, insertRefHook, setRefHookEnabled } from "../store/ref-hooks.ts";
import type { Store } from "../store/open.ts";
import { actionOf } from "./actions/actions.ts";
import { checkRefName } from "./ref-names.ts";

export interface HookChange {
  readonly hook: RefHook;
  /** False: it was so already. */
  readonly changed: boolean;
}

export interface NewRefHook {
  readonly ref_name: string;
  readonly action_type: string;
  readonly config: unknown;
  readonly enabled: boolean;
}

interface CreateParts {
  readonly limits: Config["refs"];
  readonly ids: IdFactory;
  readonly now: number;
  readonly dryRun: boolean;
}

/** Adds a hook behind those that the ref has. Throws REF_NAME_INVALID, ACTION_NOT_FOUND, REF_HOOK_INVALID, REF_HOOK_LIMIT, or what its action does not find. */
export function createRefHook(store: Store, given: NewRefHook, { limits, ids, now, dryRun }: CreateParts): HookChange {
  return store.write(() => {
    const ref_name = checkRefName(given.ref_name);
    actionOf(store, given).check(limits);
    const text = JSON.stringify(given.config);
    if (text.length > limits.max_metadata_bytes) throw new NexusError("REF_HOOK_INVALID", `the configuration has ${text.length} characters as JSON; expected at most refs.max_metadata_bytes = ${limits.max_metadata_bytes}`);
    if (store.redactor.text(text) !== text) {
      throw new NexusError("REF_HOOK_INVALID", "the configuration has a secret of this machine in clear, which must not be stored", { hint: 'write {"env": "NAME"} or {"file": "/path"} in its place: it is read when the webhook is sent' });
    }
    const count = countRefHooks(store, ref_name);
    if (count >= limits.max_hooks) throw new NexusError("REF_HOOK_LIMIT", `${ref_name} has ${count} hooks, as many as refs.max_hooks allows`);
    const hook = { id: ids.make("rhk", now), ref_name, action_type: given.action_type, config: given.config, enabled: given.enabled, created_at: now };
    if (!dryRun) insertRefHook(store, hook);
    return { hook, changed: true };
  });
}

/** Throws REF_HOOK_NOT_FOUND; when it is to run again, also what is thrown where one is made: what it needs may be gone. */
export function enableRefHook(store: Store, given: string, enabled: boolean, { limits, dryRun }: Pick<CreateParts, "limits" | "dryRun">): HookChange {
  return store.write(() => {
    const hook = findRefHook(store, given);
    const changed = hook.enabled !== enabled;
    if (changed && enabled) actionOf(store, hook).check(limits);
    if (changed && !dryRun) setRefHookEnabled(store, hook.id, enabled);
    return { hook: { ...hook, enabled }, changed };
  });
}

/** Throws REF_HOOK_NOT_FOUND. Its executions stay. */
export function removeRefHook(store: Store, given: string, dryRun: boolean): HookChange {
  return store.write(() => {
    const hook = findRefHook(store, given);
    if (!dryRun) deleteRefHook(store, hook.id);
    return { hook, changed: true };
  });
}
