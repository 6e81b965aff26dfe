import type { Direction, PrincipalType } from "./event.ts";
import type { HookPermissions } from "./hook-permissions.ts";

export const HOOK_MODES = ["persistent", "one-shot"] as const;
export type HookMode = (typeof HOOK_MODES)[number];

/** `paused`: its breaker is open. `errored`: the stored version cannot be loaded. */
export const HOOK_STATUSES = ["active", "paused", "disabled", "errored"] as const;
export type HookStatus = (typeof HOOK_STATUSES)[number];

export const CIRCUIT_STATES = ["closed", "open", "half-open"] as const;
export type CircuitState = (typeof CIRCUIT_STATES)[number];

export const STAGES = [
  "receiveEvent",
  "resolveIdentity",
  "resolveAccess",
  "runAutomations",
  "assembleContext",
  "runAgent",
  "deliverResponse",
  "finalize",
] as const;

/** `runAutomations` (the default), `after<Stage>` of any stage, `onFinalize` and `onError`. */
export const HOOK_STAGES = [
  "runAutomations",
  ...STAGES.map((stage) => `after${stage[0]!.toUpperCase()}${stage.slice(1)}` as `after${Capitalize<typeof stage>}`),
  "onFinalize",
  "onError",
] as const;
export type HookStage = (typeof HOOK_STAGES)[number];

type OneOrMany<T> = T | readonly T[];

/** Declarative conditions, checked before any script runs; all given ones must hold, each list is an "any of". */
export interface Triggers {
  readonly principal?: {
    readonly type?: OneOrMany<PrincipalType>;
    readonly name?: OneOrMany<string>;
    readonly relationship?: OneOrMany<string>;
    readonly entity_id?: OneOrMany<string>;
    readonly source?: OneOrMany<string>;
  };
  readonly event?: {
    readonly channels?: readonly string[];
    readonly types?: readonly string[];
    readonly directions?: readonly Direction[];
    readonly adapters?: readonly string[];
    readonly thread_id?: OneOrMany<string>;
    readonly sender_id?: OneOrMany<string>;
    /** Dotted path into `metadata` → the value, or any of a list of values. */
    readonly metadata?: Readonly<Record<string, unknown>>;
  };
  /** Globs over the ref names of `ref_updated` events. */
  readonly ref?: { readonly names: readonly string[] };
}

export type CatchUp = "skip" | "last" | "all";

/** Exactly one of `cron`, `every` and `at`. */
export interface Schedule {
  /** Five or six fields, read in `timezone`. */
  readonly cron?: string;
  /** A duration such as `90s`, `15m`, `2h`, `1d`; slots count from the hook's creation. */
  readonly every?: string;
  /** ISO 8601 time of the only slot. */
  readonly at?: string;
  /** IANA zone; default UTC. */
  readonly timezone?: string;
  /** What happens to slots that came due while nexus was down; default `last`. */
  readonly catch_up?: CatchUp;
  /** Spreads a slot by up to this much (same duration form), the same for the same slot. */
  readonly jitter?: string;
}

export interface Limits {
  readonly timeout_ms: number;
  readonly concurrency: number;
  readonly memory_mb: number;
  readonly llm_calls: number;
  readonly max_fires_per_hour?: number;
  readonly debounce_ms?: number;
  readonly debounce_max_ms?: number;
  readonly throttle?: { readonly count: number; readonly per_ms: number };
}

/** What a version declares about itself, after all sources were merged and defaults filled in. */
export interface HookMetadata {
  readonly name: string;
  readonly description?: string;
  readonly mode: HookMode;
  readonly stage: HookStage;
  readonly priority: number;
  /** At a stage that can end a request: without its answer the request stops. */
  readonly required?: boolean;
  readonly isolation: "warm" | "fresh";
  readonly triggers?: Triggers;
  readonly schedule?: Schedule;
  /** Free for the script: `ctx.hook.config`. */
  readonly config: Readonly<Record<string, unknown>>;
  readonly limits: Limits;
  /** What its script may reach; nothing declared is the least there is. */
  readonly permissions?: HookPermissions;
}

/** Who registered something, captured from NEXUS_AGENT_ID, _SESSION_ID, _THREAD_ID and _PERSONA. */
export interface Creator {
  readonly agent?: string;
  readonly session?: string;
  readonly thread?: string;
  readonly persona?: string;
}

/** One immutable version of a hook. */
export interface HookVersion {
  readonly id: string;
  readonly hook_id: string;
  readonly version: number;
  readonly previous_version_id?: string;
  /** Canonical bundled copy, and its SHA-256. */
  readonly script_path: string;
  readonly script_hash: string;
  /** The author's file at registration, and its SHA-256 then (drift detection). */
  readonly source_path: string;
  readonly source_hash: string;
  readonly metadata: HookMetadata;
  readonly creator: Creator;
  readonly created_at: number;
  /** A person lets it hand on what untrusted sources send; see core/profile.ts. */
  readonly approved?: { readonly at: number; readonly by: string };
}

/** A hook as it stands now. Times in Unix ms. */
export interface Hook {
  readonly id: string;
  readonly slug: string;
  readonly status: HookStatus;
  readonly version: HookVersion;
  readonly creator: Creator;
  readonly created_at: number;
  readonly updated_at: number;
  readonly disabled_at?: number;
  readonly disabled_reason?: string;
  readonly deleted_at?: number;
  readonly last_triggered?: number;
  readonly trigger_count: number;
  readonly last_error?: string;
  readonly consecutive_errors: number;
  readonly circuit_state: CircuitState;
  readonly circuit_opened_at?: number;
  /** Grows with every transition and every `enable`: a result of an earlier generation never closes the breaker. */
  readonly circuit_generation: number;
  /** It sees events with a greater `seq`; undefined while it sees none. */
  readonly active_from_seq?: number;
}
