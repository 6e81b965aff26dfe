import type { Clock } from "../core/clock.ts";
import { NexusError } from "../core/errors.ts";
import type { Creator, Hook, HookMetadata, HookVersion } from "../core/hook.ts";
import type { IdFactory } from "../core/ids.ts";
import type { NoticeKind } from "../core/notice.ts";
import { endActivation, openActivation } from "../store/activations.ts";
import { copyState } from "../store/hook-state.ts";
import { insertVersion, versionsOf } from "../store/hook-versions.ts";
import { hookById, hookBySlug, saveHook } from "../store/hooks.ts";
import { addNotice } from "../store/notices.ts";
import type { Store } from "../store/open.ts";
import { findHook } from "./find-hook.ts";
import { storeScript } from "./script-store.ts";

const DAY_MS = 86_400_000;

/** The part of a prepared script (`authoring/`) that becomes a version. */
export interface NewScript {
  readonly slug: string;
  readonly metadata: HookMetadata;
  readonly sourcePath: string;
  readonly sourceHash: string;
  readonly bundle: string;
  readonly bundleHash: string;
}

export interface RegistryParts {
  readonly store: Store;
  readonly clock: Clock;
  readonly ids: IdFactory;
  /** How long a deleted hook can be restored. */
  readonly deleteRetentionDays: number;
}

/** What an operation did. With `dryRun` it is what it would have done. */
export interface Change {
  readonly hook: Hook;
  readonly changed: boolean;
}

interface Write {
  readonly creator: Creator;
  /** Checks everything, changes nothing. */
  readonly dryRun?: boolean | undefined;
}

/**
 * The operations on hooks. Each is one transaction: the hook's row, its versions, the part of the ledger it sees, a
 * notice; so a running daemon sees all of a change or nothing.
 */
export class HookRegistry {
  readonly #parts: RegistryParts;

  constructor(parts: RegistryParts) {
    this.#parts = parts;
  }

  /** An unchanged script under its name is no change; a changed one is a conflict unless `upsert`. */
  register(script: NewScript, options: Write & { readonly upsert?: boolean | undefined }): Change {
    const existing = hookBySlug(this.#parts.store, script.slug);
    if (existing === undefined) return this.#create(script, options);
    if (sameAs(existing.version, script)) return { hook: existing, changed: false };
    if (options.upsert === true) return this.update(existing.slug, script, { ...options, keepState: false });
    throw new NexusError("HOOK_EXISTS", `a hook called ${script.slug} exists, and its script or metadata differs`, {
      hint: `use \`nexus hooks update ${script.slug} ${script.sourcePath}\`, or register --upsert`,
      next: [`nexus hooks update ${script.slug} ${script.sourcePath}`],
    });
  }

  /** A new version in place of the current one; what is under way ends on the old. Closes the breaker: it is new code. */
  update(name: string, script: NewScript, options: Write & { readonly keepState: boolean }): Change {
    const { store } = this.#parts;
    const before = findHook(store, name);
    if (sameAs(before.version, script)) return { hook: before, changed: false };
    const path = options.dryRun === true ? "" : storeScript(store.hooksFolder, script.bundle, script.bundleHash);
    const version = this.#version(before, { script_path: path, script_hash: script.bundleHash, source_path: script.sourcePath, source_hash: script.sourceHash, metadata: script.metadata }, options.creator);
    return this.#swap(before, version, "hook_updated", options);
  }

  /** The script of an earlier version as a new one: the history goes on, nothing is rewritten. */
  rollback(name: string, options: Write & { readonly to?: number | undefined; readonly keepState: boolean }): Change {
    const { store } = this.#parts;
    const before = findHook(store, name);
    const versions = versionsOf(store, before.id);
    const number = options.to ?? before.version.version - 1;
    const target = versions.find((version) => version.version === number);
    if (target === undefined) {
      throw new NexusError("VERSION_NOT_FOUND", `${before.slug} has no version ${number}; it has ${versions.map((version) => version.version).join(", ")}`, {
        next: [`nexus hooks versions ${before.slug}`],
      });
    }
    if (target.id === before.version.id) return { hook: before, changed: false };
    const { script_path, script_hash, source_path, source_hash, metadata } = target;
    const version = this.#version(before, { script_path, script_hash, source_path, source_hash, metadata }, options.creator);
    return this.#swap(before, version, "hook_rolled_back", options);
  }

  /** Lets it see events again, from now on; closes its breaker. */
  enable(name: string, options: Write): Change {
    return this.#change(name, "hook_enabled", options, (hook, at) => {
      if (hook.status === "active") return undefined;
      const { disabled_at: _at, disabled_reason: _reason, ...rest } = closed(hook);
      return { ...rest, status: "active", updated_at: at };
    }, (before, hook) => {
      if (before.status !== "paused") openActivation(this.#parts.store, hook.id, hook.version.id);
    });
  }

  disable(name: string, options: Write & { readonly reason?: string | undefined }): Change {
    return this.#change(name, "hook_disabled", options, (hook, at) => {
      if (hook.status === "disabled") return undefined;
      const reason = options.reason === undefined ? {} : { disabled_reason: options.reason };
      return { ...hook, status: "disabled", updated_at: at, disabled_at: at, ...reason };
    }, (_, hook) => endActivation(this.#parts.store, hook.id, "disabled"));
  }

  /** Soft: the history stays, the name becomes free, `restore` brings it back within the retention. */
  remove(name: string, options: Write): Change {
    return this.#change(name, "hook_deleted", options, (hook, at) => ({ ...hook, updated_at: at, deleted_at: at }), (_, hook) => endActivation(this.#parts.store, hook.id, "deleted"));
  }

