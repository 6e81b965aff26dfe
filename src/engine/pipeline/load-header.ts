import type { Hook } from "../core/hook.ts";
import type { LoadHeader } from "../runtime/protocol.ts";

/** What a Worker is told about the version it runs. */
export function loadHeader(hook: Hook, dbPath: string, state: Readonly<Record<string, unknown>>): LoadHeader {
  const { id, slug, version, created_at, creator } = hook;
  const { metadata } = version;
  return {
    t: "load",
    v: version.id,
    path: version.script_path,
    hash: version.script_hash,
    dbPath,
    hook: { id, name: metadata.name, slug, version: version.version, mode: metadata.mode, config: metadata.config, created_at, created_by: creator.agent ?? null },
    timeoutMs: metadata.limits.timeout_ms,
    concurrency: metadata.limits.concurrency,
    fresh: metadata.isolation === "fresh",
    llmCalls: metadata.limits.llm_calls,
    memoryMb: metadata.limits.memory_mb,
    state,
  };
}
