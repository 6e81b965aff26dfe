/** What loading a bundle once told about its exports. All of it is plain JSON: it comes from a child process. */
export type Inspection =
  | { readonly ok: true; readonly names: readonly string[]; readonly exports: readonly ExportFacts[] }
  | { readonly ok: false; readonly reason: LoadFailure; readonly message: string; readonly stack?: string };

/** `threw`: its top-level code. `timeout`: not loaded in time. `exited`: it ended its Worker or process. */
export type LoadFailure = "threw" | "timeout" | "exited";

/** The exports a hook can stand in. */
export const HOOK_EXPORTS = ["default", "hook", "automation"] as const;
export type HookExport = (typeof HOOK_EXPORTS)[number];

export interface ValueFacts {
  /** `function`, `class`, `generator`, `object`, `array`, `promise`, `null`, or what `typeof` says. */
  readonly kind: string;
  /** Declared parameters of a function. */
  readonly params: number;
}

export interface ExportFacts extends ValueFacts {
  readonly name: HookExport;
  /** An earlier export that is the very same value. */
  readonly same_as?: HookExport;
  readonly handler?: ValueFacts;
  /** The object's own fields without `handler`, as data; dates as ISO 8601. */
  readonly fields?: Readonly<Record<string, unknown>>;
  /** Fields that are no data, such as `triggers.match (function)`; they are missing in `fields`. */
  readonly not_data: readonly string[];
}
