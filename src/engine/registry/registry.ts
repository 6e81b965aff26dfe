import type { Clock } from "../core/clock.ts";
import { NexusError } from "../core/errors.ts";
import type { Creator, Hook, HookVersion } from "../core/hook.ts";
import type { IdFactory } from "../core/ids.ts";
import type { NoticeKind } from "../core/notice.ts";
import { endActivation, openActivation } from "../store/activations.ts";
import { copyState } from "../store/hook-state.ts";
import { insertVersion, saveApproval, saveSource, versionsOf } from "../store/hook-versions.ts";
import { hookById, hookBySlug, saveHook } from "../store/hooks.ts";
import { addNotice } from "../store/notices.ts";
import type { Store } from "../store/open.ts";
import { closed, enabled, sameAs, sameMetadata, type NewScript } from "./hook-change.ts";
import type { FindOptions } from "./find-hook.ts";
import { findHook } from "./find-hook.ts";
import { scriptPath, storeScript, verifyScript } from "./script-store.ts";
import { refusePermissions } from "./refuse-permissions.ts";

const DAY_MS = 86_400_000;

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
  /** The hook as it was; none for a new one. */
  readonly before?: Hook;
  /** Of a rollback: the number of the version whose script is the current one now. */
  readonly repeats?: number;
}

interface Write {
  /** Who asks for it. */
  readonly creator: Creator;
  /** Checks everything, changes nothing. */
  readonly dryRun?: boolean | undefined;
}

interface NewVersion extends Write {
  /** The new version begins with the state of the old one, not with none. */
  readonly keepState: boolean;
}

/** What makes a version the version it is. */
type Content = Pick<HookVersion, "script_path" | "script_hash" | "source_path" | "source_hash" | "metadata">;

/**
 * The operations on hooks. Each is one transaction that reads what it decides on and writes the hook's row, its
 * versions, the part of the ledger it sees, and a notice; so a running daemon sees all of a change or nothing, and
 * two callers at once come one after the other.
 */
export class HookRegistry {
  readonly #parts: RegistryParts;

  constructor(parts: RegistryParts) {
    this.#parts = parts;
  }