  /** Brings a deleted hook back with the status it had; it sees what is stored from now on. */
  restore(name: string, options: Write): Change {
    const { store, clock, deleteRetentionDays } = this.#parts;
    const before = findHook(store, name, { deleted: true });
    const age = clock.now() - (before.deleted_at ?? 0);
    if (age > deleteRetentionDays * DAY_MS) {
      throw new NexusError("RETENTION_PASSED", `${before.slug} was deleted ${Math.floor(age / DAY_MS)} days ago; hooks.delete_retention_days is ${deleteRetentionDays}`);
    }
    const taken = hookBySlug(store, before.slug);
    if (taken !== undefined) {
      throw new NexusError("HOOK_EXISTS", `the name ${before.slug} was given to ${taken.id} meanwhile`, { hint: `delete or rename that one first: \`nexus hooks info ${taken.id}\`` });
    }
    const { deleted_at: _deleted, ...rest } = before;
    const hook: Hook = { ...rest, updated_at: clock.now() };
    return this.#save(before, hook, "hook_restored", options, () => {
      if (hook.status === "active" || hook.status === "paused") openActivation(store, hook.id, hook.version.id);
    });
  }

  #create(script: NewScript, options: Write): Change {
    const { store, ids, clock } = this.#parts;
    const at = clock.now();
    const id = ids.make("hook", at);
    const path = options.dryRun === true ? "" : storeScript(store.hooksFolder, script.bundle, script.bundleHash);
    const version: HookVersion = {
      id: ids.make("ver", at),
      hook_id: id,
      version: 1,
      script_path: path,
      script_hash: script.bundleHash,
      source_path: script.sourcePath,
      source_hash: script.sourceHash,
      metadata: script.metadata,
      creator: options.creator,
      created_at: at,
    };
    const hook: Hook = {
      id,
      slug: script.slug,
      status: "active",
      version,
      creator: options.creator,
      created_at: at,
      updated_at: at,
      trigger_count: 0,
      consecutive_errors: 0,
      circuit_state: "closed",
      circuit_generation: 0,
    };
    if (options.dryRun === true) return { hook, changed: true };
    return store.write(() => {
      // Asked again under the lock: two agents may register the same name at once.
      const existing = hookBySlug(store, script.slug);
      if (existing !== undefined) return this.register(script, options);
      saveHook(store, hook);
      insertVersion(store, version);
      openActivation(store, id, version.id);
      this.#notice("hook_registered", hook);
      return { hook: hookById(store, id) ?? hook, changed: true };
    });
  }

  #version(hook: Hook, content: Pick<HookVersion, "script_path" | "script_hash" | "source_path" | "source_hash" | "metadata">, creator: Creator): HookVersion {
    const at = this.#parts.clock.now();
    const newest = versionsOf(this.#parts.store, hook.id)[0]?.version ?? hook.version.version;
    // The name it goes by stays: a script's own idea of it renames the hook, not its slug.
    return { id: this.#parts.ids.make("ver", at), hook_id: hook.id, version: newest + 1, previous_version_id: hook.version.id, ...content, creator, created_at: at };
  }

  #swap(before: Hook, version: HookVersion, kind: NoticeKind, options: Write & { readonly keepState: boolean }): Change {
    const { store } = this.#parts;
    const revived = before.status === "errored" || before.status === "paused" ? "active" : before.status;
    const hook: Hook = { ...closed(before), version, status: revived, updated_at: version.created_at };
    return this.#save(before, hook, kind, options, () => {
      insertVersion(store, version);
      if (options.keepState) copyState(store, before.version.id, version.id);
      if (before.status === "disabled") return;
      endActivation(store, hook.id, "updated");
      openActivation(store, hook.id, version.id);
    });
  }

  #change(name: string, kind: NoticeKind, options: Write, edit: (hook: Hook, at: number) => Hook | undefined, also: (before: Hook, after: Hook) => void): Change {
    const before = findHook(this.#parts.store, name);
    const hook = edit(before, this.#parts.clock.now());
    if (hook === undefined) return { hook: before, changed: false };
    return this.#save(before, hook, kind, options, () => also(before, hook));
  }

  #save(before: Hook, hook: Hook, kind: NoticeKind, options: Write, also: () => void): Change {
    const { store } = this.#parts;
    if (options.dryRun === true) return { hook, changed: true };
    return store.write(() => {
      // What the decision was made on must still be so: the daemon, or another agent, may have been faster.
      const current = hookById(store, hook.id);
      if (current === undefined || current.version.id !== before.version.id || current.deleted_at !== before.deleted_at || current.status !== before.status) {
        throw new NexusError("HOOK_WRONG_STATE", `${hook.slug} was changed by another process at this moment`, { hint: "look at it and try again", next: [`nexus hooks info ${hook.slug}`] });
      }
      saveHook(store, hook);
      also();
      this.#notice(kind, hook);
      return { hook: hookById(store, hook.id) ?? hook, changed: true };
    });
  }

  #notice(kind: NoticeKind, hook: Hook): void {
    const { store, ids, clock } = this.#parts;
    const at = clock.now();
    const data = { slug: hook.slug, version: hook.version.version, by: hook.version.creator.agent ?? null };
    addNotice(store, { id: ids.make("ntc", at), at, kind, hook_id: hook.id, data });
  }
}

function sameAs(version: HookVersion, script: NewScript): boolean {
  return version.script_hash === script.bundleHash && Bun.deepEquals(version.metadata, script.metadata);
}

/** The hook with its breaker closed; the generation tells a running daemon that a hand did it. */
function closed(hook: Hook): Hook {
  const { circuit_opened_at: _opened, ...rest } = hook;
  return { ...rest, consecutive_errors: 0, circuit_state: "closed", circuit_generation: hook.circuit_generation + 1 };
}
