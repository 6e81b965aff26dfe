import type { Hook } from "../core/hook.ts";
import type { RefHandler } from "../core/ref.ts";
import type { HandlerScript } from "./handlers.ts";

export function scriptOfHandler({ kind, name, version, script_path, script_hash, metadata, created_at }: RefHandler): HandlerScript {
  // One that was removed and registered anew is version 1 again, with another script: an evaluator must not take it for the one before.
  return { name, version: `${kind}:${name}@${version}:${created_at}:${script_hash}`, path: script_path, hash: script_hash, metadata };
}

export function scriptOfHook({ slug, version }: Hook, state: Readonly<Record<string, unknown>>): HandlerScript {
  return { name: slug, version: version.id, path: version.script_path, hash: version.script_hash, metadata: version.metadata, state };
}