  /** An unchanged script under its name is no change; a changed one is a conflict (HOOK_EXISTS) unless `upsert`. */
  register(script: NewScript, options: Write & { readonly upsert?: boolean | undefined }): Change {
    return this.#writeScript(script, options, (write) => {
      const existing = hookBySlug(this.#parts.store, script.slug);
      if (existing === undefined) return this.#create(script, write);
      if (sameAs(existing.version, script) || options.upsert === true) return this.#replace(existing, script, { ...write, keepState: false });
      throw new NexusError("HOOK_EXISTS", `a hook called ${script.slug} exists, and its script or metadata differs`, {
        hint: `use \`nexus hooks update ${script.slug} ${script.sourcePath}\`, or register --upsert`,
        next: [`nexus hooks update ${script.slug} ${script.sourcePath}`],
      });
    });
  }

  /** A new version in place of the current one; what is under way ends on the old. Closes the breaker: it is new code. */
  update(name: string, script: NewScript, options: NewVersion): Change {
    return this.#writeScript(script, options, (write) => this.#replace(findHook(this.#parts.store, name), script, { ...write, keepState: options.keepState }));
  }

  /**
   * The script of an earlier version as a new one: the history goes on, nothing is rewritten. Without `to` it is the
   * version before the current. Closes the breaker, and begins with empty state unless `keepState`.
   */
  rollback(name: string, options: NewVersion & { readonly to?: number | undefined }): Change {
    return this.#write(options, () => {
      const before = findHook(this.#parts.store, name);
      const target = this.#earlier(before, options.to);
      verifyScript(target.script_path, target.script_hash);
      if (target.script_hash === before.version.script_hash && sameMetadata(target.metadata, before.version.metadata)) return { hook: before, before, changed: false, repeats: target.version };
      return { ...this.#swap(before, target, "hook_rolled_back", options), repeats: target.version };
    });
  }

  /** Lets it see events again, from now on; of a paused hook it closes the breaker. */
  enable(name: string, options: Write): Change {
    return this.#change(name, options, "hook_enabled", (before, at) => {
      if (before.status === "active") return undefined;
      return {
        hook: { ...enabled(closed(before)), status: "active", updated_at: at },
        also: () => {
          if (before.active_from_seq === undefined) openActivation(this.#parts.store, before.id, before.version.id);
        },
      };
    });
  }

  disable(name: string, options: Write & { readonly reason?: string | undefined }): Change {
    return this.#change(name, options, "hook_disabled", (before, at) => {
      if (before.status === "disabled") return undefined;
      const reason = options.reason === undefined ? {} : { disabled_reason: options.reason };
      return {
        hook: { ...enabled(before), status: "disabled", updated_at: at, disabled_at: at, ...reason },
        also: () => endActivation(this.#parts.store, before.id, "disabled"),
      };
    });
  }

  /** A person lets the current version hand on what untrusted sources send; without `by` that is taken back. Holds for what fires from then on. */
  approve(name: string, options: Write & { readonly by: string | undefined }): Change {
    const { by } = options;
    return this.#change(name, options, by === undefined ? "hook_approval_withdrawn" : "hook_approved", (before, at) => {
      if ((before.version.approved === undefined) === (by === undefined)) return undefined;
      const { approved: _approved, ...version } = before.version;
      const approved = by === undefined ? undefined : { at, by };
      return {
        hook: { ...before, version: { ...version, ...(approved === undefined ? {} : { approved }) }, updated_at: at },
        also: () => saveApproval(this.#parts.store, version.id, approved),
      };
    });
  }

  /** Soft: the history stays, the name becomes free, `restore` brings it back within the retention. */
  remove(name: string, options: Write): Change {
    return this.#change(name, options, "hook_deleted", (before, at) => ({
      hook: { ...before, updated_at: at, deleted_at: at },
      also: () => endActivation(this.#parts.store, before.id, "deleted"),
    }));
  }

  /** Brings a deleted hook back with the status it had; unless that is `disabled`, it sees what is stored from now on. */
  restore(name: string, options: Write): Change {
    const { store, deleteRetentionDays } = this.#parts;
    return this.#change(name, { ...options, deleted: true }, "hook_restored", (before, at) => {
      const { deleted_at = 0, ...rest } = before;
      const age = at - deleted_at;
      if (age > deleteRetentionDays * DAY_MS) {
        throw new NexusError("RETENTION_PASSED", `${before.slug} (${before.id}) was deleted ${Math.floor(age / DAY_MS)} days ago; it could be restored for ${deleteRetentionDays} (hooks.delete_retention_days)`);
      }
      const taken = hookBySlug(store, before.slug);
      if (taken !== undefined) {
        throw new NexusError("HOOK_EXISTS", `the name ${before.slug} was given to ${taken.id} meanwhile`, { hint: "delete that hook first, if it is not needed", next: [`nexus hooks info ${taken.id}`] });
      }
      return {
        hook: { ...rest, updated_at: at },
        also: () => {
          if (before.status === "active" || before.status === "paused") openActivation(store, before.id, before.version.id);
        },
      };
    });
  }

  #create(script: NewScript, write: Write): Change {
    const { store, ids, clock } = this.#parts;
    const at = clock.now();
    const id = ids.make("hook", at);
    const version: HookVersion = { id: ids.make("ver", at), hook_id: id, version: 1, ...this.#contentOf(script), creator: write.creator, created_at: at };
    const hook: Hook = {
      id,
      slug: script.slug,
      status: "active",
      version,
      creator: write.creator,
      created_at: at,
      updated_at: at,
      trigger_count: 0,
      consecutive_errors: 0,
      circuit_state: "closed",
      circuit_generation: 0,
    };
    return this.#save(hook, undefined, "hook_registered", write, () => {
      insertVersion(store, version);
      openActivation(store, id, version.id);
    });
  }

  #replace(before: Hook, script: NewScript, options: NewVersion): Change {
    const { store } = this.#parts;
    if (!sameAs(before.version, script)) return this.#swap(before, this.#contentOf(script), "hook_updated", options);
    // A comment was edited, or the file was moved: what runs is the same, and drift is measured from here on.
    const moved = before.version.source_path !== script.sourcePath || before.version.source_hash !== script.sourceHash;
    if (moved && options.dryRun !== true) saveSource(store, before.version.id, script.sourcePath, script.sourceHash);
    return { hook: hookById(store, before.id) ?? before, before, changed: false };
  }

  /** A hook that could not be loaded, or whose breaker is open, gets a fresh start: the code is another. */
  #swap(before: Hook, content: Content, kind: NoticeKind, options: NewVersion): Change {
    const { store, ids, clock } = this.#parts;
    const at = clock.now();
    const { script_path, script_hash, source_path, source_hash, metadata } = content;
    const version: HookVersion = {
      id: ids.make("ver", at),
      hook_id: before.id,
      version: before.version.version + 1,
      previous_version_id: before.version.id,
      script_path,
      script_hash,
      source_path,
      source_hash,
      metadata,
      creator: options.creator,
      created_at: at,
    };
    const { last_error: _error, ...fresh } = closed(before);
    const disabled = before.status === "disabled";
    const hook: Hook = { ...(disabled ? fresh : enabled(fresh)), version, status: disabled ? "disabled" : "active", updated_at: at };
    return this.#save(hook, before, kind, options, () => {
      insertVersion(store, version);
      if (options.keepState) copyState(store, before.version.id, version.id);
      if (disabled) return;
      endActivation(store, hook.id, "updated");
      openActivation(store, hook.id, version.id);
    });
  }

  #earlier(hook: Hook, to: number | undefined): HookVersion {
    const versions = versionsOf(this.#parts.store, hook.id);
    const number = to ?? hook.version.version - 1;
    const target = versions.find((version) => version.version === number);
    if (target !== undefined) return target;
    const message = number < 1 ? `${hook.slug} has only one version` : `${hook.slug} has no version ${number}; it has ${versions.map((version) => version.version).toReversed().join(", ")}`;
    throw new NexusError("VERSION_NOT_FOUND", message, { next: [`nexus hooks versions ${hook.slug}`] });
  }

  #contentOf(script: NewScript): Content {
    const { sourcePath: source_path, sourceHash: source_hash, bundleHash: script_hash, metadata } = script;
    return { script_path: scriptPath(this.#parts.store.hooksFolder, script_hash), script_hash, source_path, source_hash, metadata };
  }

  /** `plan` says what the hook becomes, and what else is to be written; nothing when it is so already. */
  #change(name: string, options: Write & FindOptions & { readonly reason?: string | undefined }, kind: NoticeKind, plan: (before: Hook, at: number) => Plan | undefined): Change {
    const { store, clock } = this.#parts;
    return this.#write(options, () => {
      const before = findHook(store, name, options);
      const planned = plan(before, clock.now());
      if (planned === undefined) return { hook: before, before, changed: false };
      return this.#save(planned.hook, before, kind, options, planned.also, options.reason === undefined ? {} : { reason: options.reason });
    });
  }

  #save(hook: Hook, before: Hook | undefined, kind: NoticeKind, { creator, dryRun }: Write, also: () => void, data: Readonly<Record<string, unknown>> = {}): Change {
    const { store, ids, clock } = this.#parts;
    const known = before === undefined ? {} : { before };
    if (dryRun === true) return { hook, ...known, changed: true };
    saveHook(store, hook);
    also();
    const at = clock.now();
    const by = creator.agent === undefined ? {} : { by: creator.agent };
    addNotice(store, { id: ids.make("ntc", at), at, kind, hook_id: hook.id, data: { slug: hook.slug, version: hook.version.version, ...by, ...data } });
    return { hook: hookById(store, hook.id) ?? hook, ...known, changed: true };
  }

  #write(options: Write, act: () => Change): Change {
    return options.dryRun === true ? act() : this.#parts.store.write(act);
  }

  /** Tried first, so that nothing is stored for what is refused; then, with the script stored, done under the lock. */
  #writeScript(script: NewScript, { creator, dryRun }: Write, act: (write: Write) => Change): Change {
    const { store } = this.#parts;
    refusePermissions(script.metadata, store.path);
    const tried = act({ creator, dryRun: true });
    if (dryRun === true) return tried;
    storeScript(store.hooksFolder, script.bundle, script.bundleHash);
    return store.write(() => act({ creator }));
  }
}

interface Plan {
  readonly hook: Hook;
  readonly also: () => void;
}
