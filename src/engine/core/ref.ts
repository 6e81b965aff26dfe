/** Words of ref hooks (contract section 8, spec/ref-hooks.md): passages, refs, branches, hooks on refs. */
import type { HookMetadata } from "./hook.ts";
import type { LogLine } from "./invocation.ts";

/** A text that never changes once it is stored. */
export interface Passage {
  readonly id: string;
  readonly content: string;
  readonly type: string;
  readonly metadata: Readonly<Record<string, unknown>>;
  /** SHA-256 of type, content and metadata. */
  readonly hash: string;
  readonly created_at: number;
  /** The agent that added it. */
  readonly created_by?: string;
}

/** A name for a passage, that can be moved to another one. */
export interface Ref {
  readonly name: string;
  readonly passage_id: string;
  readonly metadata: Readonly<Record<string, unknown>>;
  /** The update that made it so: the newest row of its history. */
  readonly update_id: string;
  readonly created_at: number;
  readonly updated_at: number;
}

export const REF_ACTIONS = ["set", "delete", "fork", "promote"] as const;
export type RefAction = (typeof REF_ACTIONS)[number];

/** Whether an update's hooks ran: they did; it has none; they were switched off for this update; its branch has them off. */
export const HOOKS_RAN = ["ran", "none", "off", "branch"] as const;
export type HooksRan = (typeof HOOKS_RAN)[number];

/** One move of a ref. */
export interface RefUpdate {
  readonly seq: number;
  readonly id: string;
  readonly ref_name: string;
  /** Missing: the ref was deleted. */
  readonly passage_id?: string;
  /** Missing: there was none. */
  readonly previous_passage_id?: string;
  readonly previous_id?: string;
  /** The update that began it all; its own id, unless a hook cascaded. */
  readonly transaction_id: string;
  /** Cascades before it. */
  readonly depth: number;
  readonly action: RefAction;
  readonly hooks: HooksRan;
  readonly created_at: number;
  readonly created_by?: string;
}

export const BRANCH_PARTS = ["human", "persona", "world"] as const;
export type BranchPart = (typeof BRANCH_PARTS)[number];

export interface Branch {
  readonly id: string;
  readonly prefix: string;
  readonly name: string;
  readonly is_main: boolean;
  readonly hooks_enabled: boolean;
  /** The branch it was forked from. */
  readonly parent_id?: string;
  readonly description?: string;
  readonly created_at: number;
  readonly created_by?: string;
}

/** The ref of a branch for one of its parts: `{prefix}/human/{name}`. */
export function branchRef({ prefix, name }: Pick<Branch, "prefix" | "name">, part: BranchPart): string {
  return `${prefix}/${part}/${name}`;
}

/** Whose ref a name would be: the prefix and name of a branch; undefined for a name of another form. */
export function branchOfName(refName: string): { readonly prefix: string; readonly name: string; readonly part: BranchPart } | undefined {
  const words = refName.split("/");
  const [part, name] = [words.at(-2), words.at(-1)];
  const known = BRANCH_PARTS.find((one) => one === part);
  if (known === undefined || name === undefined || name === "" || words.length < 3) return undefined;
  return { prefix: words.slice(0, -2).join("/"), name, part: known };
}

export const BUILT_IN_ACTIONS = ["webhook", "refresh_scope", "trigger_run", "audit_log", "script"] as const;
export type BuiltInAction = (typeof BUILT_IN_ACTIONS)[number];

/** A row of `passage_ref_hooks`. */
export interface RefHook {
  readonly id: string;
  readonly ref_name: string;
  /** One of BUILT_IN_ACTIONS, or the name of a registered custom action. */
  readonly action_type: string;
  /** Of its action's own form; whatever JSON it is, where the row was inserted by hand. */
  readonly config: unknown;
  readonly enabled: boolean;
  readonly created_at: number;
}

/** `done`; `failed`, `timeout`, `crashed`: why the whole update was undone; `undone`: it had done its part, and a later one failed. */
export const EXECUTION_OUTCOMES = ["done", "failed", "timeout", "crashed", "undone"] as const;
export type ExecutionOutcome = (typeof EXECUTION_OUTCOMES)[number];

/** One time that a hook on a ref ran, whether its update was committed or not. */
export interface RefExecution {
  readonly id: string;
  readonly hook_id: string;
  readonly ref_name: string;
  readonly action_type: string;
  /** The update it ran in; it stands in the history only if it was committed. */
  readonly update_id: string;
  readonly transaction_id: string;
  /** Its place among the hooks of its update, from 0. */
  readonly position: number;
  readonly depth: number;
  readonly started_at: number;
  readonly finished_at: number;
  readonly latency_us: number;
  readonly outcome: ExecutionOutcome;
  readonly code?: string;
  readonly error?: string;
  readonly stack_trace?: string;
  /** What it did, as short texts. */
  readonly effects: readonly string[];
  readonly logs?: readonly LogLine[];
}

/**
 * What an update has done so far and not yet committed, laid over the database where its hooks read: refs by name (null:
 * deleted), passages by id.
 */
export interface RefOverlay {
  readonly refs: Readonly<Record<string, { readonly passage_id: string; readonly metadata: Readonly<Record<string, unknown>> } | null>>;
  readonly passages: Readonly<Record<string, Passage>>;
}

export const EMPTY_OVERLAY: RefOverlay = { refs: {}, passages: {} };

/** A script behind a name: a custom action type, or a processor of runs. */
export interface RefHandler {
  readonly kind: "action" | "processor";
  readonly name: string;
  /** Grows with each script that replaces the one before. */
  readonly version: number;
  /** The canonical bundled copy. */
  readonly script_path: string;
  readonly script_hash: string;
  readonly source_path: string;
  readonly source_hash: string;
  readonly metadata: HookMetadata;
  readonly created_at: number;
  readonly created_by?: string;
}

/** What a scope is of: passages that refs point to, or the newest of some types; each once. */
export interface ScopeDefinition {
  /** Globs over ref names. Without them: the newest passages of the types and tags. */
  readonly refs?: readonly string[];
  readonly types?: readonly string[];
  /** All of them stand in the passage's `metadata.tags`. */
  readonly tags?: readonly string[];
  readonly limit: number;
}

/** A named selection of passages, resolved when it is refreshed. */
export interface Scope {
  readonly name: string;
  readonly definition: ScopeDefinition;
  /** 0 until it is first refreshed. */
  readonly version: number;
  readonly refreshed_at?: number;
  readonly created_at: number;
  readonly updated_at: number;
}
