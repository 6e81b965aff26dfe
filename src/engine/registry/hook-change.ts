import type { Hook, HookMetadata, HookVersion } from "../core/hook.ts";

/** The part of a prepared script (`authoring/`) that becomes a version. */
export interface NewScript {
  readonly slug: string;
  readonly metadata: HookMetadata;
  readonly sourcePath: string;
  readonly sourceHash: string;
  readonly bundle: string;
  readonly bundleHash: string;
}

export function sameAs(version: HookVersion, script: NewScript): boolean {
  return version.script_hash === script.bundleHash && sameMetadata(version.metadata, script.metadata);
}

/** As the row keeps it: JSON. */
export function sameMetadata(one: HookMetadata, other: HookMetadata): boolean {
  return Bun.deepEquals(JSON.parse(JSON.stringify(one)), JSON.parse(JSON.stringify(other)));
}

/** The hook with its breaker closed; the generation tells a running daemon that a hand did it. */
export function closed(hook: Hook): Hook {
  const { circuit_opened_at: _opened, ...rest } = hook;
  return { ...rest, consecutive_errors: 0, circuit_state: "closed", circuit_generation: hook.circuit_generation + 1 };
}

export function enabled(hook: Hook): Hook {
  const { disabled_at: _at, disabled_reason: _reason, ...rest } = hook;
  return rest;
}
